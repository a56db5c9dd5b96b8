interface Waiting {
  readonly promise: Promise<void>
  readonly resolve: () => void
}

/**
 * Holds back what depends on a commit until a sync that began after the commit has returned. One sync is under way at a
 * time; all who come meanwhile share the next.
 *
 * A sync that failed may have lost what it should have kept, and a second try can report success all the same. So the
 * first failure is the end: `onFatal` is told, and nothing that waits, then or later, is ever let through.
 */
export class CommitBarrier {
  readonly #sync: () => Promise<void>
  readonly #onFatal: (error: unknown) => void
  #underWay: Waiting | undefined
  #next: Waiting | undefined
  #failed = false
  #syncs = 0

  constructor(sync: () => Promise<void>, onFatal: (error: unknown) => void) {
    this.#sync = sync
    this.#onFatal = onFatal
  }

  get failed(): boolean {
    return this.#failed
  }

  get syncs(): number {
    return this.#syncs
  }

  /** Resolves when a sync that begins after this call has returned. */
  pass(): Promise<void> {
    this.#next ??= Promise.withResolvers<void>()
    const { promise } = this.#next
    if (!this.#underWay) this.#begin()
    return promise
  }

  /** Resolves when nothing that was committed before this call waits any more; at once when nothing does. */
  settled(): Promise<void> {
    return (this.#next ?? this.#underWay)?.promise ?? Promise.resolve()
  }

  /** Ends it for a reason other than a sync. */
  fail(error: unknown): void {
    if (this.#failed) return
    this.#failed = true
    this.#underWay ??= Promise.withResolvers<void>()
    this.#onFatal(error)
  }

  #begin(): void {
    const waiting = this.#next
    if (!waiting || this.#failed) return
    this.#underWay = waiting
    this.#next = undefined
    this.#syncs += 1
    this.#sync().then(
      () => {
        if (this.#failed) return
        this.#underWay = undefined
        waiting.resolve()
        this.#begin()
      },
      (error: unknown) => this.fail(error),
    )
  }
}
