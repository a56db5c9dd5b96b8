import type { AuditEvent } from './audit.ts'

/** A signing key as a row. */
export interface SigningKeyRecord {
  readonly kid: string
  readonly alg: string
  /** PKCS #8 in PEM, encrypted: no store ever sees the key. Empty for one that is elsewhere. */
  readonly privateKey: string
  /** The public JWK as JSON. */
  readonly publicJwk: string
  readonly createdAt: number
  /** From when it signs. */
  readonly activeAt: number
  /** When the key after it began to sign; `undefined` for the newest. */
  readonly replacedAt: number | undefined
  /** From when it is no longer published. */
  readonly removeAt: number | undefined
}

/** A signing key to be added. */
export interface NewSigningKeyRecord extends Omit<SigningKeyRecord, 'createdAt' | 'replacedAt' | 'removeAt'> {
  /** The `kid` of the newest key there is; `undefined` when there is none. */
  readonly follows: string | undefined
}

/** An encrypted value: the private half of a signing key by its `kid`, or a server secret by its name. */
export interface KeptValue {
  readonly kind: 'signing-key' | 'server-secret'
  readonly name: string
  readonly value: string
}

/** Signing keys, and secrets that only this server knows. */
export interface SigningStore {
  /** All that are not removed at `now`, oldest first. */
  list(now: number): Promise<readonly SigningKeyRecord[]>
  /**
   * Adds a key that signs from `activeAt`, and sets the end of all that came before to `removeOthersAt`, in one step. Of those
   * that follow one key, or are the first, one is added; for the others this is `false`, and nothing is done.
   */
  add(key: NewSigningKeyRecord, removeOthersAt: number, event: AuditEvent, now: number): Promise<boolean>
  /** The secret of that name; stores `fresh` when there is none yet. All callers get the same one. */
  secret(name: string, fresh: string): Promise<string>
  /** Every encrypted value there is, those of keys that are no longer published included. */
  kept(): Promise<readonly KeptValue[]>
  /**
   * Puts `next` in the place of each value, or does nothing and returns `false` when one of them is no longer what it was.
   * The bytes of the old ones stay in the files until `eraseTraces`; `inClear` says that some of them can be read there.
   */
  replaceKept(
    changes: readonly (KeptValue & { readonly next: string })[],
    inClear: boolean,
    event: AuditEvent,
    now: number,
  ): Promise<boolean>
  /**
   * Erases what `replaceKept` has left in the files, if that is still to be done: for values that were in the clear the files
   * are rewritten, during which nobody can write. Throws when it can't be done now.
   */
  eraseTraces(): Promise<void>
}
