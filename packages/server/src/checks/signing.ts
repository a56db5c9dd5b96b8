import { isSignedBy, type VerificationKey } from '@sallyport/guard'
import {
  type CompactJws,
  decideRotation,
  isSigningAlgorithm,
  ProtocolError,
  signingAt,
} from '@sallyport/protocol'
import type { Safe } from '../crypto/safe.ts'
import { importPublicKey, importSigningKey, type SigningKey } from '../crypto/signing-key.ts'
import type { AuditEvent, SigningKeyRecord } from '../store/contract/index.ts'
import { addKey, addKeyIfDue, newestOf, type SigningParts } from './add-signing-key.ts'

/** The signing keys in force, held in memory. */
export interface Signing {
  /** The key that signs at `now`. */
  current(now: number): SigningKey
  /** The public key of that name while it is published. */
  verificationKey(kid: string, now: number): VerificationKey | undefined
  /** Whether one of our published keys signed it; says nothing of its claims. */
  verify(jws: CompactJws, now: number): boolean
  /** The key set to publish: public members only, keys that don't sign yet included. @see RFC 7517 §5 */
  jwks(now: number): { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  /** The algorithms of the published keys: that of the one that signs first, then those that tokens may still or soon have. */
  algorithms(now: number): readonly string[]
  /** Adds a key, which is published first. Returns its `kid`. */
  rotate(event: AuditEvent, now: number): Promise<string>
  /** Adds a key if one is due, and reads the keys again if that failed before. For every second: it rests on what is in memory. */
  tend(now: number): Promise<void>
  /** Reads the keys again; called when one was added. */
  reload(now: number): Promise<void>
}

interface Imported {
  /** `undefined` when the private half is locked with a secret that this process does not have. */
  readonly signing: SigningKey | undefined
  readonly verification: VerificationKey
  readonly jwk: Readonly<Record<string, unknown>>
}

/** `undefined` for an algorithm of which only a newer program knows. */
function importKey({ kid, alg, privateKey, publicJwk }: SigningKeyRecord, safe: Safe): Imported | undefined {
  if (!isSigningAlgorithm(alg)) return undefined
  const opened = safe.open('signing-key', kid, privateKey)
  return {
    signing: opened && importSigningKey(kid, alg, opened.text),
    verification: { alg, key: importPublicKey(publicJwk) },
    jwk: JSON.parse(publicJwk),
  }
}

/** The keys as they were last read. */
class HeldKeys {
  readonly #parts: SigningParts
  #records: readonly SigningKeyRecord[] = []
  #imported = new Map<string, Imported | undefined>()
  #stale = false

  constructor(parts: SigningParts) {
    this.#parts = parts
  }

  get stale(): boolean {
    return this.#stale
  }

  get newest(): SigningKeyRecord | undefined {
    return newestOf(this.#records)
  }

  async reload(now: number): Promise<void> {
    const { store, safe } = this.#parts
    this.#stale = true
    const read = await store.signing.list(now)
    this.#imported = new Map(
      read.map((record) => [record.kid, this.#imported.get(record.kid) ?? importKey(record, safe)]),
    )
    this.#records = read
    this.#stale = false
    const locked = read.filter(({ kid }) => !this.#imported.get(kid)?.signing).map(({ kid }) => kid)
    // It is published all the same, so that what other servers sign with it is good here.
    if (locked.length > 0)
      throw new Error(`not encrypted with SALLYPORT_SECRET, so not to sign with here: ${locked.join(' ')}`)
  }

  /** Those that are published, in the order in which they begin to sign. */
  published(now: number): readonly Imported[] {
    return this.#records
      .filter(({ removeAt }) => removeAt === undefined || removeAt > now)
      .flatMap(({ kid }) => this.#imported.get(kid) ?? [])
  }

  find(kid: string, now: number): VerificationKey | undefined {
    const record = this.#records.find((one) => one.kid === kid)
    if (!record || (record.removeAt !== undefined && record.removeAt <= now)) return undefined
    return this.#imported.get(kid)?.verification
  }

  current(now: number): Imported | undefined {
    const record = signingAt(this.#records, now)
    return record && this.#imported.get(record.kid)
  }
}

/** Opens the key set of a store, with a first key where there is none, and the next one where that is due. */
export async function openSigning(parts: SigningParts, now: number): Promise<Signing> {
  const keys = new HeldKeys(parts)
  let tending: Promise<void> | undefined

  async function tendNow(at: number): Promise<void> {
    if (keys.stale) await keys.reload(at)
    if (decideRotation(keys.newest, { ...parts.policy, now: at, starting: false }).outcome === 'keep') return
    await addKeyIfDue(parts, at, false)
    // Also where another server was first: then it is this one's memory that is old.
    await keys.reload(at)
  }
  await addKeyIfDue(parts, now, true)
  await keys.reload(now)

  return {
    reload: (at) => keys.reload(at),
    rotate: (event, at) => addKey(parts, event, at),
    tend(at) {
      tending ??= tendNow(at).finally(() => (tending = undefined))
      return tending
    },
    verificationKey: (kid, at) => keys.find(kid, at),
    verify(jws, at) {
      const { kid } = jws.header
      const found = typeof kid === 'string' ? keys.find(kid, at) : undefined
      return found !== undefined && isSignedBy(jws, found)
    },
    current(at) {
      const key = keys.current(at)?.signing
      // Not the key before it: that one is withdrawn before a token of now would end.
      if (!key)
        throw new ProtocolError('unavailable', 'tokens cannot be issued now', {
          detail: 'no key to sign with',
        })
      return key
    },
    jwks: (at) => ({ keys: keys.published(at).map(({ jwk }) => jwk) }),
    algorithms(at) {
      const all = [keys.current(at), ...keys.published(at)]
      return [...new Set(all.flatMap((one) => one?.verification.alg ?? []))]
    },
  }
}
