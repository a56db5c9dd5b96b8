import { createHash, createHmac, createPublicKey } from 'node:crypto'
import {
  type DpopExpectation,
  type DpopNonce,
  type DpopProof,
  decideDpop,
  parseDpopProof,
} from '@sallyport/protocol'
import type { ReplayStore } from './replay.ts'
import { isSignedBy } from './signature.ts'

/** Nonces for proofs, made from the time alone: nothing is stored, and whoever has the secret takes those of the others. */
export interface DpopNonces {
  /** What to put into the next proof. @see RFC 9449 §8 */
  current(now: number): string
  /** Those that are taken now. */
  good(now: number): readonly DpopNonce[]
}

/** What is wrong with a proof, or whose it is. */
export type ProofVerdict =
  | { readonly outcome: 'proven'; readonly jkt: string }
  | { readonly outcome: 'refuse'; readonly detail: string }
  | { readonly outcome: 'use-nonce'; readonly detail: string }

/** What proofs are checked with. */
export interface ProofCheck {
  readonly replay: ReplayStore
  readonly now: number
  /** The only key that will do, where one is known. */
  readonly jkt?: string
}

const windowSeconds = 150

/** Nonces under `secret`: each is taken for 150 to 300 seconds. @see RFC 9449 §8, §11.1 */
export function createDpopNonces(secret: string): DpopNonces {
  const nonceOf = (window: number): DpopNonce => ({
    value: createHmac('sha256', secret).update(`dpop-nonce:${window}`).digest('base64url'),
    until: (window + 2) * windowSeconds - 1,
  })
  const windowOf = (now: number) => Math.floor(now / windowSeconds)
  return {
    current: (now) => nonceOf(windowOf(now)).value,
    good: (now) => [nonceOf(windowOf(now)), nonceOf(windowOf(now) - 1)],
  }
}

function isSignedByItsKey({ jws, alg, jwk }: DpopProof): boolean {
  try {
    return isSignedBy(jws, { alg, key: createPublicKey({ format: 'jwk', key: { ...jwk } }) })
  } catch {
    // A point that is on no curve: what can't be a key has signed nothing.
    return false
  }
}

/**
 * Verifies the proof of a request, from the values of its `DPoP` header. Cheap checks come first, the signature after them, and
 * only a proof that is good in everything else is remembered: noise can't fill the memory.
 * @see RFC 9449 §4.3, §11.1
 */
export async function verifyProof(
  values: readonly string[],
  expected: DpopExpectation,
  { replay, now, jkt }: ProofCheck,
): Promise<ProofVerdict> {
  const parsed = parseDpopProof(values)
  if (parsed.outcome === 'refuse') return parsed
  const { proof } = parsed
  const decision = decideDpop(proof, expected, now)
  if (decision.outcome === 'refuse') return decision
  if (!isSignedByItsKey(proof)) return { outcome: 'refuse', detail: 'signature not valid' }
  // After the signature: only who has the key is asked to make the proof again.
  if (decision.outcome === 'use-nonce') return decision
  if (jkt !== undefined && jkt !== proof.jkt) return { outcome: 'proven', jkt: proof.jkt }
  const id = createHash('sha256').update(`${proof.jkt}.${proof.jti}`).digest('base64url')
  const first = await replay.take(id, decision.until, now)
  return first ? { outcome: 'proven', jkt: proof.jkt } : { outcome: 'refuse', detail: 'proof used before' }
}
