import { createPublicKey } from 'node:crypto'
import type { KeyFormat } from '@sallyport/protocol'
import type { DoorFacts, VerificationKey } from '../facts.ts'

/** Where the server is, and how the guard proves itself there. */
export interface ServerAccess {
  /** The server's address, without a trailing slash. */
  readonly server: string
  readonly clientId: string
  readonly clientSecret: string
}

/** What a guard knows before its first request. */
export interface Metadata {
  readonly doors: ReadonlyMap<string, DoorFacts>
  readonly keyFormats: readonly (KeyFormat & { readonly doorId: string })[]
  readonly keys: ReadonlyMap<string, VerificationKey>
}

/** A fact by kind and id. */
export type FactKey = readonly [kind: string, id: string]

/** The server's side of a guard, as calls. */
export interface GuardServer {
  metadata(): Promise<Metadata>
  /** Facts in the order asked for; `undefined` for what there is not. */
  facts(keys: readonly FactKey[]): Promise<readonly unknown[]>
  uses(keys: readonly FactKey[]): Promise<void>
  /** The change feed, from after `position`. */
  feed(position: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>
}

/** How long an answer may take. A server that is slower than this is not there. */
const timeoutMs = 5000

interface WireMetadata {
  readonly doors: readonly DoorFacts[]
  readonly key_formats: readonly (KeyFormat & { readonly doorId: string })[]
  readonly jwks: {
    readonly keys: readonly (JsonWebKey & { readonly kid: string; readonly alg: VerificationKey['alg'] })[]
  }
}

interface JsonWebKey {
  readonly [name: string]: unknown
}

function readMetadata({ doors, key_formats: keyFormats, jwks }: WireMetadata): Metadata {
  return {
    doors: new Map(doors.map((door) => [door.issuer, door])),
    keyFormats,
    keys: new Map(
      jwks.keys.map(({ kid, alg, ...jwk }) => [
        kid,
        { alg, key: createPublicKey({ format: 'jwk', key: jwk }) },
      ]),
    ),
  }
}

/** Calls over HTTP; each throws when the server does not answer with what was asked for. */
export function openServer({ server, clientId, clientSecret }: ServerAccess): GuardServer {
  const part = (text: string) => encodeURIComponent(text)
  const authorization = `Basic ${Buffer.from(`${part(clientId)}:${part(clientSecret)}`).toString('base64')}`

  async function call(path: string, body?: object): Promise<Response> {
    const answer = await fetch(`${server}/guard/${path}`, {
      headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`the server answered ${answer.status} to ${path}`)
    return answer
  }

  return {
    metadata: async () => readMetadata((await (await call('metadata')).json()) as WireMetadata),
    async facts(keys) {
      const { facts } = (await (await call('facts', { facts: keys })).json()) as { facts: readonly unknown[] }
      if (facts.length !== keys.length) throw new Error('the server answered other facts than were asked for')
      return facts.map((fact) => fact ?? undefined)
    },
    async uses(keys) {
      await call('uses', { uses: keys })
    },
    async feed(position, signal) {
      const headers = {
        authorization,
        accept: 'text/event-stream',
        ...(position !== undefined && { 'last-event-id': position }),
      }
      const answer = await fetch(`${server}/guard/feed`, { headers, redirect: 'error', signal })
      if (!answer.ok || !answer.body) throw new Error(`the server answered ${answer.status} to feed`)
      return answer.body
    },
  }
}
