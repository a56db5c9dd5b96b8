import type { KeyObject } from 'node:crypto'
import type { Environment, KeyFormat, Principal, Scope } from '@sallyport/protocol'

/** A public key that access tokens are verified with; its algorithm is pinned. */
export interface VerificationKey {
  readonly alg: 'ES256' | 'EdDSA' | 'RS256' | 'PS256'
  readonly key: KeyObject
}

/** A door as a guard knows it. */
export interface DoorFacts {
  readonly doorId: string
  readonly issuer: string
  readonly audience: string
  readonly kind: 'people' | 'widgets' | 'apps' | 'vendors' | 'keys'
  /** Whether the person must still be a member of the token's team. */
  readonly checkMembership: boolean
}

/** A token family: everything issued from one consent, login or vendor sign-in. */
export interface FamilyFacts {
  readonly familyId: string
  readonly doorId: string
  readonly kind: 'login' | 'code' | 'vendor' | 'machine'
  readonly accountId?: string | undefined
  readonly clientId?: string | undefined
  readonly teamId?: string | undefined
  readonly endedAt?: number | undefined
}

/** A person. */
export interface AccountFacts {
  readonly accountId: string
  readonly admin: boolean
  readonly homeTeamId: string
  readonly disabledAt?: number | undefined
}

/** Registered software. `resources`: the only objects a machine token may touch; absent means no such limit. */
export interface ClientFacts {
  readonly clientId: string
  readonly teamId?: string | undefined
  readonly resources?: readonly string[] | undefined
}

/** A customer. */
export interface TeamFacts {
  readonly teamId: string
  readonly slug: string
  readonly plan: string
  readonly status: 'active' | 'inactive' | 'suspended'
}

/** A person's place in a team. */
export interface MembershipFacts {
  readonly role: string
}

/** An API key, found by the SHA-256 (base64url) of the key as it is presented. */
export interface ApiKeyFacts {
  readonly keyId: string
  readonly doorId: string
  readonly accountId: string
  readonly teamId: string
  readonly environment: Environment
  readonly scope: Scope
  /** Addresses and CIDR ranges; empty means anywhere. */
  readonly ipList: readonly string[]
  readonly active: boolean
  readonly expiresAt?: number | undefined
  readonly revokedAt?: number | undefined
}

/** A session token, found by the SHA-256 (base64url) of the token. `idle` is a span in seconds. */
export interface SessionTokenFacts {
  readonly tokenId: string
  readonly doorId: string
  readonly keyHash?: string | undefined
  readonly familyId?: string | undefined
  readonly accountId?: string | undefined
  readonly teamId: string
  readonly scope: Scope
  readonly environment: Environment
  readonly expiresAt: number
  readonly idle: number
  readonly lastUsedAt: number
  readonly endedAt?: number | undefined
}

/** A started session of a browser widget, with what its widget allows now. */
export interface WidgetSessionFacts {
  readonly sessionId: string
  readonly widgetId: string
  readonly slug: string
  readonly origin: string
  readonly expiresAt: number
  readonly endedAt?: number | undefined
  readonly active: boolean
  readonly allowedOrigins: readonly string[]
  readonly teamId: string
}

/** What spending one use of a rate limit came to. `resetAt` is a moment, the others are spans; in seconds. */
export interface Spent {
  readonly allowed: boolean
  readonly limit: number
  readonly remaining: number
  readonly resetAt: number
  readonly retryAfter: number
  readonly window: number
  /** How `X-RateLimit-Reset` is told. */
  readonly style: 'unix' | 'seconds'
}

/** Live facts. Whoever answers keeps them fresh within one second; a guard never trusts a token for them. */
export interface FactSource {
  readonly keyFormats: readonly (KeyFormat & { readonly doorId: string })[]
  /** Whether origins are checked; only a development server says no. */
  readonly checksOrigins: boolean
  doorOfIssuer(issuer: string): DoorFacts | undefined
  signingKey(kid: string): Promise<VerificationKey | undefined>
  family(familyId: string): Promise<FamilyFacts | undefined>
  account(accountId: string): Promise<AccountFacts | undefined>
  client(clientId: string): Promise<ClientFacts | undefined>
  team(teamId: string): Promise<TeamFacts | undefined>
  membership(accountId: string, teamId: string): Promise<MembershipFacts | undefined>
  apiKey(hash: string): Promise<ApiKeyFacts | undefined>
  sessionToken(hash: string): Promise<SessionTokenFacts | undefined>
  widgetSession(sessionId: string): Promise<WidgetSessionFacts | undefined>
  /** Remembers that a credential was used; in memory, written in batches. */
  used(
    what: { readonly kind: 'api-key' | 'session-token'; readonly id: string; readonly hash: string },
    now: number,
  ): void
  /** Spends one use of each named limit of the caller's plan; `undefined` where none applies. */
  spend(principal: Principal, limits: readonly string[], now: number): Promise<Spent | undefined>
}
