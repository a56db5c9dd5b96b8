import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A fresh 256-bit secret, base64url. */
export function newSecret(prefix = ''): string {
  return prefix + randomBytes(32).toString('base64url')
}

/** Fresh random bytes. */
export function newBytes(count: number): Uint8Array {
  return randomBytes(count)
}

/**
 * The form in which a secret of ours is stored and looked up: SHA-256, base64url. Plain SHA-256 is enough because every
 * secret hashed here carries at least 128 random bits; passwords go through `password.ts` instead.
 */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

/** Compares two hashes in constant time. */
export function sameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
