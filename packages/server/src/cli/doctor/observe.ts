import { randomBytes } from 'node:crypto'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import {
  type Answer,
  inWords,
  type NamedClient,
  type Observed,
  type ObservedTls,
  type ProbeName,
  targetOf,
} from './observed.ts'
import { type ProbeRequest, probes } from './probes.ts'

/** What is to be looked at. */
export interface Wanted {
  readonly issuer: string
  readonly client?: NamedClient | undefined
  readonly resource?: string | undefined
  readonly now: number
}

/** What was seen, and every request that it took, in words. */
export interface Observation {
  readonly observed: Observed
  readonly sent: readonly string[]
}

/** A server that can't be looked at; the message says why. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
}

const timeoutMs = 10_000
const maxBody = 256 * 1024

async function readBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    size += chunk.length
    if (size > maxBody) break
  }
  return Buffer.concat(chunks).subarray(0, maxBody).toString('utf8')
}

/** Sends one request; follows nothing. Throws what `fetch` throws. */
async function send({ method, url, headers = {}, body }: ProbeRequest): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { 'user-agent': 'sallyport-doctor', ...headers },
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
    ...(body !== undefined && { body }),
  })
  const read = await readBody(response)
  return { status: response.status, headers: Object.fromEntries(response.headers), body: read }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parse(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : undefined
  } catch {
    // Not JSON: as good as nothing for whoever asked for a document.
    return undefined
  }
}

/** Where the metadata of an issuer may be, in the order in which clients look. @see RFC 8414 §3.1, OpenID Connect Discovery §4 */
export function metadataAddresses(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname === '/' ? '' : pathname
  const ways = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path.replace(/\/$/, '')}/.well-known/openid-configuration`,
    `${origin}/.well-known/openid-configuration${path}`,
  ]
  return [...new Set(ways)]
}

/** One TLS handshake; `undefined` where it failed. */
function shakeHands(url: URL, options: ConnectionOptions): Promise<TLSSocket | undefined> {
  const { hostname, port } = url
  const host = hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve) => {
    // By name, for the certificate; an address has none.
    const servername = /^[\d.]+$|:/.test(host) ? undefined : host
    const socket = connect(
      { host, port: Number(port || 443), ...(servername && { servername }), ...options },
      () => resolve(socket),
    )
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('timeout')))
    socket.on('error', () => resolve(undefined))
  })
}

/** What the server's TLS is like. @see RFC 9325 §3.1.1 */
async function observeTls(issuer: string): Promise<ObservedTls | undefined> {
  const url = new URL(issuer)
  if (url.protocol !== 'https:') return undefined
  const socket = await shakeHands(url, {})
  if (!socket) return undefined
  const ends = Date.parse(socket.getPeerCertificate().valid_to ?? '')
  const protocol = socket.getProtocol() ?? 'unknown'
  socket.destroy()
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const
  const taken = await shakeHands(url, { ...old, rejectUnauthorized: false })
  taken?.destroy()
  const expiresAt = Number.isNaN(ends) ? undefined : Math.floor(ends / 1000)
  return { protocol, expiresAt, refusesOld: taken === undefined }
}

/** Where a challenge says that the metadata of a resource are; else where they are by rule. @see RFC 9728 §3.1, §5.1 */
function resourceMetadata(resource: string, answer: Answer | undefined): string {
  const told = /resource_metadata="([^"]+)"/.exec(answer?.headers['www-authenticate'] ?? '')?.[1]
  if (told !== undefined && URL.canParse(told)) return told
  const { origin, pathname } = new URL(resource)
  return `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`
}

/**
 * Whether an address may be asked that a server named, which may be anybody's: its own host, that of an API that the operator named, or
 * by TLS. Else it could have this machine ask others in its own network.
 */
function mayAsk(url: string, { issuer, resource }: Wanted): boolean {
  const { protocol, hostname } = new URL(url)
  const named = [issuer, ...(resource === undefined ? [] : [resource])]
  return protocol === 'https:' || named.some((one) => new URL(one).hostname === hostname)
}

type Ask = (request: ProbeRequest) => Promise<Answer | string>

/** Asks, and writes down what was asked and answered. Without an answer it is the reason. */
function asker(wanted: Wanted, sent: string[]): Ask {
  return async (request) => {
    const what = `${request.method} ${request.url}`
    if (!mayAsk(request.url, wanted)) {
      sent.push(`not sent: ${what}: another host, in the clear`)
      return 'another host, in the clear'
    }
    try {
      const answer = await send(request)
      sent.push(`${what} → ${inWords(answer, request.url)}`)
      return answer
    } catch (error) {
      // No answer is an answer here: it is told, and the rules that rest on it say that they could not see.
      sent.push(`${what} → no answer: ${reasonOf(error)}`)
      return reasonOf(error)
    }
  }
}

async function findMetadata(issuer: string, ask: Ask): Promise<Readonly<Record<string, unknown>>> {
  const reasons: string[] = []
  for (const url of metadataAddresses(issuer)) {
    const answer = await ask({ method: 'GET', url })
    const found = typeof answer !== 'string' && answer.status === 200 ? parse(answer.body) : undefined
    if (found) return found
    reasons.push(typeof answer === 'string' ? answer : `${url} answers ${answer.status}`)
  }
  throw new UnreachableError(`no metadata of ${issuer}: ${[...new Set(reasons)].join('; ')}`)
}

/** The key set that metadata name; `undefined` where there is none to be read. */
async function findKeys(jwksUri: unknown, ask: Ask): Promise<Observed['keys']> {
  if (typeof jwksUri !== 'string' || !URL.canParse(jwksUri)) return undefined
  const answer = await ask({ method: 'GET', url: jwksUri })
  const keys = typeof answer === 'string' ? undefined : parse(answer.body)?.['keys']
  return Array.isArray(keys) ? keys.filter(isObject) : undefined
}

/** Looks at one server: its documents, its keys, its TLS, and how it turns requests away. */
export async function observe(wanted: Wanted): Promise<Observation> {
  const { issuer, client, resource, now } = wanted
  const sent: string[] = []
  const ask = asker(wanted, sent)
  const marker = `doctor-${randomBytes(9).toString('base64url')}`
  const metadata = await findMetadata(issuer, ask)
  const keys = await findKeys(metadata['jwks_uri'], ask)
  const target = { issuer, metadata, client, resource, marker }
  const answers: Partial<Record<ProbeName, Answer>> = {}
  const note = async (name: ProbeName, request: ProbeRequest | undefined): Promise<void> => {
    const answer = request && (await ask(request))
    if (answer !== undefined && typeof answer !== 'string') answers[name] = answer
  }
  for (const name of Object.keys(probes) as (keyof typeof probes)[]) await note(name, probes[name](target))
  const signIn = answers['good-request'] && targetOf(answers['good-request'], issuer)
  // The page that people really see, where it is on the server's own address.
  if (signIn && !signIn.searchParams.has('error') && signIn.origin === new URL(issuer).origin)
    await note('sign-in', { method: 'GET', url: signIn.href })
  if (resource !== undefined)
    await note('resource-metadata', { method: 'GET', url: resourceMetadata(resource, answers.resource) })
  const tls = await observeTls(issuer)
  return { observed: { issuer, now, metadata, keys, answers, tls, client, resource, marker }, sent }
}
