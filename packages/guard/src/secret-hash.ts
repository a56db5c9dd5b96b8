import { createHash } from 'node:crypto'

/**
 * The form in which an API key or session token is looked up: SHA-256 of its UTF-8 text, base64url without padding.
 *
 * Plain SHA-256 is enough because the secret carries at least 128 random bits; looking up by hash also means that the
 * time it takes says nothing about how close a guess was.
 */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
