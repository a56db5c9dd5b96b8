/** What happened, for the audit log. Recorded in the same step as the change that it describes. */
export interface AuditEvent {
  /** Such as `token.issued`, `token.refused`, `token.reuse`, `family.ended`, `account.created`. */
  readonly type: string
  readonly doorId?: string
  readonly accountId?: string
  readonly clientId?: string
  readonly teamId?: string
  /** What it happened to: the id of a family, key, widget, client… */
  readonly targetId?: string
  readonly ip?: string
  readonly requestId?: string
  /** Never a secret. */
  readonly detail?: string
}

/** An audit event as it is read back. */
export interface AuditRecord extends AuditEvent {
  readonly eventId: string
  readonly at: number
}

/** The audit log. */
export interface AuditStore {
  /** Records what changed nothing else, such as a refusal. */
  add(event: AuditEvent, now: number): Promise<void>
  /** Newest first; `before` is the id of the last event of the previous page. */
  list(page: {
    readonly limit: number
    readonly before?: string
    readonly type?: string
  }): Promise<readonly AuditRecord[]>
}
