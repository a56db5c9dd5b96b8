import { activeAfter, decideRotation, type SigningAlgorithm } from '@sallyport/protocol'
import type { Safe } from '../crypto/safe.ts'
import { newSigningKey } from '../crypto/signing-key.ts'
import type { AuditEvent, SigningKeyRecord, Store } from '../store/contract/index.ts'

/** What a signer's key has in the place of a private half. */
export const elsewhere = ''

/** How keys are made and replaced. Spans in seconds. */
export interface SigningPolicy {
  /** What the next key signs with. */
  readonly algorithm: SigningAlgorithm
  /** How long a key signs. */
  readonly rotateAfter: number
  /** How long a new key is published before it signs, so that whoever caches the key set has it in time. */
  readonly publishAhead: number
  /** The longest life of any token: how long a replaced key is still published. */
  readonly longestToken: number
}

/** What the signing keys rest on. */
export interface SigningParts {
  readonly store: Store
  readonly safe: Safe
  readonly policy: SigningPolicy
}

/** The key that the next one follows. */
export function newestOf(records: readonly SigningKeyRecord[]): SigningKeyRecord | undefined {
  return records.find(({ replacedAt }) => replacedAt === undefined) ?? records.at(-1)
}

/** Adds a key after `newest`; its `kid`, or `undefined` when another server added one at the same moment. */
async function addAfter(
  newest: SigningKeyRecord | undefined,
  activeAt: number,
  { store, safe, policy }: SigningParts,
  { event, now }: { readonly event: AuditEvent; readonly now: number },
): Promise<string | undefined> {
  const { privateKey, ...fresh } = await newSigningKey(policy.algorithm)
  const locked = safe.lock('signing-key', fresh.kid, privateKey)
  const added = await store.signing.add(
    { ...fresh, privateKey: locked, activeAt, follows: newest?.kid },
    activeAt + policy.longestToken,
    { ...event, targetId: fresh.kid },
    now,
  )
  return added ? fresh.kid : undefined
}

/** Adds a key because somebody asks for one. Of those who ask at the same moment all get the one that was added. */
export async function addKey(parts: SigningParts, event: AuditEvent, now: number): Promise<string> {
  const newest = newestOf(await parts.store.signing.list(now))
  const activeAt = newest ? activeAfter(newest, parts.policy.publishAhead, now) : now
  const added = await addAfter(newest, activeAt, parts, { event, now })
  const kid = added ?? newestOf(await parts.store.signing.list(now))?.kid
  if (kid === undefined) throw new Error('no signing key could be added')
  return kid
}

/** Adds a key if one is due by what is in the store. */
export async function addKeyIfDue(parts: SigningParts, now: number, starting: boolean): Promise<void> {
  const newest = newestOf(await parts.store.signing.list(now))
  // The key of an external signer that is there no more is none that this server can go on with.
  const usable = newest && { ...newest, alg: newest.privateKey === elsewhere ? 'external' : newest.alg }
  const decision = decideRotation(usable, { ...parts.policy, now, starting })
  if (decision.outcome === 'keep') return
  const event = { type: 'signing-key.added', doorId: 'server', detail: decision.detail }
  await addAfter(newest, decision.activeAt, parts, { event, now })
}
