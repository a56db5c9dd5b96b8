import type { Door, Endpoint } from '../doors/door.ts'
import { matchPath, withoutSlash } from './match-path.ts'

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
}

/** `/o` covers `/o` and `/o/…`, never `/oauth`. */
export function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
}

/**
 * Finds what answers a path. With and without a trailing slash is the same address, so that nothing has to be redirected
 * (a redirected POST loses its body). Doors bound to hosts are looked at only for those.
 */
export function createRouter(doors: readonly Door[]): (path: string, host: string) => Match {
  const exact = new Map<string, Entry[]>()
  const patterned: Entry[] = []
  const below: Entry[] = []
  for (const door of doors) {
    for (const endpoint of door.endpoints) {
      const path = withoutSlash(endpoint.path)
      const entry = { door, endpoint }
      if (path.endsWith('/*')) below.push(entry)
      else if (path.includes('{')) patterned.push(entry)
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
    for (const entry of patterned) {
      const params = here(entry) ? matchPath(entry.endpoint.path, path) : undefined
      if (params) return { outcome: 'endpoint', door: entry.door, endpoint: entry.endpoint, params }
    }
    const wide = below.find((entry) => here(entry) && isBelow(path, entry.endpoint.path.slice(0, -2)))
    if (wide) return { outcome: 'endpoint', door: wide.door, endpoint: wide.endpoint, params: {} }
    return {
      outcome: 'unknown',
      door: prefixes.find((entry) => here(entry) && isBelow(path, entry.prefix))?.door,
    }
  }
}
