import { createHmac, timingSafeEqual } from 'node:crypto'

/** Makes and checks message authentication codes under one secret, a purpose at a time. */
export interface Sealer {
  /** The code of `parts` for `purpose`, base64url of 256 bits. */
  seal(purpose: string, parts: readonly (string | number)[]): string
  /** Whether `presented` is that code; takes the same time wherever it differs. */
  isSeal(presented: string, purpose: string, parts: readonly (string | number)[]): boolean
}

/** A sealer under `secret`. Parts are length-prefixed, so that no two lists of parts give one message. */
export function createSealer(secret: string): Sealer {
  const key = Buffer.from(secret)
  function seal(purpose: string, parts: readonly (string | number)[]): string {
    const mac = createHmac('sha256', key)
    for (const part of [purpose, ...parts]) {
      const bytes = Buffer.from(String(part))
      mac.update(`${bytes.length}:`).update(bytes)
    }
    return mac.digest('base64url')
  }
  return {
    seal,
    isSeal(presented, purpose, parts) {
      const [given, wanted] = [Buffer.from(presented), Buffer.from(seal(purpose, parts))]
      return given.length === wanted.length && timingSafeEqual(given, wanted)
    },
  }
}
