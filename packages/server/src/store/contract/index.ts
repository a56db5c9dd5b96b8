import type { AccountStore } from './accounts.ts'
import type { AuditStore } from './audit.ts'
import type { ClientStore } from './clients.ts'
import type { DeferredStore } from './deferred.ts'
import type { FamilyStore } from './families.ts'
import type { KeyStore } from './keys.ts'
import type { LogoutStore } from './logouts.ts'
import type { RequestStore } from './requests.ts'
import type { RegistrationStore } from './registrations.ts'
import type { SigningStore } from './signing.ts'
import type { TeamStore } from './teams.ts'
import type { WidgetStore } from './widgets.ts'

export type * from './accounts.ts'
export type * from './audit.ts'
export type * from './clients.ts'
export type * from './deferred.ts'
export type * from './families.ts'
export type * from './keys.ts'
export type * from './logouts.ts'
export type * from './requests.ts'
export type * from './registrations.ts'
export type * from './signing.ts'
export type * from './teams.ts'
export type * from './widgets.ts'

/** The kinds of thing whose change others must hear of. */
export type ChangeKind =
  | 'account'
  | 'team'
  | 'membership'
  | 'client'
  | 'family'
  | 'api-key'
  | 'session-token'
  | 'widget'
  | 'widget-session'
  | 'signing-key'

/** One line of the change log: what to forget. `id` is the id facts are cached under (for keys and session tokens: the hash; for a membership: `account:team`). */
export interface Change {
  readonly changeId: number
  readonly kind: ChangeKind
  readonly id: string
  /** Tells this change from another of the same number: a database that was put back from a copy counts on from there. */
  readonly mark: string
}

/** What the server counts about its store. */
export interface StoreCounts {
  readonly reads: number
  readonly writes: number
  readonly commits: number
  readonly syncs: number
}

/** Tables of a platform that lives beside the engine, in the same database. One SQL text for every engine, parameters as `$1`. */
export interface Tables {
  query(
    sql: string,
    params: readonly (string | number | null)[],
  ): Promise<readonly Readonly<Record<string, string | number | null>>[]>
  /** Resolves when the change is durable. */
  write(
    sql: string,
    params: readonly (string | number | null)[],
  ): Promise<readonly Readonly<Record<string, string | number | null>>[]>
}

/**
 * What the server needs remembered, in the words of the domain. Every method is one atomic step: no caller ever holds a
 * transaction, so no caller can race. A promise of a changing method resolves when the change is durable.
 *
 * Stores record facts; they do not decide. A method returns `undefined` or `false` where a fact is absent or another call
 * won, and throws only when the database itself failed.
 */
export interface Store {
  readonly accounts: AccountStore
  readonly teams: TeamStore
  readonly clients: ClientStore
  readonly registrations: RegistrationStore
  readonly families: FamilyStore
  readonly deferred: DeferredStore
  readonly logouts: LogoutStore
  readonly keys: KeyStore
  readonly widgets: WidgetStore
  readonly requests: RequestStore
  readonly signing: SigningStore
  readonly audit: AuditStore
  /** Resolves when all that any read so far can have seen is durable; at once when nothing is pending. */
  durable(): Promise<void>
  /** Tells `listener` of every change, from this process and from others on the same database, before the change is answered. Returns a function that stops it. */
  follow(listener: (change: Change) => void): () => void
  /** Resolves when this process has told its followers of all changes up to `changeId`; `false` when the database knows no such change. */
  reach(changeId: number): Promise<boolean>
  /** Changes after `changeId`, oldest first; `undefined` when some of them have been swept away already. */
  changesSince(changeId: number, limit: number): Promise<readonly Change[] | undefined>
  /** The mark of a change; `undefined` when it is not there, or no longer. */
  markOf(changeId: number): Promise<string | undefined>
  /** The newest change there is; 0 when there is none. */
  lastChange(): Promise<number>
  counts(): StoreCounts
  /** Opens a platform's own tables: runs those of `migrations` that have not run under this name. */
  tables(name: string, migrations: readonly string[]): Promise<Tables>
  /** Deletes what has expired and can no longer be asked for; returns how many rows. */
  sweep(now: number): Promise<number>
  close(): Promise<void>
}
