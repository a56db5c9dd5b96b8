import type { KeyObject } from 'node:crypto'
import {
  type DpopAlgorithm,
  dpopAlgorithms,
  type Environment,
  type KeyFormat,
  type Principal,
  type Scope,
} from '@sallyport/protocol'

/** What a door is to the guard: whose tokens it signs and for whom they are meant. */
export interface DoorFacts {
  readonly doorId: string
  /** The `iss` of its tokens. */
  readonly issuer: string
  /** What `aud` must contain. */
  readonly audience: string
  readonly kind: 'people' | 'widgets' | 'apps' | 'vendors' | 'keys'
  /** Whether a person who left the team named by a token loses the token with it. */
  readonly checkMembership: boolean
  /** What its apps may ask for. */
  readonly scopes?: Scope | undefined
  /** Whether its apps may, or must, have tokens that are bound to a key. @see RFC 9449 §5 */
  readonly dpop?: 'optional' | 'required' | undefined
  /** What proofs for its tokens may be signed with; all that there are when left out. */
  readonly signatureAlgorithms?: readonly DpopAlgorithm[] | undefined
}

/** What proofs may be signed with where tokens of these doors are taken. */
export function proofAlgorithmsOf(doors: readonly DoorFacts[]): readonly DpopAlgorithm[] {
  const bound = doors.filter(({ dpop }) => dpop)
  return dpopAlgorithms.filter((one) =>
    bound.some(({ signatureAlgorithms = dpopAlgorithms }) => signatureAlgorithms.includes(one)),
  )
}

/** The algorithms a signature may have; never a shared secret. @see RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2 */
export type SignatureAlgorithm = 'ES256' | 'Ed25519' | 'EdDSA' | 'RS256' | 'PS256'

/** A public key and the one algorithm it may be used with. @see RFC 8725 §3.1 */
export interface VerificationKey {
  readonly alg: SignatureAlgorithm
  readonly key: KeyObject
}

/** A token family: who was granted what, and whether that still stands. */
export interface FamilyFacts {
  readonly familyId: string
  readonly doorId: string
  /** What it descends from, such as `login`; for what is a `machine`’s nobody signed in. */
  readonly kind: string
  readonly accountId?: string | undefined
  readonly clientId?: string | undefined
  readonly teamId?: string | undefined
  /** Seconds since the epoch; present once it ended. */
  readonly endedAt?: number | undefined
}

/** A person. */
export interface AccountFacts {
  readonly accountId: string
  readonly admin: boolean
  /** Seconds since the epoch; present while disabled. */
  readonly disabledAt?: number | undefined
  readonly homeTeamId: string
}

/** Registered software. */
export interface ClientFacts {
  readonly clientId: string
  readonly teamId?: string | undefined
  /** The only resources it may use; present and empty means none. */
  readonly resources?: readonly string[] | undefined
}

/** A customer. Only an active team's credentials work. */
export interface TeamFacts {
  readonly teamId: string
  readonly slug: string
  readonly plan: string
  readonly status: 'active' | 'inactive' | 'suspended'
}

/** A person in a team. */
export interface MembershipFacts {
  readonly role: string
}

/** An API key, found by the hash of its secret. */
export interface ApiKeyFacts {
  readonly keyId: string
  readonly doorId: string
  readonly accountId: string
  readonly teamId: string
  readonly environment: Environment
  readonly scope: Scope
  /** Addresses and CIDR networks it may be used from; empty means anywhere. */
  readonly ipList: readonly string[]
  readonly expiresAt?: number | undefined
  readonly revokedAt?: number | undefined
  /** `false` while its owner has it switched off. */
  readonly active: boolean
}

/** A session token, found by the hash of its secret. It lives no longer than the key or the family it was minted from. */
export interface SessionTokenFacts {
  readonly tokenId: string
  readonly doorId: string
  /** Hash of the parent key; without one, `familyId` names the parent. */
  readonly keyHash?: string | undefined
  readonly familyId?: string | undefined
  readonly accountId?: string | undefined
  readonly teamId: string
  readonly scope: Scope
  readonly environment: Environment
  /** The absolute end. */
  readonly expiresAt: number
  /** Seconds it may go unused. */
  readonly idle: number
  /** At least as recent as the last `used` this source was told of. */
  readonly lastUsedAt: number
  readonly endedAt?: number | undefined
}

