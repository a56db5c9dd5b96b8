/**
 * A map of at most `size` entries. What was not used since it was last looked at makes room for what is new: a hand goes
 * round the entries, passes once over those that were used, and takes the first that was not.
 *
 * A use is one mark and moves nothing, and an entry that is used again is not pushed out by many that are used once.
 */
export class BoundedMap<T> {
  readonly #size: number
  readonly #slots = new Map<string, number>()
  // By slot, and not an object for each entry: a million of them are a third of the memory.
  readonly #keys: string[] = []
  readonly #values: (T | undefined)[] = []
  readonly #used: Uint8Array
  readonly #free: number[] = []
  #hand = 0

  constructor(size: number) {
    this.#size = size
    this.#used = new Uint8Array(size)
  }

  get size(): number {
    return this.#slots.size
  }

  get(key: string): T | undefined {
    const slot = this.#slots.get(key)
    if (slot === undefined) return undefined
    this.#used[slot] = 1
    return this.#values[slot]
  }

  set(key: string, value: T): void {
    const slot = this.#slots.get(key) ?? this.#makeRoom()
    this.#slots.set(key, slot)
    this.#keys[slot] = key
    this.#values[slot] = value
  }

  delete(key: string): void {
    const slot = this.#slots.get(key)
    if (slot === undefined) return
    this.#slots.delete(key)
    this.#free.push(slot)
    this.#values[slot] = undefined
    this.#used[slot] = 0
  }

  /** Every key with its value. Deleting while going through them is allowed. */
  *entries(): IterableIterator<readonly [key: string, value: T]> {
    for (const [key, slot] of this.#slots) yield [key, this.#values[slot] as T]
  }

  #makeRoom(): number {
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.#keys.length < this.#size) return this.#keys.length
    for (; this.#used[this.#hand] === 1; this.#hand = (this.#hand + 1) % this.#size)
      this.#used[this.#hand] = 0
    const slot = this.#hand
    this.#hand = (slot + 1) % this.#size
    this.#slots.delete(this.#keys[slot] ?? '')
    return slot
  }
}
