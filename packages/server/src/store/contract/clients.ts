import type { ClientAuthentication, ClientLogout, ClientRules, Scope } from '@sallyport/protocol'
import type { AuditEvent } from './audit.ts'

/** Registered software. @see RFC 6749 §2, RFC 7591 §2 for the metadata names */
export interface Client extends ClientRules {
  readonly clientId: string
  readonly doorId: string
  readonly name: string
  readonly type: 'confidential' | 'public'
  /** The team it belongs to; `undefined` for a global client. */
  readonly teamId: string | undefined
  readonly grantTypes: readonly string[]
  readonly scope: Scope
  readonly redirectUris: readonly string[]
  /** Ids of the only objects a machine token may touch; `undefined` means no such limit, empty means none. */
  readonly resources: readonly string[] | undefined
  /** How it proves itself, with its public keys, for whatever it signs; left out where nothing was registered. */
  readonly authentication?: ClientAuthentication
  /** How it takes part in logout; left out where nothing was registered. */
  readonly logout?: ClientLogout
  readonly createdAt: number
}

/** One of a client's secrets, as SHA-256. Two can be live at once, so that a secret is replaced without a window. */
export interface ClientSecret {
  readonly secretId: string
  readonly hash: string
  /** The secret itself under the server's own, for a client that signs with it; left out for every other. */
  readonly sealed?: string
  /** `undefined`: until replaced. */
  readonly expiresAt: number | undefined
}

/** A secret as it is kept. */
export interface KeptClientSecret extends ClientSecret {
  readonly createdAt: number
  readonly lastUsedAt: number | undefined
}

/** A client with the secrets that are live. */
export interface ClientWithSecrets extends Client {
  readonly secrets: readonly KeptClientSecret[]
}

/** A person's recorded decision. `teamId` is empty text for none. */
export interface Consent {
  readonly accountId: string
  readonly clientId: string
  readonly teamId: string
  readonly scope: Scope
  /** The only APIs that it is for; empty: no such limit. @see RFC 8707 §2 */
  readonly resources: readonly string[]
  /** Claims that were allowed one by one, as `id_token:email`. @see OpenID Connect Core §5.5 */
  readonly claims: readonly string[]
  readonly grantedAt: number
}

/** Registered software and what people allowed it. */
export interface ClientStore {
  create(
    client: Omit<Client, 'createdAt'>,
    secret: ClientSecret | undefined,
    event: AuditEvent,
    now: number,
  ): Promise<boolean>
  /**
   * Whether pages of an origin belong to a public client of that door: to that one, or to any when `clientId` is undefined. Clients
   * that are described by a document have a door of their own.
   */
  hasOrigin(origin: string, doorIds: readonly string[], clientId: string | undefined): Promise<boolean>
  /** With every secret that has not expired at `now`. */
  find(clientId: string, now: number): Promise<ClientWithSecrets | undefined>
  /** Clients of a team, or all that are global when `teamId` is undefined. */
  list(teamId: string | undefined): Promise<readonly Client[]>
  /** Changes what is named; how it proves itself, takes part in logout, and what it chose, each as a whole. The grant types never change. */
  update(
    clientId: string,
    change: {
      readonly name?: string
      readonly redirectUris?: readonly string[]
      readonly scope?: Scope
      readonly resources?: readonly string[]
      readonly authentication?: ClientAuthentication
      readonly logout?: ClientLogout
    } & ClientRules,
    event: AuditEvent,
    now: number,
  ): Promise<boolean>
  /** Adds a secret and lets the older ones end at `overlapUntil`, in one step. More than one older secret: the oldest end now. `false` when there is no such client. */
  rotateSecret(
    clientId: string,
    rotation: { readonly secret: ClientSecret; readonly overlapUntil: number },
    event: AuditEvent,
    now: number,
  ): Promise<boolean>
  /** Ends one secret at `endAt`; `false`, and nothing changed, when the client has no such secret or it ends before that. */
  endSecret(
    clientId: string,
    ending: { readonly secretId: string; readonly endAt: number },
    event: AuditEvent,
    now: number,
  ): Promise<boolean>
  /** Records when secrets were last used, in one step; moments never go back. */
  touchSecrets(used: readonly { readonly secretId: string; readonly at: number }[]): Promise<void>
  /**
   * `true` for the first to use an assertion, `false` for everybody after that until `until`. In one step, for all processes on
   * the database.
   * @see RFC 7523 §3 rule 7
   */
  useAssertion(hash: string, until: number, now: number): Promise<boolean>
  /** Deletes the client with its secrets, codes, consents, and ends its families. */
  remove(clientId: string, event: AuditEvent, now: number): Promise<boolean>

  consent(accountId: string, clientId: string, teamId: string): Promise<Consent | undefined>
  consentsOf(
    accountId: string,
  ): Promise<readonly (Consent & { readonly clientName: string; readonly doorId: string })[]>
  /** Withdraws every consent for the client and ends the families that came of them, in one step. */
  withdrawConsent(accountId: string, clientId: string, event: AuditEvent, now: number): Promise<boolean>
}
