/** A web origin in the form in which origins are compared. @see RFC 6454 §4 */
export interface Origin {
  readonly scheme: string
  readonly host: string
  readonly port: number
}

// Checked before the URL parser, which forgives: it drops tabs, reads `\` as `/` and decodes `%` in a host.
const shape = /^https?:\/\/(\[[0-9A-Fa-f:.]+\]|[^\s\p{Cc},\\%@?#/:[\]*]+)(:\d{1,5})?(\/[^\s\p{Cc},\\?#]*)?$/iu
const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])
const maxLength = 300

interface Parsed {
  readonly origin: Origin
  readonly portGiven: boolean
  readonly path: string
}

function parse(text: string): Parsed | undefined {
  const found = text.length <= maxLength ? shape.exec(text) : null
  if (!found || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.hostname === '' || url.hostname.endsWith('.')) return undefined
  const scheme = url.protocol.slice(0, -1)
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port)
  return {
    origin: { scheme, host: url.hostname, port },
    portGiven: found[2] !== undefined,
    path: found[3] ?? '',
  }
}

/** The origin of an http or https address, or `undefined`; a path is left out. @see RFC 6454 §4 */
export function parseOrigin(text: string): Origin | undefined {
  return parse(text)?.origin
}

/** Why an entry may not be listed as an allowed origin, in words; `undefined` when it may. @see RFC 6454 §4 */
export function checkOriginEntry(text: string): string | undefined {
  if (text.includes('*')) return 'wildcards are not supported; list each origin'
  if (!/^https?:\/\//i.test(text)) return 'an origin starts with https:// or http://'
  if (/^[^/]*\/\/[^/?#]*@/.test(text)) return 'an origin has no user name or password'
  const parsed = parse(text)
  if (!parsed) return 'not an origin; write it like https://example.com'
  if (parsed.path !== '')
    return 'an origin has no path; write it like https://example.com, all its pages are included'
  return undefined
}

function sameOrigin(a: Origin, entry: Parsed): boolean {
  if (a.scheme !== entry.origin.scheme || a.host !== entry.origin.host) return false
  // Development servers change their port, as RFC 8252 §7.3 allows for loopback redirects.
  const anyPort = a.scheme === 'http' && loopback.has(a.host) && !entry.portGiven
  return anyPort || a.port === entry.origin.port
}

/**
 * Whether an `Origin` header names one of the listed origins: same scheme, host and port. An empty list allows none.
 *
 * Never a string prefix: `https://mysite.com` is one of `https://mysite.com.evil.com`.
 *
 * @see RFC 6454 §5, §7
 */
export function isOriginAllowed(origin: string | undefined, allowed: readonly string[]): boolean {
  const presented = origin === undefined ? undefined : parseOrigin(origin)
  if (!presented) return false
  return allowed.some((text) => {
    const entry = parse(text)
    return entry !== undefined && sameOrigin(presented, entry)
  })
}
