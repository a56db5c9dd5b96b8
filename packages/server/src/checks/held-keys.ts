import type { VerificationKey } from '@sallyport/guard'
import { isSigningAlgorithm, signingAt } from '@sallyport/protocol'
import type { Safe } from '../crypto/safe.ts'
import { importPublicKey, importSigningKey, type SigningKey } from '../crypto/signing-key.ts'
import type { SigningKeyRecord, Store } from '../store/contract/index.ts'
import { elsewhere, newestOf } from './add-signing-key.ts'

/** A published key, ready for use. */
export interface HeldKey {
  readonly kid: string
  /** `'external'` for a signer's; `undefined` when it is locked with a secret that this process does not have. */
  readonly signing: SigningKey | 'external' | undefined
  readonly verification: VerificationKey
  readonly jwk: Readonly<Record<string, unknown>>
}

/** `undefined` for an algorithm of which only a newer program knows. */
function importKey({ kid, alg, privateKey, publicJwk }: SigningKeyRecord, safe: Safe): HeldKey | undefined {
  if (!isSigningAlgorithm(alg)) return undefined
  const opened = privateKey === elsewhere ? undefined : safe.open('signing-key', kid, privateKey)
  const signing = privateKey === elsewhere ? 'external' : opened && importSigningKey(kid, alg, opened.text)
  return {
    kid,
    signing,
    verification: { alg, key: importPublicKey(publicJwk) },
    jwk: JSON.parse(publicJwk),
  }
}

/** The keys as they were last read. */
export class HeldKeys {
  readonly #store: Store
  readonly #safe: Safe
  #records: readonly SigningKeyRecord[] = []
  #held = new Map<string, HeldKey | undefined>()
  #stale = false
  #reading: Promise<void> = Promise.resolve()

  constructor(store: Store, safe: Safe) {
    this.#store = store
    this.#safe = safe
  }

  /** Whether the last read failed. */
  get stale(): boolean {
    return this.#stale
  }

  get newest(): SigningKeyRecord | undefined {
    return newestOf(this.#records)
  }

  /** Reads the keys again; one read after another, so that an older one never has the last word. */
  reload(now: number): Promise<void> {
    const read = this.#reading.then(() => this.#read(now))
    this.#reading = read.catch(() => undefined)
    return read
  }

  async #read(now: number): Promise<void> {
    this.#stale = true
    const read = await this.#store.signing.list(now)
    this.#held = new Map(
      read.map((record) => [record.kid, this.#held.get(record.kid) ?? importKey(record, this.#safe)]),
    )
    this.#records = read
    this.#stale = false
    const locked = read.filter(({ kid }) => !this.#held.get(kid)?.signing).map(({ kid }) => kid)
    // It is published all the same, so that what other servers sign with it is good here.
    if (locked.length > 0)
      throw new Error(`not encrypted with SALLYPORT_SECRET, so not to sign with here: ${locked.join(' ')}`)
  }

  /** Those that are published, in the order in which they begin to sign. */
  published(now: number): readonly HeldKey[] {
    return this.#records
      .filter(({ removeAt }) => removeAt === undefined || removeAt > now)
      .flatMap(({ kid }) => this.#held.get(kid) ?? [])
  }

  find(kid: string, now: number): HeldKey | undefined {
    const record = this.#records.find((one) => one.kid === kid)
    if (!record || (record.removeAt !== undefined && record.removeAt <= now)) return undefined
    return this.#held.get(kid)
  }

  /** The one whose time it is. */
  current(now: number): HeldKey | undefined {
    const record = signingAt(this.#records, now)
    return record && this.#held.get(record.kid)
  }
}
