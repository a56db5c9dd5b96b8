import type { AuthorizationDetail, Scope, SignInMethod } from '@sallyport/protocol'
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
  /** Thumbprint of the key that its refresh tokens are bound to. @see RFC 9449 §5 */
  readonly jkt: string | undefined
  /** Thumbprint of the certificate that they are bound to. @see RFC 8705 §4 */
  readonly x5t: string | undefined
  /** The generation whose refresh token is the newest; 1 is the first. */
  readonly gen: number
  /** When generation `gen` was issued. */
  readonly issuedAt: number
  /** When generation `gen − 1` was issued. */
  readonly previousIssuedAt: number | undefined
  readonly authenticatedAt: number
  /** How its person signed in; left out where nobody did here, or that was not kept yet. */
  readonly signIn?: SignInMethod | undefined
  readonly nonce: string | undefined
  /** The only APIs that its tokens can be for; empty: no such limit. @see RFC 8707 §2 */
  readonly resources: readonly string[]
  /** Claims that were allowed one by one, as `id_token:email`. @see OpenID Connect Core §5.5 */
  readonly claims: readonly string[]
  /** The browser in which it was approved, at a door whose apps take part in logout. @see OpenID Back-Channel Logout §2.3 */
  readonly presence?: {
    readonly presenceId: string
    /** Whether it ends when the person is gone from there. @see OpenID Back-Channel Logout §2.7 */
    readonly endsWithIt: boolean
  }
  /** All that its tokens may be used for, in detail; empty: no such limit. @see RFC 9396 §7 */
  readonly details: readonly AuthorizationDetail[]
  readonly createdAt: number
  /** The absolute end; `undefined` for none. */
  readonly expiresAt: number | undefined
  readonly endedAt: number | undefined
}

/** What a new family starts with; its generation is 1, issued at `now`, and it is bound to nothing. */
export type NewFamily = Omit<
  Family,
  'jkt' | 'x5t' | 'gen' | 'issuedAt' | 'previousIssuedAt' | 'createdAt' | 'endedAt'
>

/** An authorization code, bound to all that its exchange must repeat. */
export interface NewCode {
  readonly hash: string
  readonly redirectUri: string
  /** `undefined` when the request named no redirect URI, so that the exchange may not either. */
  readonly askedRedirectUri: string | undefined
  readonly codeChallenge: string | undefined
  /** Thumbprint of the only key that may exchange it. @see RFC 9449 §10 */
  readonly dpopJkt: string | undefined
  readonly expiresAt: number
}

/** A code about to be given out. */
export interface ApprovedCode extends NewCode {
  /** Hash of the browser session that approved it. */
  readonly sessionHash: string
  /** Whether the person was asked just now, or the code rests on what they consented to before. */
  readonly consent: 'given' | 'standing'
  /** Hash of the pushed request that it answers. */
  readonly pushedHash?: string | undefined
}

/** A code as a request found it. */
export interface TakenCode extends NewCode {
  readonly clientId: string
  readonly doorId: string
  /** Whether an earlier request took it. */
  readonly usedBefore: boolean
  readonly family: Family
}

/** What a sign-in rests on: the password hash that was verified, `undefined` for a sign-in without one. */
export interface SignInProof {
  readonly accountId: string
  readonly passwordHash: string | undefined
}

/** Token families, authorization codes. */
export interface FamilyStore {
  /** `false`, and nothing made, when `proof` no longer holds: a password that was changed meanwhile has ended every sign-in with the old one, and must end this one too. */
  create(family: NewFamily, event: AuditEvent, now: number, proof?: SignInProof): Promise<boolean>
  /**
   * Makes a family by an assertion that may be used once: `false`, and nothing made, when that hash was used before. Used hashes
   * are remembered until they are over.
   */
  createOnce(
    family: NewFamily,
    use: { readonly hash: string; readonly until: number },
    event: AuditEvent,
    now: number,
  ): Promise<boolean>
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
  /** Binds it to a key for good; `false`, and nothing changed, when it is bound to another one or has ended. */
  bindKey(familyId: string, jkt: string): Promise<boolean>
  /** Binds it to a certificate for good, by the same rule. */
  bindCertificate(familyId: string, x5t: string): Promise<boolean>
  /** Ends it; `false` when it had ended or never was. */
  end(familyId: string, event: AuditEvent, now: number): Promise<boolean>
  /** Records the consent that was given, the family and its code in one step; `false`, and nothing recorded, when the session that approved, the consent that stood or the pushed request has ended: that is answered once. */
  createWithCode(family: NewFamily, code: ApprovedCode, event: AuditEvent, now: number): Promise<boolean>
  /** A code with its family, as it is; whoever rests on it still has to take it. */
  findCode(hash: string): Promise<TakenCode | undefined>
  /** Marks a code used and returns it with its family, in one step; the first taker restarts the family's `issuedAt` at `now`. */
  takeCode(hash: string, now: number): Promise<TakenCode | undefined>
}
