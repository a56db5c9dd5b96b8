import { oneHeader, type Request } from './door.ts'

/** A cookie to set. `maxAge` in seconds; 0 removes it. */
export interface Cookie {
  readonly name: string
  readonly value: string
  readonly maxAge: number
}

/** How the scripts of a page of ours may use a cookie: read it, and in a frame of another site as well. Never for a secret. */
export interface WatchedCookie extends Cookie {
  readonly watched: true
}

/**
 * The name under which a cookie is sent. The `__Host-` prefix makes the browser refuse it from a sub-domain or over http; it needs
 * https itself.
 */
export const nameOf = (name: string, baseUrl: string): string =>
  baseUrl.startsWith('https:') ? `__Host-${name}` : name

/** A `Set-Cookie` value: for this host alone, out of reach of scripts, not sent by other sites' forms. @see RFC 6265 §4.1 */
export function setCookie(cookie: Cookie | WatchedCookie, baseUrl: string): string {
  const { name, value, maxAge } = cookie
  const https = baseUrl.startsWith('https:')
  const secure = https ? '; Secure' : ''
  // Browsers take SameSite=None only with Secure; without TLS it works for pages of the same site, as on one machine.
  const use = 'watched' in cookie ? `; SameSite=${https ? 'None' : 'Lax'}` : '; HttpOnly; SameSite=Lax'
  return `${nameOf(name, baseUrl)}=${value}; Path=/; Max-Age=${maxAge}${use}${secure}`
}

/** The value of one of our cookies; `undefined` when absent, repeated or not of our making. */
export function readCookie(
  request: Pick<Request, 'header'>,
  name: string,
  baseUrl: string,
): string | undefined {
  const header = oneHeader(request, 'cookie')
  if (header === undefined) return undefined
  const wanted = `${nameOf(name, baseUrl)}=`
  const found = header
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(wanted))
  const value = found.length === 1 ? found[0]?.slice(wanted.length) : undefined
  return value !== undefined && /^[0-9A-Za-z_-]{1,128}$/.test(value) ? value : undefined
}
