/** Remembers which proofs have been used. Several processes that should share what they remember can bring their own. */
export interface ReplayStore {
  /**
   * `true` the first time that `id` is taken, `false` while it is remembered. In one step: of two that come together one wins.
   * `id` is a hash; after `until` (seconds since the epoch) it may be forgotten, because the proof is too old by then.
   */
  take(id: string, until: number, now: number): boolean | Promise<boolean>
}

/**
 * A replay store in memory, of at most `size` proofs. When it is full the oldest go first: they are the next to be too old
 * anyway, and refusing instead would let one busy client lock all others out.
 */
export function createReplayStore(size = 200_000): ReplayStore {
  const taken = new Map<string, number>()

  /** Proofs come nearly in the order in which they end, so what is over is found at the front. */
  function forget(now: number): void {
    for (const [id, until] of taken) {
      if (until >= now && taken.size < size) return
      taken.delete(id)
    }
  }

  return {
    take(id, until, now) {
      const known = taken.get(id)
      if (known !== undefined && known >= now) return false
      taken.delete(id)
      forget(now)
      taken.set(id, until)
      return true
    },
  }
}
