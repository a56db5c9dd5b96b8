import type { AuditEvent } from './audit.ts'

/** A client that is told of a logout by a frame in the browser. @see OpenID Front-Channel Logout §2 */
export interface FramedClient {
  readonly clientId: string
  /** Of the door at which it got its ID token. */
  readonly doorId: string
  readonly uri: string
}

/** A client that still has to be told that a person is gone from a browser. @see OpenID Back-Channel Logout §2.5 */
export interface LogoutNotice {
  readonly presenceId: string
  readonly clientId: string
  readonly doorId: string
  readonly accountId: string
  /** How often it was tried. */
  readonly tries: number
  readonly createdAt: number
}

/** How many notices there may be at once: in all, of one client, and of one person. */
export interface LogoutLimits {
  readonly most: number
  readonly perClient: number
  readonly perAccount: number
}

/** Notices of logout. They are made in the step that ends a session, by the methods that do. */
export interface LogoutStore {
  /**
   * Those that are due, the oldest of each person first: at most `most`, `perClient` of one client and `perAccount` of one person, so that
   * nobody stands in the way of others, however many apps and sessions they have.
   */
  due(limit: LogoutLimits, now: number): Promise<readonly LogoutNotice[]>
  /** When the next one is due; `undefined` when there is none. */
  nextDue(): Promise<number | undefined>
  /** Calls `listener` after each step of this process that made a notice, so that nobody has to ask when there is none. */
  watch(listener: () => void): void
  /** Counts a try, after which it is due again at `nextAt`; `false`, and nothing changed, when somebody else was first. */
  take(notice: LogoutNotice, nextAt: number): Promise<boolean>
  /** Forgets it: the client was told, or never will be. */
  close(notice: LogoutNotice, event: AuditEvent, now: number): Promise<void>
}
