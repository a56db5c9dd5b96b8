import { BoundedMap } from './bounded-map.ts'
import { createSharedLists } from './shared-lists.ts'

/** Rows held in memory until the change feed names them. */
export interface FactCache {
  /** The fact, from memory or by `load`. Absence is remembered too. */
  get<T>(key: string, load: () => Promise<T | undefined>): Promise<T | undefined>
  /** Forgets it. */
  drop(key: string): void
  /** Forgets every fact that `test` says yes to. */
  dropWhere(test: (key: string, value: unknown) => boolean): void
}

/** Stands in memory for what is known not to be. */
const absent = Symbol('absent')

/**
 * A cache of at most `size` facts; those that go unused make room. A fact whose key was dropped while it was being loaded is
 * answered but not kept: it may have been read before the change.
 */
export function createFactCache(size = 50_000): FactCache {
  const facts = new BoundedMap<unknown>(size)
  const loading = new Map<string, Set<{ stale: boolean }>>()
  const withSharedLists = createSharedLists()

  async function loadAndKeep<T>(key: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
    const mark = { stale: false }
    const marks = loading.get(key) ?? new Set()
    loading.set(key, marks.add(mark))
    try {
      const value = withSharedLists(await load())
      if (!mark.stale) facts.set(key, value === undefined ? absent : value)
      return value
    } finally {
      marks.delete(mark)
      if (marks.size === 0) loading.delete(key)
    }
  }

  function drop(key: string): void {
    facts.delete(key)
    for (const mark of loading.get(key) ?? []) mark.stale = true
  }

  return {
    get<T>(key: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
      const known = facts.get(key)
      if (known === undefined) return loadAndKeep(key, load)
      return Promise.resolve(known === absent ? undefined : (known as T))
    },
    drop,
    dropWhere(test) {
      for (const [key, value] of facts.entries())
        if (test(key, value === absent ? undefined : value)) drop(key)
      // What is still being loaded can't be looked at yet, so none of it is kept.
      for (const key of loading.keys()) drop(key)
    },
  }
}
