import type { Scope } from '@sallyport/protocol'
import type { AuditEvent } from './audit.ts'

/** What a family descends from. */
export type FamilyKind = 'login' | 'code' | 'vendor' | 'machine'

/**
 * A token family: everything issued from one consent, one login or one vendor sign-in. The row exists before any of its
 * tokens, and ending it is one update: a token born at the same moment is born dead.
 */
export interface Family {
  readonly familyId: string
  readonly doorId: string
  readonly kind: FamilyKind
  readonly accountId: string | undefined
  readonly clientId: string | undefined
  readonly teamId: string | undefined
  readonly scope: Scope
  /** The generation whose refresh token is the newest; 1 is the first. */
  readonly gen: number
  /** When generation `gen` was issued. */
  readonly issuedAt: number
  /** When generation `gen − 1` was issued. */
  readonly previousIssuedAt: number | undefined
  readonly authenticatedAt: number
  readonly nonce: string | undefined
  readonly createdAt: number
  /** The absolute end; `undefined` for none. */
  readonly expiresAt: number | undefined
  readonly endedAt: number | undefined
}

/** What a new family starts with; its generation is 1, issued at `now`. */
export type NewFamily = Omit<Family, 'gen' | 'issuedAt' | 'previousIssuedAt' | 'createdAt' | 'endedAt'>

/** An authorization code, bound to all that its exchange must repeat. */
export interface NewCode {
  readonly hash: string
  readonly redirectUri: string
  /** `undefined` when the request named no redirect URI, so that the exchange may not either. */
  readonly askedRedirectUri: string | undefined
  readonly codeChallenge: string | undefined
  readonly expiresAt: number
}

/** A code as found by the request that took it. */
export interface TakenCode extends NewCode {
  readonly clientId: string
  readonly doorId: string
  /** Whether an earlier request took it. */
  readonly usedBefore: boolean
  readonly family: Family
}

/** Token families, authorization codes. */
export interface FamilyStore {
  create(family: NewFamily, event: AuditEvent, now: number): Promise<void>
  find(familyId: string): Promise<Family | undefined>
  /**
   * Moves the generation from `from` to `from + 1`, issued at `now`, or does nothing when it is no longer `from` or the family has ended.
   * Returns the family as it is afterwards and whether this call moved it; `undefined` when there is none.
   */
  advance(
    familyId: string,
    from: number,
    event: AuditEvent,
    now: number,
  ): Promise<{ readonly won: boolean; readonly family: Family } | undefined>
  /** Ends it; `false` when it had ended or never was. */
  end(familyId: string, event: AuditEvent, now: number): Promise<boolean>
  /** Records the consent (or widens nothing: replaces its scope), the family and its code, in one step. */
  createWithCode(family: NewFamily, code: NewCode, event: AuditEvent, now: number): Promise<void>
  /** Marks a code used and returns it with its family, in one step; the first taker restarts the family's `issuedAt` at `now`. */
  takeCode(hash: string, now: number): Promise<TakenCode | undefined>
}
