import type { AuthorizationDetail, DeferredStatus, Resources, Scope } from '@sallyport/protocol'
import type { AuditEvent } from './audit.ts'
import type { Family, NewFamily } from './families.ts'

/** A request that a person decides on another device while its client polls. @see RFC 8628 §3.2, OpenID CIBA Core §7 */
export interface NewDeferred {
  /** Hash of what the client polls with. */
  readonly hash: string
  /** What it is called where it is no secret: on the pages of whoever decides. */
  readonly requestId: string
  /** The sealed user code; `undefined` where the person is known already. */
  readonly userCode: string | undefined
  readonly doorId: string
  readonly clientId: string
  /** Who is to decide; `undefined`: whoever has the user code. */
  readonly accountId: string | undefined
  readonly scope: Scope
  /** What it is for; empty: all that the issuer speaks for. @see RFC 8707 §2 */
  readonly resources: Resources
  /** What it is for in detail; empty: no such limit. @see RFC 9396 §2 */
  readonly details: readonly AuthorizationDetail[]
  readonly bindingMessage: string | undefined
  /** The address that asked. */
  readonly ip: string
  readonly expiresAt: number
  /** Seconds between polls. */
  readonly interval: number
}

/** A request as it was found. */
export interface Deferred extends NewDeferred {
  readonly status: DeferredStatus
  readonly createdAt: number
}

/** A request as one poll found it. */
export interface PolledDeferred extends Deferred {
  /** Whether this poll came before the interval was over. */
  readonly tooSoon: boolean
  /** What was approved. */
  readonly family: Family | undefined
}

/** Requests that are decided on another device. */
export interface DeferredStore {
  /** `false`, and nothing made, when there is one with that user code. */
  add(request: NewDeferred, event: AuditEvent, now: number): Promise<boolean>
  /** The undecided request with that sealed user code. */
  findByUserCode(userCode: string, now: number): Promise<Deferred | undefined>
  /** An undecided request. */
  find(requestId: string, now: number): Promise<Deferred | undefined>
  /** The undecided requests that wait for somebody, oldest first. */
  waitingFor(accountId: string, now: number): Promise<readonly Deferred[]>
  /**
   * Notes a poll and finds the request as it was for it, in one step. A poll before the interval is over is marked `tooSoon`
   * and lengthens the interval by `slowDownBy`. Only the client that asked, at its door, finds anything.
   */
  poll(
    asked: { readonly hash: string; readonly doorId: string; readonly clientId: string },
    slowDownBy: number,
    now: number,
  ): Promise<PolledDeferred | undefined>
  /**
   * Records the decision, the consent and the family in one step; `false`, and nothing recorded, when it is decided or over,
   * waits for somebody else, or the session that approved has ended.
   */
  approve(
    requestId: string,
    family: NewFamily & { readonly accountId: string },
    by: { readonly sessionHash: string; readonly event: AuditEvent },
    now: number,
  ): Promise<boolean>
  /** `false` when it is decided or over, or waits for somebody else. */
  deny(requestId: string, accountId: string, event: AuditEvent, now: number): Promise<boolean>
  /** Spends what was approved, and starts the family's clock; `undefined` for everybody but the first, or when the family has ended. */
  redeem(hash: string, event: AuditEvent, now: number): Promise<Family | undefined>
}
