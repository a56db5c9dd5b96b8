import { createHash, type KeyObject } from 'node:crypto'

/**
 * Remembers which tokens carried a good signature, so that a token used a thousand times is verified once. Bounded; the
 * longest unused goes first. Only verified tokens enter, so forged ones can't push others out.
 *
 * It remembers nothing else: times and live facts are checked on every request.
 */
export class SignatureCache {
  readonly #keys = new Map<string, KeyObject>()
  readonly #size: number

  constructor(size = 10_000) {
    this.#size = size
  }

  get size(): number {
    return this.#keys.size
  }

  /** Whether this very token was verified with this very key; a key published anew under an old id starts over. */
  has(token: string, key: KeyObject): boolean {
    const id = idOf(token)
    const known = this.#keys.get(id)
    if (known === undefined || !(known === key || known.equals(key))) return false
    // Moved to the end: the first entry is the longest unused.
    this.#keys.delete(id)
    this.#keys.set(id, known)
    return true
  }

  /** Remembers a token whose signature was just verified with `key`. */
  add(token: string, key: KeyObject): void {
    const id = idOf(token)
    this.#keys.delete(id)
    this.#keys.set(id, key)
    const oldest = this.#keys.size > this.#size ? this.#keys.keys().next().value : undefined
    if (oldest !== undefined) this.#keys.delete(oldest)
  }
}

// The hash, so that memory holds no usable token.
function idOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
