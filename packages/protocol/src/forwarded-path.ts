/**
 * The path of a request as a proxy tells it, without its query; `undefined` when two parsers could read it differently. What
 * the proxy's upstream would take for another path must not be judged as this one.
 * @see RFC 3986 §3.3, §6.2.2
 */
export function parseForwardedPath(target: string): string | undefined {
  const path = target.split('?', 1)[0] ?? ''
  if (!path.startsWith('/') || path.includes('//') || /[\\;#\s\u0000-\u001f\u007f]/.test(path))
    return undefined
  // An escaped slash, dot, backslash, percent sign or NUL is one path to us and another to whoever decodes first.
  if (/%(2f|2e|5c|25|00|3b)/i.test(path) || /%(?![0-9a-f]{2})/i.test(path)) return undefined
  return path.split('/').some((segment) => segment === '.' || segment === '..') ? undefined : path
}

/** Whether a path is a pattern's: the same, or below one that ends in `/*`. A trailing slash makes no difference. */
export function isForwardedTo(pattern: string, path: string): boolean {
  const bare = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
  if (!pattern.endsWith('/*')) return bare === pattern
  const below = pattern.slice(0, -2)
  return bare === below || bare.startsWith(`${below}/`)
}
