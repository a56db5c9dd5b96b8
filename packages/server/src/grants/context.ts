import type { SigningKey } from '../crypto/signing-key.ts'
import type { Sealer } from '../crypto/seal.ts'
import type { AccessFormat, RefreshSettings } from '../settings/door.ts'
import type { AuditEvent, Store } from '../store/contract/index.ts'

/** What a grant must know of the door it works for. */
export interface GrantDoor {
  readonly id: string
  readonly issuer: string
  readonly accessLifetime: number
  readonly accessFormat: AccessFormat
  readonly refresh: RefreshSettings
}

/** What a grant may use. Time is a value, so tests never wait and never mock. */
export interface GrantContext {
  readonly store: Store
  readonly signingKey: SigningKey
  readonly sealer: Sealer
  readonly door: GrantDoor
  readonly now: number
  /** Thumbprint of the key that the request proved. @see RFC 9449 §5 */
  readonly jkt?: string | undefined
  /** An audit event of this request. */
  event(type: string, more?: Omit<AuditEvent, 'type' | 'doorId' | 'ip' | 'requestId'>): AuditEvent
}
