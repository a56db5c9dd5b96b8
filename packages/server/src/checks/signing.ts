import type { KeyObject } from 'node:crypto'
import { verify } from 'node:crypto'
import { type CompactJws, ProtocolError } from '@sallyport/protocol'
import type { Safe } from '../crypto/safe.ts'
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
  /** Adds a key: at once when there is none, else published first. Returns its `kid`. */
  rotate(event: AuditEvent, now: number): Promise<string>
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

/** What the signing keys rest on. */
export interface SigningParts {
  readonly store: Store
  readonly safe: Safe
  readonly policy: SigningPolicy
}

async function addKey(
  { store, safe, policy }: SigningParts,
  event: AuditEvent,
  now: number,
): Promise<string> {
  const { privateKey, ...fresh } = newSigningKey()
  const locked = safe.lock('signing-key', fresh.kid, privateKey)
  const existing = await store.signing.list(now)
  const activeAt = existing.length === 0 ? now : now + policy.publishAhead
  await store.signing.add(
    { ...fresh, privateKey: locked, activeAt },
    activeAt + policy.longestToken,
    { ...event, targetId: fresh.kid },
    now,
  )
  return fresh.kid
}

interface Imported {
  /** `undefined` when the private half is locked with a secret that this process does not have. */
  readonly signing: SigningKey | undefined
  readonly key: KeyObject
}

function importKey({ kid, privateKey, publicJwk }: SigningKeyRecord, safe: Safe): Imported {
  const opened = safe.open('signing-key', kid, privateKey)
  return { signing: opened && importSigningKey(kid, opened.text), key: importPublicKey(publicJwk) }
}

/** Opens the key set of a store, with a first key where there is none. */
export async function openSigning(parts: SigningParts, now: number): Promise<Signing> {
  const { store, safe } = parts
  let records: readonly SigningKeyRecord[] = []
  let imported = new Map<string, Imported>()

  async function reload(at: number): Promise<void> {
    const read = await store.signing.list(at)
    imported = new Map(
      read.map((record) => [record.kid, imported.get(record.kid) ?? importKey(record, safe)]),
    )
    records = read
    const locked = read.filter(({ kid }) => !imported.get(kid)?.signing).map(({ kid }) => kid)
    // It is published all the same, so that what other servers sign with it is good here.
    if (locked.length > 0)
      throw new Error(`not encrypted with SALLYPORT_SECRET, so not to sign with here: ${locked.join(' ')}`)
  }
  await reload(now)
  if (records.length === 0) {
    await addKey(parts, { type: 'signing-key.added', doorId: 'server' }, now)
    await reload(now)
  }
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
    rotate: (event, at) => addKey(parts, event, at),
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
      const found = active && imported.get(active.kid)?.signing
      // Not the key before it: that one is withdrawn before a token of now would end.
      if (!found)
        throw new ProtocolError('unavailable', 'tokens cannot be issued now', {
          detail: 'no key to sign with',
        })
      return found
    },
    jwks: (at) => ({ keys: published(at).map(({ publicJwk }) => JSON.parse(publicJwk)) }),
  }
}
