import { createHash, type KeyObject } from 'node:crypto'
import { BoundedMap } from './bounded-map.ts'

/**
 * Remembers which tokens carried a good signature, so that a token used a thousand times is verified once. Bounded; what goes
 * unused makes room. Only verified tokens enter, so forged ones can't push others out.
 *
 * It remembers nothing else: times and live facts are checked on every request.
 */
export class SignatureCache {
  readonly #keys: BoundedMap<KeyObject>

  constructor(size = 10_000) {
    this.#keys = new BoundedMap(size)
  }

  get size(): number {
    return this.#keys.size
  }

  /** Whether this very token was verified with this very key; a key published anew under an old id starts over. */
  has(token: string, key: KeyObject): boolean {
    const known = this.#keys.get(idOf(token))
    return known !== undefined && (known === key || known.equals(key))
  }

  /** Remembers a token whose signature was just verified with `key`. */
  add(token: string, key: KeyObject): void {
    this.#keys.set(idOf(token), key)
  }
}

// The hash, so that memory holds no usable token.
function idOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
