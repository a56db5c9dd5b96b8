import { createPublicKey } from 'node:crypto'
import type { KeyFormat, Scope } from '@sallyport/protocol'
import type { DoorFacts, Spent, Use, VerificationKey } from '../facts.ts'
import { ServerAnswer } from './reason.ts'

/** Where the server is, and how the guard proves itself there. */
export interface ServerAccess {
  /** The server's address, without a trailing slash. */
  readonly server: string
  readonly clientId: string
  readonly clientSecret: string
  /** Milliseconds an answer may take; 2000 when left out. A server that is slower than this is not there. */
  readonly timeoutMs?: number
}

/** What a guard knows before its first request. */
export interface Metadata {
  readonly doors: ReadonlyMap<string, DoorFacts>
  readonly keyFormats: readonly (KeyFormat & { readonly doorId: string })[]
  readonly keys: ReadonlyMap<string, VerificationKey & { readonly removeAt: number | undefined }>
  /** Names the server's configuration. */
  readonly config: string
  /** By door and role, the most that it may do. */
  readonly roles: ReadonlyMap<string, Readonly<Record<string, Scope>>>
}

/** A fact by kind and id. */
export type FactKey = readonly [kind: string, id: string]

/** A credential that was let in, by the hash of its secret, and the moment of its last use. */
export type TimedUse = readonly [kind: Use['kind'], hash: string, at: number]

/** A caller, and the limits that its call counts against. */
export interface Spending {
  readonly id: string
  readonly teamId?: string | undefined
  readonly limits: readonly string[]
}

/**
 * The server's side of a guard, as calls. `position` is how far the feed was read: the process that answers, which need not
 * be the one that feeds, first learns as much, so that no answer is older than what the guard has been told.
 */
export interface GuardServer {
  metadata(position: string | undefined): Promise<Metadata>
  /** Facts in the order asked for, `undefined` for what there is not; and the configuration that they rest on. */
  facts(
    keys: readonly FactKey[],
    position: string | undefined,
  ): Promise<{ readonly facts: readonly unknown[]; readonly config: string }>
  /** `undefined` when no limit applies, or none can be counted now. Throws for limits that the server does not know. */
  spend(spending: Spending): Promise<Spent | undefined>
  uses(uses: readonly TimedUse[]): Promise<void>
  /** The change feed, from after `position`. */
  feed(position: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>
}

interface WireMetadata {
  readonly doors: readonly DoorFacts[]
  readonly key_formats: readonly (KeyFormat & { readonly doorId: string })[]
  readonly roles: Readonly<Record<string, Readonly<Record<string, Scope>>>>
  readonly removals: Readonly<Record<string, number>>
  readonly config: string
  readonly jwks: {
    readonly keys: readonly (JsonWebKey & { readonly kid: string; readonly alg: VerificationKey['alg'] })[]
  }
}

interface JsonWebKey {
  readonly [name: string]: unknown
}

function readMetadata({
  doors,
  key_formats: keyFormats,
  roles,
  jwks,
  removals,
  config,
}: WireMetadata): Metadata {
  return {
    doors: new Map(doors.map((door) => [door.issuer, door])),
    keyFormats,
    roles: new Map(Object.entries(roles)),
    config,
    keys: new Map(
      jwks.keys.map(({ kid, alg, ...jwk }) => [
        kid,
        { alg, key: createPublicKey({ format: 'jwk', key: jwk }), removeAt: removals[kid] },
      ]),
    ),
  }
}

const positionHeader = (position: string | undefined) =>
  position === undefined ? {} : { 'last-event-id': position }

/** Calls over HTTP; each throws when the server does not answer with what was asked for. */
export function openServer({ server, clientId, clientSecret, timeoutMs = 2000 }: ServerAccess): GuardServer {
  const part = (text: string) => encodeURIComponent(text)
  const authorization = `Basic ${Buffer.from(`${part(clientId)}:${part(clientSecret)}`).toString('base64')}`

  async function call(path: string, body?: object, position?: string): Promise<Response> {
    const json = body && { 'content-type': 'application/json' }
    const answer = await fetch(`${server}/guard/${path}`, {
      headers: { authorization, ...json, ...positionHeader(position) },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
    if (answer.ok) return answer
    await answer.body?.cancel()
    throw new ServerAnswer(answer.status, path)
  }

  return {
    async metadata(position) {
      const answer = await call('metadata', undefined, position)
      return readMetadata((await answer.json()) as WireMetadata)
    },
    async facts(keys, position) {
      const answer = await call('facts', { facts: keys }, position)
      const { facts, config } = (await answer.json()) as { facts: readonly unknown[]; config: string }
      if (facts.length !== keys.length) throw new Error('the server answered other facts than were asked for')
      return { facts: facts.map((fact) => fact ?? undefined), config }
    },
    async spend({ id, teamId, limits }) {
      try {
        const answer = await call('spend', { id, team_id: teamId, limits })
        return ((await answer.json()) as { spent: Spent | null }).spent ?? undefined
      } catch (error) {
        if (error instanceof ServerAnswer && error.status === 400) throw error
        // A limiter that is not there must not take the API with it; the server decides the same about its own.
        return undefined
      }
    },
    async uses(uses) {
      await call('uses', { uses })
    },
    async feed(position, signal) {
      const headers = { authorization, accept: 'text/event-stream', ...positionHeader(position) }
      const answer = await fetch(`${server}/guard/feed`, { headers, redirect: 'error', signal })
      if (answer.ok && answer.body) return answer.body
      await answer.body?.cancel()
      throw new ServerAnswer(answer.status, 'feed')
    },
  }
}
