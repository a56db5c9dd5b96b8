/** Origins and schemes besides this server that a page's forms may lead to; or `anywhere`. */
export type FormActions = readonly string[] | 'anywhere'

/** What a page's policy lets it do. */
export interface PageHeadersInput {
  /** `https://host[:port]`, `http://host[:port]` or a private-use scheme such as `com.example.app:`. */
  readonly formActions: FormActions
  /** Addresses, http(s), that it frames; none when left out. */
  readonly frames?: readonly string[]
}

const hostSource = /^https?:\/\/(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::[1-9][0-9]{0,4})?$/i
const ipv6Source = /^(https?:)\/\/\[[0-9a-f:.]{2,45}\](?::[1-9][0-9]{0,4})?$/i
// The dot keeps out `javascript:`, `data:` and a bare `https:`, which would name every host (RFC 8252 §7.1).
const schemeSource = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:$/i

/** One source as the policy writes it. Anything that could end the directive or widen it is refused. */
function readFormAction(text: string): string {
  if (hostSource.test(text) || schemeSource.test(text)) return text
  // CSP has no way to write an IPv6 address and browsers drop such a source, so only its scheme can be named.
  const scheme = ipv6Source.exec(text)?.[1]
  if (scheme) return scheme
  throw new TypeError(
    'pages: formActions wants scheme://host[:port] or a private-use scheme with a dot, as com.example.app:',
  )
}

/**
 * The `form-action` source that lets a form's answer lead to this redirect URI; `undefined` when none can be written.
 *
 * @see RFC 8252 §7
 */
export function formActionOf(redirectUri: string): string | undefined {
  if (!URL.canParse(redirectUri)) return undefined
  const { origin, protocol } = new URL(redirectUri)
  const source = origin === 'null' ? protocol : origin
  return [hostSource, ipv6Source, schemeSource].some((shape) => shape.test(source)) ? source : undefined
}

/**
 * Where a form may lead whose answer sends the browser on to an app.
 *
 * Chromium holds every redirect after a form to `form-action`, also those of the app behind its own address, to wherever and
 * whatever scheme; to the person nothing would happen, and the code be gone. So there is no such directive where the app is on
 * the web. These pages ask for no password, and as on all of them everything is escaped and nothing runs.
 *
 * @see https://github.com/w3c/webappsec-csp/issues/8
 */
export function formActionsTo(redirectUri: string): FormActions {
  if (/^https?:/i.test(redirectUri)) return 'anywhere'
  const action = formActionOf(redirectUri)
  return action === undefined ? [] : [action]
}

/** The origin of a framed address, and nothing that would let in another one. */
function readFrame(text: string): string {
  const { origin } = new URL(text)
  if (hostSource.test(origin)) return origin
  throw new TypeError('pages: frames wants http(s) addresses with a host that a policy can name')
}

/**
 * The headers every page is sent with: no script at all, no framing, no caching.
 *
 * Chromium applies `form-action` to the redirects after a POST too: see `formActionsTo`.
 *
 * Throws `TypeError` for a source that could change the policy.
 *
 * @see CSP Level 3 §6.4.1 (form-action)
 */
export function pageHeaders({
  formActions,
  frames = [],
}: PageHeadersInput): Readonly<Record<string, string>> {
  const forms =
    formActions === 'anywhere'
      ? ''
      : ` form-action ${[...new Set(["'self'", ...formActions.map(readFormAction)])].join(' ')};`
  const framed = [...new Set(frames.map(readFrame))].join(' ')
  const frameSrc = framed === '' ? '' : ` frame-src ${framed};`
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': `default-src 'none'; style-src 'self'; img-src 'self';${frameSrc}${forms} base-uri 'none'; frame-ancestors 'none'`,
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    // With no-referrer, Chromium sends `Origin: null` on our own form posts, which the CSRF check needs to see.
    'Referrer-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  }
}
