/** A protected resource by its identifier. */
export interface ProtectedResource {
  /** The identifier as its owner wrote it: clients compare it as a string. */
  readonly identifier: string
  readonly origin: string
  /** Where its metadata is, as an address and as the path of it. */
  readonly metadataUrl: string
  readonly metadataPath: string
}

const wellKnown = '/.well-known/oauth-protected-resource'
const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])
const shape = /^https?:\/\/[^\s\p{Cc}\\@?#%/]+(\/[^\s\p{Cc}\\?#]*)?$/u

/**
 * A resource identifier, or `undefined` when a text can be none: it must be an https address (http on a loopback host)
 * without user, query and fragment, spelled as an URL parser would spell it.
 *
 * Its metadata is where the well-known part stands between host and path, so that several resources can share a host.
 *
 * @see RFC 9728 §1.2, §3.1
 */
export function parseResource(text: string): ProtectedResource | undefined {
  if (!shape.test(text) || !URL.canParse(text)) return undefined
  const { href, protocol, hostname, origin, pathname } = new URL(text)
  if (protocol === 'http:' && !loopback.has(hostname)) return undefined
  // A second spelling of one address would be another identifier to a client that compares strings (§3.3).
  if (href !== text && href !== `${text}/`) return undefined
  const metadataPath = wellKnown + (pathname === '/' ? '' : pathname)
  return { identifier: text, origin, metadataUrl: origin + metadataPath, metadataPath }
}
