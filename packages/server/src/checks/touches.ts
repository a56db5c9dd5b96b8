import type { Store } from '../store/contract/index.ts'

/** Last-used moments, gathered in memory so that checking a credential writes nothing. */
export interface Touches {
  add(kind: 'api-key' | 'session-token', hash: string, at: number): void
  /** A client's secret, by its id. */
  addSecret(secretId: string, at: number): void
  lastUsedAt(hash: string): number | undefined
  /** Writes what was gathered since the last time. */
  flush(): Promise<void>
}

interface Touch {
  readonly kind: 'api-key' | 'session-token'
  readonly at: number
}

/** How many session tokens' moments are remembered after they were written. */
const remembered = 50_000

/** Touches over a store. A crash loses at most what was not flushed: moments, never a right. */
export function createTouches(store: Store): Touches {
  let pending = new Map<string, Touch>()
  let secrets = new Map<string, number>()
  const latest = new Map<string, number>()
  return {
    add(kind, hash, at) {
      // What guards elsewhere tell comes late, and in no order.
      pending.set(hash, { kind, at: Math.max(at, pending.get(hash)?.at ?? 0) })
      if (kind === 'api-key') return
      const newest = Math.max(at, latest.get(hash) ?? 0)
      latest.delete(hash)
      latest.set(hash, newest)
      const oldest = latest.size > remembered ? latest.keys().next().value : undefined
      if (oldest !== undefined) latest.delete(oldest)
    },
    addSecret: (secretId, at) => void secrets.set(secretId, Math.max(at, secrets.get(secretId) ?? 0)),
    lastUsedAt: (hash) => latest.get(hash),
    async flush() {
      const [writing, used] = [pending, secrets]
      pending = new Map()
      secrets = new Map()
      if (writing.size > 0)
        await store.keys.touch([...writing].map(([hash, { kind, at }]) => ({ kind, hash, at })))
      if (used.size > 0)
        await store.clients.touchSecrets([...used].map(([secretId, at]) => ({ secretId, at })))
    },
  }
}
