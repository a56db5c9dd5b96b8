import type { WireRequest } from './answer.ts'
import { type MemberNames, readTokenAnswer, type TokenSet } from './token-set.ts'

/** How one door of a server gives tokens: requests as values, nothing is sent here. */
export interface TokenDoor {
  /** Whose tokens these are: stored with them, so that those of another server or client are never used. No secret. */
  readonly owner: string
  /** Where the access token may go unless said otherwise: the server's own origin. */
  readonly origin: string
  /** Gets the first tokens, where credentials alone can. Without it somebody has to sign in. */
  readonly start?: () => WireRequest
  readonly refresh?: (refreshToken: string) => WireRequest
  /** Ends on the server what the tokens stand for. */
  readonly revoke?: (tokens: TokenSet) => WireRequest
  readonly read: (body: Readonly<Record<string, unknown>>, sentAt: number) => TokenSet | undefined
}

/** Where a server is. */
export interface ServerAddress {
  /** Such as `https://login.example.com`. */
  readonly server: string
  /** Lets credentials go over plain http to a host other than this machine, as inside a closed network. */
  readonly insecureHttp?: boolean
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** An address that credentials may be sent to; a `TypeError` that names the option otherwise. @see RFC 6749 §3.2 */
export function requireSafe(name: string, address: string, insecureHttp = false): URL {
  if (!URL.canParse(address))
    throw new TypeError(`${name} must be an address such as https://login.example.com`)
  const url = new URL(address)
  if (url.username !== '' || url.password !== '') throw new TypeError(`${name} must not hold a user name`)
  const safe =
    url.protocol === 'https:' || (url.protocol === 'http:' && (insecureHttp || loopback.test(url.hostname)))
  if (!safe) throw new TypeError(`${name} must be https; insecureHttp allows http`)
  return url
}

/** A text that must be there; a `TypeError` that names the option otherwise, never its value. */
export function requireText(name: string, value: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw new TypeError(`${name} must be text`)
}

/** What a header can hold as a credential (RFC 6750 §2.1); a `TypeError` that names the option otherwise, never its value. */
function requireToken(name: string, value: string): string {
  // What `fetch` says of anything else has the whole header in it.
  if (/^[\w.~+/-]+=*$/.test(requireText(name, value))) return value
  throw new TypeError(
    `${name} must be a key as it was shown, without a line break or anything else around it`,
  )
}

/** A JSON request. */
export function jsonRequest(
  url: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): WireRequest {
  return { url, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

function reader(names?: MemberNames): TokenDoor['read'] {
  return (body, sentAt) => readTokenAnswer(body, sentAt, names)
}

/** Reads the token response of RFC 6749 §5.1. */
export const readOauth: TokenDoor['read'] = reader()

/** A vendor's credentials. */
export interface VendorOptions extends ServerAddress {
  readonly clientId: string
  readonly clientSecret: string
  /** Where the door is mounted; `/auth` when left out. */
  readonly path?: string
}

/** The vendors door: id and secret in JSON, refreshed by the refresh token alone. */
export function vendors({
  server,
  insecureHttp,
  clientId,
  clientSecret,
  path = '/auth',
}: VendorOptions): TokenDoor {
  const { origin } = requireSafe('server', server, insecureHttp)
  const at = `${origin}${path}`
  const credentials = {
    client_id: requireText('clientId', clientId),
    client_secret: requireText('clientSecret', clientSecret),
  }
  return {
    owner: `${at} ${clientId}`,
    origin,
    start: () => jsonRequest(`${at}/token`, credentials),
    refresh: (refreshToken) => jsonRequest(`${at}/refresh`, { refresh_token: refreshToken }),
    revoke: ({ refresh, access }) => jsonRequest(`${at}/revoke`, { token: refresh ?? access }),
    read: readOauth,
  }
}

/** A key that session tokens are made from. */
export interface SessionTokenOptions extends ServerAddress {
  readonly key: string
  /** Space-separated, within what the key has; left out: all of it. */
  readonly scope?: string
  /** Where the server makes them; `/v1/session-tokens` when left out. */
  readonly path?: string
}

/**
 * Session tokens of an API key: what runs with one for hours never holds the key. They are not refreshed; a new one is
 * made when one ends, or has lain unused for too long.
 */
export function sessionTokens(options: SessionTokenOptions): TokenDoor {
  const { server, insecureHttp, key, scope, path = '/v1/session-tokens' } = options
  const { origin } = requireSafe('server', server, insecureHttp)
  const url = `${origin}${path}`
  const headers = { 'x-api-key': requireToken('key', key) }
  return {
    // The end of a key is a checksum of the rest: it tells keys apart, and nothing that a key could be guessed from.
    owner: `${url} ${scope ?? ''} ${key.slice(-6)}`,
    origin,
    start: () => jsonRequest(url, scope === undefined ? {} : { scope }, headers),
    read: reader({ access: 'token', idle: 'idle_timeout' }),
  }
}
