import type { Use } from '../facts.ts'
import type { TimedUse } from './server.ts'

/** Uses of credentials on their way to the server. */
export interface Uses {
  add(use: Use, now: number): void
  /** The last use of a session token that was seen here. */
  lastUsedAt(hash: string): number | undefined
  /** Tells what is left, and stops. */
  close(): Promise<void>
}

/** How often uses are told, in milliseconds. */
const everyMs = 1000
/** Uses of one request. */
const most = 500
/** Credentials that are remembered; beyond them the longest unused is forgotten. */
const remembered = 50_000

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  const oldest = map.size > remembered ? map.keys().next().value : undefined
  if (oldest !== undefined) map.delete(oldest)
}

/** Gathers uses and tells them in batches: a moment that is lost with the process costs nobody a right. */
export function createUses(tell: (keys: readonly TimedUse[]) => Promise<void>): Uses {
  let waiting = new Map<string, TimedUse>()
  const lastUses = new Map<string, number>()
  let telling = Promise.resolve()

  async function flush(): Promise<void> {
    const keys = [...waiting.values()]
    waiting = new Map()
    for (let at = 0; at < keys.length; at += most) {
      const batch = keys.slice(at, at + most)
      try {
        await tell(batch)
      } catch {
        // The server is not there; told with the next ones.
        for (const key of keys.slice(at)) if (!waiting.has(key[1])) keep(waiting, key[1], key)
        return
      }
    }
  }
  function flushNext(): Promise<void> {
    telling = telling.then(flush)
    return telling
  }
  const timer = setInterval(() => {
    if (waiting.size > 0) void flushNext()
  }, everyMs)
  timer.unref?.()

  return {
    add({ kind, hash }, now) {
      keep(waiting, hash, [kind, hash, now])
      if (kind === 'session-token') keep(lastUses, hash, now)
    },
    lastUsedAt: (hash) => lastUses.get(hash),
    close() {
      clearInterval(timer)
      return flushNext()
    },
  }
}
