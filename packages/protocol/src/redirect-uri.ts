const maxLength = 2000
const printable = /^[\x21-\x7E]+$/
const scheme = /^([a-z][a-z0-9+.-]*):/i
const loopbackHosts = new Set(['127.0.0.1', '[::1]', 'localhost'])
const loopbackIp = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::([1-9]\d{0,4}))?([/?].*)?$/

function checkWeb(uri: string): string | undefined {
  const url = new URL(uri)
  if (url.username !== '' || url.password !== '' || /^https?:\/\/[^/?]*@/i.test(uri)) {
    return 'a redirect URI has no user name or password'
  }
  if (url.protocol === 'http:' && !loopbackHosts.has(url.hostname))
    return 'a redirect URI uses https, http only on loopback'
  if (url.hostname === '' || url.hostname.endsWith('.')) return 'the host name is not valid'
  // What a browser would rewrite before following would not be the string that was compared.
  if (url.href !== uri && url.href !== `${uri}/`) return `not in its normal form; write ${url.href}`
  return undefined
}

/** Why a redirect URI may not be registered, in words; `undefined` when it may. @see RFC 6749 §3.1.2, RFC 8252 §7 */
export function checkRedirectUri(uri: string): string | undefined {
  if (uri.length > maxLength) return `a redirect URI has at most ${maxLength} characters`
  if (!printable.test(uri)) return 'a redirect URI has only printable ASCII characters'
  if (/[\\*]/.test(uri)) return 'a redirect URI has no backslash and no wildcard'
  if (uri.includes('#')) return 'a redirect URI has no fragment'
  const found = scheme.exec(uri)?.[1]
  if (found === undefined || !URL.canParse(uri)) return 'a redirect URI is absolute'
  if (/^https?$/i.test(found)) return checkWeb(uri)
  // RFC 8252 §7.1: a private-use scheme is a reversed domain name, which also keeps `javascript:` and `data:` out.
  if (!found.includes('.')) return 'a redirect URI uses https, loopback http, or a private scheme with a dot'
  return /^[^/]*\/\/[^/?]*@/.test(uri) ? 'a redirect URI has no user name or password' : undefined
}

function withoutPort(uri: string): string | undefined {
  const found = loopbackIp.exec(uri)
  if (!found || Number(found[2] ?? 80) > 65535) return undefined
  return `${found[1]}${found[3] ?? ''}`
}

/**
 * Whether a response is never on a network in the clear on its way there: plain http leads to the machine of the person alone, which
 * only an IP promises.
 * @see FAPI 2.0 Security Profile §5.3.2.2 item 8, RFC 8252 §7.3, §8.3
 */
export function isStrictRedirect(uri: string): boolean {
  return !/^http:/i.test(uri) || loopbackIp.test(uri)
}

/** Whether a presented redirect URI is a registered one, character by character; on a loopback IP any port. @see RFC 6749 §3.1.2.3, RFC 8252 §7.3 */
export function redirectUriMatches(presented: string, registered: string): boolean {
  if (presented === registered) return true
  const bare = withoutPort(presented)
  return bare !== undefined && bare === withoutPort(registered)
}

/** The origins of the pages that redirect addresses lead to; a private scheme leads to none. @see RFC 6454 §4 */
export function pageOrigins(redirectUris: readonly string[]): readonly string[] {
  const pages = redirectUris.filter((uri) => /^https?:/i.test(uri) && URL.canParse(uri))
  return [...new Set(pages.map((uri) => new URL(uri).origin))]
}
