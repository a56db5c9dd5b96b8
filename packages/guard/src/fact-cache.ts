/** Rows held in memory until the change feed names them. */
export interface FactCache {
  /** The fact, from memory or by `load`. Absence is remembered too. */
  get<T>(key: string, load: () => Promise<T | undefined>): Promise<T | undefined>
  /** Forgets it. */
  drop(key: string): void
  /** Forgets every fact that `test` says yes to. */
  dropWhere(test: (key: string, value: unknown) => boolean): void
}

/**
 * A cache of at most `size` facts, the longest unused going first. A fact whose key was dropped while it was being loaded
 * is answered but not kept: it may have been read before the change.
 */
export function createFactCache(size = 50_000): FactCache {
  const facts = new Map<string, unknown>()
  const loading = new Map<string, Set<{ stale: boolean }>>()

  function drop(key: string): void {
    facts.delete(key)
    for (const mark of loading.get(key) ?? []) mark.stale = true
  }

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
    drop,
    dropWhere(test) {
      for (const [key, value] of facts) if (test(key, value)) drop(key)
      // What is still being loaded can't be looked at yet, so none of it is kept.
      for (const key of loading.keys()) drop(key)
    },
  }
}
