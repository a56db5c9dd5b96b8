import type { Door, Endpoint } from '../doors/door.ts'

/** What an address leads to. */
export type Match =
  | {
      readonly outcome: 'endpoint'
      readonly door: Door
      readonly endpoint: Endpoint
      readonly params: Readonly<Record<string, string>>
    }
  | { readonly outcome: 'unknown'; readonly door: Door | undefined }

interface Entry {
  readonly door: Door
  readonly endpoint: Endpoint
  readonly segments: readonly string[]
}

/** `/o` covers `/o` and `/o/…`, never `/oauth`. */
export function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
}

const withoutSlash = (path: string) => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path)

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    // A malformed escape names nothing: the address is unknown, not an error.
    return undefined
  }
}

function paramsOf(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? ''
    if (part.startsWith('{')) {
      const value = decode(segment)
      if (!value) return undefined
      params[part.slice(1, -1)] = value
    } else if (part !== segment) return undefined
  }
  return params
}

/**
 * Finds what answers a path. With and without a trailing slash is the same address, so that nothing has to be redirected
 * (a redirected POST loses its body). Doors bound to hosts are looked at only for those.
 */
export function createRouter(doors: readonly Door[]): (path: string, host: string) => Match {
  const exact = new Map<string, Entry[]>()
  const patterned: Entry[] = []
  for (const door of doors) {
    for (const endpoint of door.endpoints) {
      const path = withoutSlash(endpoint.path)
      const entry = { door, endpoint, segments: path.split('/') }
      if (path.includes('{')) patterned.push(entry)
      else exact.set(path, [...(exact.get(path) ?? []), entry])
    }
  }
  const prefixes = doors
    .flatMap((door) => door.prefixes.map((prefix) => ({ door, prefix })))
    .sort((a, b) => b.prefix.length - a.prefix.length)

  return (rawPath, host) => {
    const path = withoutSlash(rawPath)
    const here = ({ door }: { readonly door: Door }) => door.hosts === undefined || door.hosts.includes(host)
    const found = exact.get(path)?.find(here)
    if (found) return { outcome: 'endpoint', door: found.door, endpoint: found.endpoint, params: {} }
    const segments = path.split('/')
    for (const entry of patterned) {
      const params = here(entry) ? paramsOf(entry.segments, segments) : undefined
      if (params) return { outcome: 'endpoint', door: entry.door, endpoint: entry.endpoint, params }
    }
    return {
      outcome: 'unknown',
      door: prefixes.find((entry) => here(entry) && isBelow(path, entry.prefix))?.door,
    }
  }
}
