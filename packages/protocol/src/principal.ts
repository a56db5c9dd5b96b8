import type { AuthorizationDetail } from './authorization-details.ts'
import type { Scope } from './scope.ts'
import type { Authentication } from './step-up.ts'

/** What kind of credential a principal came with. */
export type PrincipalKind = 'person' | 'app' | 'machine' | 'vendor' | 'api-key' | 'session-token' | 'widget'

/** Whether a credential may touch real data. */
export type Environment = 'live' | 'test'

/** Somebody who acts for somebody else: a person, or a client for itself. */
export interface Actor {
  readonly id: string
  readonly clientId?: string
}

/** Who a verified credential speaks for, the same for every kind of credential. */
export interface Principal {
  readonly kind: PrincipalKind
  /** The id of the account, client, key, session token or widget session. */
  readonly id: string
  readonly door: string
  readonly accountId?: string
  readonly clientId?: string
  readonly team?: { readonly id: string; readonly slug: string }
  readonly plan?: string
  readonly role?: string
  readonly admin: boolean
  readonly scopes: Scope
  readonly environment: Environment
  readonly origin?: string
  readonly widget?: { readonly id: string; readonly slug: string }
  /** The resources a machine may use; present and empty means none. */
  readonly resources?: readonly string[]
  /** All that it may be used for, in detail; absent: no such limit. @see RFC 9396 §9.1 */
  readonly authorizationDetails?: readonly AuthorizationDetail[]
  readonly expiresAt?: number
  /** The sign-in behind it; absent where nobody signed in for it. @see RFC 9470 §6 */
  readonly authentication?: Authentication
  /**
   * Who acts for the one that `id` names, where the token was handed on: it is never the subject itself who calls. Those in
   * `earlier` handed it on before, the last of them first; they are for the log, not for decisions.
   * @see RFC 8693 §4.1
   */
  readonly actor?: Actor & { readonly earlier?: readonly Actor[] }
  /** The family, key or token id: what a revocation names. */
  readonly credentialId: string
}
