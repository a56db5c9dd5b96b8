/** Rows held in memory until the change feed names them. */
export interface FactCache {
  /** The fact, from memory or by `load`. Absence is remembered too. */
  get<T>(key: string, load: () => Promise<T | undefined>): Promise<T | undefined>
  /** Forgets it. */
  drop(key: string): void
}

/**
 * A cache of at most `size` facts, the longest unused going first. A fact whose key was dropped while it was being loaded
 * is answered but not kept: it may have been read before the change.
 */
export function createFactCache(size = 50_000): FactCache {
  const facts = new Map<string, unknown>()
  const loading = new Map<string, Set<{ stale: boolean }>>()

  return {
    async get<T>(key: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
      if (facts.has(key)) {
        const value = facts.get(key)
        // Moved to the end: the first key is the longest unused.
        facts.delete(key)
        facts.set(key, value)
        return value as T | undefined
      }
      const mark = { stale: false }
      const marks = loading.get(key) ?? new Set()
      loading.set(key, marks.add(mark))
      try {
        const value = await load()
        if (!mark.stale) {
          facts.set(key, value)
          const oldest = facts.size > size ? facts.keys().next().value : undefined
          if (oldest !== undefined) facts.delete(oldest)
        }
        return value
      } finally {
        marks.delete(mark)
        if (marks.size === 0) loading.delete(key)
      }
    },
    drop(key) {
      facts.delete(key)
      for (const mark of loading.get(key) ?? []) mark.stale = true
    },
  }
}