/** A session that a page started with a widget. */
export interface WidgetSessionFacts {
  readonly sessionId: string
  readonly widgetId: string
  /** The page's origin; empty text when it was started where origin checks are off. */
  readonly origin: string
  readonly expiresAt: number
  readonly endedAt?: number | undefined
}

/** A widget, with what it allows now. */
export interface WidgetFacts {
  readonly widgetId: string
  readonly slug: string
  /** Whether it is switched on. */
  readonly active: boolean
  /** Where it may run; `any` where a developer has switched origin checks off. */
  readonly allowedOrigins: readonly string[] | 'any'
  readonly teamId: string
}

/** A credential that was accepted. */
export interface Use {
  readonly kind: 'api-key' | 'session-token'
  readonly id: string
  readonly hash: string
}

/** What of a principal a limit is counted by. */
export type Spender = Pick<Principal, 'id' | 'team' | 'plan'>

/** What spending one use of some limits came to: the numbers of the tightest. */
export interface Spent {
  readonly allowed: boolean
  readonly limit: number
  readonly remaining: number
  /** A moment, in seconds since the epoch. */
  readonly resetAt: number
  /** Seconds until another try can succeed. */
  readonly retryAfter: number
  /** How `X-RateLimit-Reset` tells it: as a moment, or as seconds left. */
  readonly style: 'unix' | 'seconds'
  /** Seconds the limit is counted over; told to the caller when known. */
  readonly window?: number | undefined
  /** What `RateLimit` calls it; `default` when left out. */
  readonly name?: string | undefined
}

/**
 * Live facts, asked for on every guarded request. Whoever answers keeps them fresh within one second of a change and
 * holds what is asked often in memory: the guard caches none of them.
 *
 * A look-up answers `undefined` when there is no such thing, and rejects when it cannot know; the guard then refuses the
 * request as unavailable. All times are seconds since the epoch, all spans seconds.
 */
export interface FactSource {
  /**
   * Asked before each request is judged: `undefined` when doors, keys and roles are known as they are; a promise that
   * resolves once they are, and rejects when that can't be. Left out where they always are.
   */
  upToDate?(): Promise<void> | undefined
  /** The shapes of all API keys, and the doors they belong to. */
  readonly keyFormats: readonly (KeyFormat & { readonly doorId: string })[]
  /** Every door that issues tokens. */
  readonly doors: readonly DoorFacts[]
  /** The door that signs as `iss`, compared as a string. */
  doorOfIssuer(iss: string): DoorFacts | undefined
  /** The most that each role may do at a door, whatever a credential was granted; a role left out may do everything. */
  rolesOf(doorId: string): Readonly<Record<string, Scope>>
  /**
   * The published key of that id, or `undefined` once it is withdrawn. `kid` comes from a token that nobody has checked
   * yet: it must not lead to a request elsewhere.
   */
  signingKey(kid: string, now: number): Promise<VerificationKey | undefined>
  /**
   * The claims of an opaque access token that the server made, expired or not; `undefined` for any other. They never change.
   * Whoever remembers them does so by the token's hash.
   */
  opaqueToken(token: string): Promise<Readonly<Record<string, unknown>> | undefined>
  family(familyId: string): Promise<FamilyFacts | undefined>
  account(accountId: string): Promise<AccountFacts | undefined>
  client(clientId: string): Promise<ClientFacts | undefined>
  team(teamId: string): Promise<TeamFacts | undefined>
  membership(accountId: string, teamId: string): Promise<MembershipFacts | undefined>
  /** `hash` is `secretHash` of the key. */
  apiKey(hash: string): Promise<ApiKeyFacts | undefined>
  /** `hash` is `secretHash` of the token; at `now` the answer must not be idle only because a use elsewhere is unknown. */
  sessionToken(hash: string, now: number): Promise<SessionTokenFacts | undefined>
  widgetSession(sessionId: string): Promise<WidgetSessionFacts | undefined>
  widget(widgetId: string): Promise<WidgetFacts | undefined>
  /** Notes that a credential was accepted. Must not write before it returns. */
  used(what: Use, now: number): void
  /** Counts one call of the caller against the named limits; `undefined` when none of them applies. */
  spend(caller: Spender, limits: readonly string[], now: number): Promise<Spent | undefined>
}
