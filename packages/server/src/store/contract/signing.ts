import type { AuditEvent } from './audit.ts'

/** A signing key as a row. */
export interface SigningKeyRecord {
  readonly kid: string
  readonly alg: string
  /** PKCS #8 in PEM. */
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

/** Signing keys, and secrets that only this server knows. */
export interface SigningStore {
  /** All that are not removed at `now`, oldest first. */
  list(now: number): Promise<readonly SigningKeyRecord[]>
  /** Adds a key that signs from `activeAt`, and sets the end of all that came before to `removeAt`, in one step. */
  add(
    key: Omit<SigningKeyRecord, 'createdAt' | 'replacedAt' | 'removeAt'>,
    removeOthersAt: number,
    event: AuditEvent,
    now: number,
  ): Promise<void>
  /** The secret of that name; stores `fresh` when there is none yet. All callers get the same one. */
  secret(name: string, fresh: string): Promise<string>
}
