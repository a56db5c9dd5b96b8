import type {
  ActorClaim,
  AuthorizationDetail,
  ForeignAlgorithm,
  Resources,
  Scope,
  SubjectType,
} from '@sallyport/protocol'
import type { Sealer } from '../crypto/seal.ts'
import type { TrustedIssuer, VouchedServer } from '../settings/apps-door.ts'
import type { AccessFormat, AcrNames, RefreshSettings } from '../settings/door.ts'
import type { AuditEvent, Client, Family, Store } from '../store/contract/index.ts'

/** What a grant must know of the door it works for. */
export interface GrantDoor {
  readonly id: string
  readonly issuer: string
  readonly accessLifetime: number
  readonly accessFormat: AccessFormat
  readonly refresh: RefreshSettings
  /** Identifiers that tokens can be narrowed to. @see RFC 8707 §2 */
  readonly resources: readonly string[]
  /** What others may sign with; all when left out. */
  readonly signatureAlgorithms?: readonly ForeignAlgorithm[] | undefined
  /** What it calls the ways of signing in. */
  readonly acrValues?: AcrNames | undefined
  /** How its clients know people. @see OpenID Connect Core §8 */
  readonly subjectTypes?: readonly SubjectType[] | undefined
  /** Whose assertions it takes. */
  readonly trusts?: readonly TrustedIssuer[] | undefined
  /** Who takes its word. */
  readonly vouchesFor?: readonly VouchedServer[] | undefined
}

/** What differs where a token was handed on: it is another client's, says who acts, and ends with what it was made from. */
export interface HandedOn {
  readonly clientId: string
  readonly act: ActorClaim
  readonly notAfter: number
}

/** What tokens are about: the family, and the scope of the access token (never wider than the family's). */
export interface Unsigned {
  readonly family: Family
  readonly scope: Scope
  /** What the access token is for; left out or empty: all that the issuer speaks for. */
  readonly resources?: Resources
  /** What it may be used for, in detail; left out or empty: no such limit. */
  readonly details?: readonly AuthorizationDetail[]
  readonly handedOn?: HandedOn
}

/** What a grant may use. Time is a value, so tests never wait and never mock. */
export interface GrantContext {
  readonly store: Store
  readonly sealer: Sealer
  readonly door: GrantDoor
  readonly now: number
  /** Who asks, where the door has clients. */
  readonly client?: Client
  /** Thumbprint of the key that the request proved. @see RFC 9449 §5 */
  readonly jkt?: string | undefined
  /** The claims of an access token of ours in either form, whichever door made it; it may be over. */
  openToken(token: string): Readonly<Record<string, unknown>> | undefined
  /** The claims of an ID token of ours; it may be over. */
  openIdToken(token: string): Readonly<Record<string, unknown>> | undefined
  /** Thumbprint of the certificate that the request came with. @see RFC 8705 §3 */
  readonly x5t?: string | undefined
  /** Whether what the client is given is bound to that certificate. */
  readonly bindsCertificate?: boolean
  /** Signs a JWT. Throws when that can't be done now, so it comes before anything that can't be done twice. */
  sign(typ: string, claims: object, algorithm?: string): Promise<string>
  /** The ID token of a door that has one. @see OpenID Connect Core §3.1.3.3 */
  idToken?(unsigned: Unsigned): Promise<string | undefined>
  /** An audit event of this request. */
  event(type: string, more?: Omit<AuditEvent, 'type' | 'doorId' | 'ip' | 'requestId'>): AuditEvent
}
