/** Escapes that stand for what needs none: whoever decodes first sees another text, and by RFC 3986 the same path. */
const needless = /%(?:2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/i
/** Escapes of what would be a delimiter or a control character once decoded. */
const dividing = /%(?:[01][\da-f]|23|25|2f|3b|3f|5c|7f)/i

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    // A malformed escape, or bytes that are no UTF-8 and that a lax decoder takes for a dot or a slash.
    return false
  }
}

/**
 * The path of a request as a proxy tells it, without its query; `undefined` when two parsers could read it differently. What
 * the proxy's upstream would take for another path must not be judged as this one.
 * @see RFC 3986 §3.3, §6.2.2
 */
export function parseForwardedPath(target: string): string | undefined {
  const path = target.split('?', 1)[0] ?? ''
  if (!path.startsWith('/') || path.includes('//') || /[^\u0021-\u007e]|[\\;#]/.test(path)) return undefined
  if (dividing.test(path) || needless.test(path) || !isDecodable(path)) return undefined
  return path.split('/').some((segment) => segment === '.' || segment === '..') ? undefined : path
}

/**
 * Whether a target has only one spelling of its path: whoever compares it normalised, as a proof's address is, must be talking of
 * what a router sees that doesn't normalise. A query may hold anything.
 * @see RFC 3986 §6.2.2
 */
export function isNormalTarget(target: string): boolean {
  const path = target.split('?', 1)[0] ?? ''
  if (needless.test(path) || /[\\#]/.test(path)) return false
  return !path.split('/').some((segment) => segment === '.' || segment === '..')
}

/** Whether a path is a pattern's: the same, or below one that ends in `/*`. A trailing slash makes no difference. */
export function isForwardedTo(pattern: string, path: string): boolean {
  const bare = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
  if (!pattern.endsWith('/*')) return bare === pattern
  const below = pattern.slice(0, -2)
  return bare === below || bare.startsWith(`${below}/`)
}

/** What a route says of the requests that it is for. Methods are upper-case; left out: all. */
export interface ForwardPattern {
  readonly methods?: readonly string[]
  readonly path: string
}

/** HEAD is GET without the body (RFC 9110 §9.3.2), and servers run the same code for both. */
function takesMethod({ methods }: ForwardPattern, method: string): boolean {
  if (methods === undefined || methods.includes(method)) return true
  return method === 'HEAD' && methods.includes('GET')
}

/**
 * What a path is to an API that ignores case, in whatever way it does: some compare letters beyond ASCII, of which a few are
 * equal to ASCII ones (the Kelvin sign is a k), some upper-case what they compare. For paths that `parseForwardedPath` gave.
 */
function caseless(path: string): string {
  return decodeURIComponent(path).normalize('NFKC').toLowerCase().toUpperCase().toLowerCase()
}

/**
 * The first route that is for a request; `undefined` when there is none, or when it would be another one for an API that
 * compares paths without regard to case, as many do.
 */
export function findForwardRoute<Route extends ForwardPattern>(
  routes: readonly Route[],
  method: string,
  path: string,
): Route | undefined {
  const here = routes.filter((route) => takesMethod(route, method))
  const folded = caseless(path)
  const found = here.find((route) => isForwardedTo(route.path, path))
  return found === here.find((route) => isForwardedTo(caseless(route.path), folded)) ? found : undefined
}
