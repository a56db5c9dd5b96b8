import type { ClientRules } from '@sallyport/protocol'
import type { AuditEvent } from './audit.ts'
import type { Client, ClientSecret } from './clients.ts'

/** What is kept of a client that registered itself, beside the client. */
export interface Registration {
  readonly clientId: string
  /** What only people read, under the names of the wire. @see RFC 7591 §2 */
  readonly about: Readonly<Record<string, string | readonly string[]>>
  /** Of the registration access token; `undefined` where nobody can manage the client. @see RFC 7592 §3 */
  readonly tokenHash: string | undefined
  /** Of all that was said, where saying it again leads to the same client. */
  readonly fingerprint: string | undefined
  readonly initialTokenId: string | undefined
  /** The last moment at which it registered. */
  readonly registeredAt: number
}

/** A token that lets software register itself. @see RFC 7591 §3 */
export interface InitialToken {
  readonly tokenId: string
  readonly hash: string
  readonly doorId: string
  readonly name: string
  readonly usesLeft: number
  readonly expiresAt: number
}

/** All that one registration makes. */
export interface NewRegistration {
  readonly client: Omit<Client, 'createdAt'>
  readonly secret: ClientSecret | undefined
  readonly registration: Omit<Registration, 'clientId' | 'registeredAt'>
}

/** What becomes of a registration, as a whole. Type and grant types change only with the document that describes a client. */
export interface RegistrationChange {
  readonly client: Pick<Client, 'name' | 'redirectUris' | 'scope'> &
    Required<Pick<Client, 'authentication'>> &
    ClientRules &
    Partial<Pick<Client, 'type' | 'grantTypes' | 'logout'>>
  readonly about: Registration['about']
}

/** Software that registered itself. */
export interface RegistrationStore {
  /**
   * Makes the client, spending one use of its initial token where it names one. `false`, and nothing made or spent, when that
   * token has no use left, or somebody was first with the same fingerprint.
   */
  create(made: NewRegistration, event: AuditEvent, now: number): Promise<boolean>
  find(clientId: string): Promise<Registration | undefined>
  /** The client of a fingerprint, which counts as registered anew. */
  repeat(fingerprint: string, now: number): Promise<string | undefined>
  replace(clientId: string, change: RegistrationChange, event: AuditEvent, now: number): Promise<boolean>

  addToken(token: InitialToken, event: AuditEvent, now: number): Promise<void>
  /** A token that is good for at least one use at `now`. */
  findToken(hash: string, now: number): Promise<InitialToken | undefined>
  /** The tokens of a door that are good for something at `now`. */
  tokensOf(doorId: string, now: number): Promise<readonly InitialToken[]>
  removeToken(tokenId: string, event: AuditEvent, now: number): Promise<boolean>
}
