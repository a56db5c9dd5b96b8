/** A path without its trailing slash: with and without is the same address. */
export function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

function decode(segment: string): string | undefined {
  try {
    const value = decodeURIComponent(segment)
    // No name of ours has a NUL in it, and a database may refuse to look for one.
    return value.includes('\0') ? undefined : value
  } catch {
    // A malformed escape names nothing: the address is unknown, not an error.
    return undefined
  }
}

/** The values of a pattern's `{name}` segments in `path`; `undefined` when it is another path. */
export function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const [wanted, given] = [withoutSlash(pattern).split('/'), withoutSlash(path).split('/')]
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const segment = given[index] ?? ''
    if (part.startsWith('{')) {
      const value = decode(segment)
      if (!value) return undefined
      params[part.slice(1, -1)] = value
    } else if (part !== segment) return undefined
  }
  return params
}
