import type { Scope } from '@sallyport/protocol'
import type { AuditEvent } from './audit.ts'

/** The world a credential belongs to. */
export type Environment = 'live' | 'test'

/** An API key. The key itself is never stored, only its SHA-256. */
export interface ApiKey {
  readonly keyId: string
  readonly hash: string
  readonly doorId: string
  /** Who made it. */
  readonly accountId: string
  /** Whose it is: the plan and the data are this team's. */
  readonly teamId: string
  readonly name: string
  readonly environment: Environment
  readonly scope: Scope
  /** Addresses and CIDR ranges it may be used from; empty means anywhere. */
  readonly ipList: readonly string[]
  readonly preview: string
  /** Switched off by its owner; can be switched on again. */
  readonly active: boolean
  readonly createdAt: number
  readonly expiresAt: number | undefined
  readonly revokedAt: number | undefined
  readonly lastUsedAt: number | undefined
}

/** A short-lived credential minted from a key or a sign-in; it dies with its parent. */
export interface SessionToken {
  readonly tokenId: string
  readonly hash: string
  readonly doorId: string
  /** Hash of the parent key, or `undefined` when a sign-in is the parent. */
  readonly keyHash: string | undefined
  readonly familyId: string | undefined
  readonly accountId: string | undefined
  readonly teamId: string
  readonly environment: Environment
  readonly scope: Scope
  readonly createdAt: number
  /** The absolute end. */
  readonly expiresAt: number
  readonly lastUsedAt: number
  readonly endedAt: number | undefined
}

/** The sign-in that somebody makes a key with: a token family, or a browser session by its hash. */
export type MadeBy = { readonly familyId: string } | { readonly sessionHash: string }

/** API keys and session tokens. */
export interface KeyStore {
  /** `false`, and nothing made, when the sign-in that it is made with has ended meanwhile. */
  create(
    key: Omit<ApiKey, 'createdAt' | 'revokedAt' | 'lastUsedAt' | 'active'>,
    event: AuditEvent,
    now: number,
    by?: MadeBy,
  ): Promise<boolean>
  findByHash(hash: string): Promise<ApiKey | undefined>
  find(keyId: string): Promise<ApiKey | undefined>
  /** Not revoked, newest first. */
  list(owner: { readonly doorId: string; readonly teamId: string }): Promise<readonly ApiKey[]>
  update(
    keyId: string,
    change: { readonly name?: string; readonly active?: boolean; readonly ipList?: readonly string[] },
    event: AuditEvent,
    now: number,
  ): Promise<boolean>
  /** `false` when it was revoked already or never was. */
  revoke(keyId: string, event: AuditEvent, now: number): Promise<boolean>

  createSessionToken(
    token: Omit<SessionToken, 'createdAt' | 'lastUsedAt' | 'endedAt'>,
    event: AuditEvent,
    now: number,
  ): Promise<void>
  findSessionToken(hash: string): Promise<SessionToken | undefined>
  endSessionToken(hash: string, event: AuditEvent, now: number): Promise<boolean>

  /** Writes many last-used moments in one step; a moment never goes back. */
  touch(
    used: readonly {
      readonly kind: 'api-key' | 'session-token'
      readonly hash: string
      readonly at: number
    }[],
  ): Promise<void>
}
