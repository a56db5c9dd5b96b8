import { activeAfter } from '@sallyport/protocol'
import { importPublicKey, publicJwkOf } from '../crypto/signing-key.ts'
import type { SignerKey } from '../settings/signing.ts'
import type { AuditEvent } from '../store/contract/index.ts'
import { elsewhere, newestOf, type SigningParts } from './add-signing-key.ts'
import { type BoundedSigner, SignerError } from './external-signer.ts'

/** Of those whose time has come the last one counts; those before it were replaced where they are. */
function wanted(keys: readonly SignerKey[], now: number): readonly SignerKey[] {
  const sorted = keys.toSorted((a, b) => a.activeAt - b.activeAt)
  const current = sorted.findLastIndex(({ activeAt }) => activeAt <= now)
  return sorted.slice(Math.max(current, 0))
}

/** A key is published only once the signer has shown that it signs with it. */
async function prove({ kid, alg, jwk }: SignerKey, signer: BoundedSigner): Promise<string> {
  const publicJwk = publicJwkOf(jwk, kid, alg)
  await signer.sign(kid, { alg, key: importPublicKey(publicJwk) }, `proof.${kid}`).catch((cause: unknown) => {
    throw new SignerError(`the signer does not sign with its key ${kid}`, { cause })
  })
  return publicJwk
}

/**
 * Takes up the keys of an external signer that are new: published first, like any other. Whether there was one; throws
 * `SignerError` where it does not do what it should.
 */
export async function adoptSignerKeys(
  { store, policy }: SigningParts,
  signer: BoundedSigner,
  { event, now }: { readonly event: AuditEvent; readonly now: number },
): Promise<boolean> {
  const offered = wanted(await signer.keys(), now)
  const listed = await store.signing.list(now)
  const known = new Set(listed.map(({ kid }) => kid))
  let newest = newestOf(listed)
  let adopted = false
  for (const key of offered) {
    if (known.has(key.kid)) continue
    const publicJwk = await prove(key, signer)
    const { kid, alg } = key
    const activeAt = newest ? Math.max(key.activeAt, activeAfter(newest, policy.publishAhead, now)) : now
    const record = { kid, alg, privateKey: elsewhere, publicJwk, activeAt, follows: newest?.kid }
    const until = activeAt + policy.longestToken
    // Another server has been first; what is left to do will be seen the next time.
    if (!(await store.signing.add(record, until, { ...event, targetId: kid }, now))) return true
    newest = { ...record, createdAt: now, replacedAt: undefined, removeAt: undefined }
    adopted = true
  }
  return adopted
}
