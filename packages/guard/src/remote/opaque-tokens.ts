import { createFactCache } from '../fact-cache.ts'
import type { FactSource } from '../facts.ts'
import { secretHash } from '../secret-hash.ts'
import { createLookUp } from './look-up.ts'
import type { FactKey } from './server.ts'

/** Tokens of one request to the server: it reads bodies of 64 KiB, and a token may be nearly 8. */
const most = 7

/**
 * Claims of opaque tokens, asked for once. What the server hid in a token never changes, so neither the feed nor its loss
 * matters here; whether it still holds is for the live facts to say. Kept by hash, so that memory holds no usable token, and
 * apart from other facts, so that noise pushes none of those out.
 */
export function createOpaqueTokens(
  ask: (keys: readonly FactKey[]) => Promise<readonly unknown[]>,
  size = 50_000,
): FactSource['opaqueToken'] {
  const cache = createFactCache(size)
  const lookUp = createLookUp(ask, most)
  return (token) =>
    cache.get(secretHash(token), () => lookUp('opaque-token', token) as ReturnType<FactSource['opaqueToken']>)
}
