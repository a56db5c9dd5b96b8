import type { Passwords } from '../crypto/password.ts'
import type { AuditEvent, Store } from '../store/contract/index.ts'

/** What a function that changes something for somebody may use. */
export interface RecordContext {
  readonly store: Store
  readonly now: number
  /** An audit event of this request. */
  event(type: string, more?: Omit<AuditEvent, 'type' | 'doorId' | 'ip' | 'requestId'>): AuditEvent
}

/** What functions on accounts may use besides. */
export interface AccountContext extends RecordContext {
  readonly passwords: Passwords
}
