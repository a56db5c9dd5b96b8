import type { Passwords } from '../crypto/password.ts'
import type { AuditEvent, Store } from '../store/contract/index.ts'

/** What account functions may use. */
export interface AccountContext {
  readonly store: Store
  readonly passwords: Passwords
  readonly now: number
  /** An audit event of this request. */
  event(type: string, more?: Omit<AuditEvent, 'type' | 'doorId' | 'ip' | 'requestId'>): AuditEvent
}
