import type { KeyObject } from 'node:crypto'
import { verify } from 'node:crypto'
import type { CompactJws } from '@sallyport/protocol'
import { importPublicKey, importSigningKey, newSigningKey, type SigningKey } from '../crypto/signing-key.ts'
import type { AuditEvent, SigningKeyRecord, Store } from '../store/contract/index.ts'

/** The signing keys in force, held in memory. */
export interface Signing {
  /** The key that signs at `now`. */
  current(now: number): SigningKey
  /** The public key of that name while it is published. */
  verificationKey(kid: string, now: number): { readonly alg: 'ES256'; readonly key: KeyObject } | undefined
  /** Whether one of our published keys signed it; says nothing of its claims. */
  verify(jws: CompactJws, now: number): boolean
  /** The key set to publish: public members only, keys that don't sign yet included. @see RFC 7517 §5 */
  jwks(now: number): { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  /** Reads the keys again; called when one was added. */
  reload(now: number): Promise<void>
}

/** How keys are replaced. Spans in seconds. */
export interface SigningPolicy {
  /** How long a new key is published before it signs, so that whoever caches the key set has it in time. */
  readonly publishAhead: number
  /** The longest life of any token: how long a replaced key is still published. */
  readonly longestToken: number
}

/** Adds a signing key: at once when there is none, else published first. Returns its `kid`. */
export async function rotateSigningKey(
  store: Store,
  policy: SigningPolicy,
  event: AuditEvent,
  now: number,
): Promise<string> {
  const fresh = newSigningKey()
  const existing = await store.signing.list(now)
  const activeAt = existing.length === 0 ? now : now + policy.publishAhead
  await store.signing.add(
    { ...fresh, activeAt },
    activeAt + policy.longestToken,
    { ...event, targetId: fresh.kid },
    now,
  )
  return fresh.kid
}

/** Opens the key set of a store that has at least one key. */
export async function openSigning(store: Store, now: number): Promise<Signing> {
  let records: readonly SigningKeyRecord[] = []
  let imported = new Map<string, { readonly signing: SigningKey; readonly key: KeyObject }>()

  async function reload(at: number): Promise<void> {
    records = await store.signing.list(at)
    imported = new Map(
      records.map(({ kid, privateKey, publicJwk }) => {
        const known = imported.get(kid)
        return [kid, known ?? { signing: importSigningKey(kid, privateKey), key: importPublicKey(publicJwk) }]
      }),
    )
  }
  await reload(now)
  const published = (at: number) => records.filter(({ removeAt }) => removeAt === undefined || removeAt > at)

  function verificationKey(
    kid: string,
    at: number,
  ): { readonly alg: 'ES256'; readonly key: KeyObject } | undefined {
    const record = published(at).find((candidate) => candidate.kid === kid)
    const found = record && imported.get(kid)
    return found && { alg: 'ES256', key: found.key }
  }

  return {
    reload,
    verificationKey,
    verify({ header, signingInput, signature }, at) {
      const found = typeof header['kid'] === 'string' ? verificationKey(header['kid'], at) : undefined
      if (!found || header['alg'] !== found.alg) return false
      return verify(
        'sha256',
        Buffer.from(signingInput),
        { key: found.key, dsaEncoding: 'ieee-p1363' },
        signature,
      )
    },
    current(at) {
      const active = records.filter(({ activeAt }) => activeAt <= at).at(-1) ?? records.at(-1)
      const found = active && imported.get(active.kid)
      if (!found) throw new Error('the store has no signing key')
      return found.signing
    },
    jwks: (at) => ({ keys: published(at).map(({ publicJwk }) => JSON.parse(publicJwk)) }),
  }
}
