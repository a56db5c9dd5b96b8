import type { SignInMethod } from '@sallyport/protocol'
import type { AuditEvent } from './audit.ts'
import type { SignInProof } from './families.ts'
import type { FramedClient } from './logouts.ts'

/** A person. */
export interface Account {
  readonly accountId: string
  /** Canonical: trimmed and lower-case. */
  readonly email: string
  readonly emailVerifiedAt: number | undefined
  /** argon2id in PHC form; `undefined` for a person who only signs in elsewhere. */
  readonly passwordHash: string | undefined
  readonly admin: boolean
  /** The personal team that owns what the person creates. */
  readonly homeTeamId: string
  readonly createdAt: number
  readonly disabledAt: number | undefined
}

/** What an account is made of; its home team is made in the same step, on plan `plan`. */
export interface NewAccount {
  readonly accountId: string
  readonly email: string
  readonly emailVerifiedAt: number | undefined
  readonly passwordHash: string | undefined
  readonly admin: boolean
  readonly homeTeamId: string
  readonly plan: string
}

/** A browser signed in with us. Found by the hash of its cookie. */
export interface BrowserSession {
  readonly sessionId: string
  readonly hash: string
  readonly accountId: string
  readonly authenticatedAt: number
  /** How; left out where that was not kept yet. */
  readonly signIn?: SignInMethod | undefined
  readonly expiresAt: number
  /** What stays the same while one person goes on in one browser, however often they prove themselves anew. */
  readonly presenceId: string
}

/** A session that begins. */
export interface NewSession extends Omit<BrowserSession, 'presenceId'> {
  /** The session that the browser had until now, which ends: the same person goes on with its presence, for another it is over. */
  readonly replaces?: { readonly hash: string; readonly event: AuditEvent }
}

/** An upstream sign-in on its way: bound to one browser, usable once. */
export interface UpstreamLogin {
  readonly stateHash: string
  /** Hash of the cookie that the browser which started it holds. */
  readonly browserHash: string
  readonly doorId: string
  readonly nonce: string
  readonly codeVerifier: string
  /** Where a page flow goes on afterwards; `undefined` when the answer is JSON. */
  readonly returnTo: string | undefined
  readonly expiresAt: number
}

/** People, their browser sessions and their sign-ins elsewhere. */
export interface AccountStore {
  /** `false` when the e-mail address is taken. Creates the home team and its membership (role `owner`) in the same step. */
  create(account: NewAccount, event: AuditEvent, now: number): Promise<boolean>
  find(accountId: string): Promise<Account | undefined>
  findByEmail(email: string): Promise<Account | undefined>
  findByUpstream(issuer: string, subject: string): Promise<Account | undefined>
  /** Remembers that this upstream subject is this account and marks the address verified; `false` when the subject already has an account. */
  linkUpstream(
    link: { readonly issuer: string; readonly subject: string; readonly accountId: string },
    event: AuditEvent,
    now: number,
  ): Promise<boolean>
  /**
   * Replaces the password hash (or removes it) and ends every family, browser session, session token of the account, in one step.
   * `expected` is the hash the caller verified against (`null`: none); `false` when it has changed meanwhile.
   * With `endGrants` its API keys and consents go as well: whoever made those was not the owner.
   */
  setPassword(
    change: {
      readonly accountId: string
      readonly expected: string | undefined
      readonly passwordHash: string | undefined
      readonly endGrants?: boolean
    },
    event: AuditEvent,
    now: number,
  ): Promise<boolean>
  /** Disables (ending families and sessions) or enables; `false` when there is no such account. */
  setDisabled(accountId: string, disabled: boolean, event: AuditEvent, now: number): Promise<boolean>
  /** Deletes the account with its home team, memberships, consents, keys, families and sessions. */
  remove(accountId: string, event: AuditEvent, now: number): Promise<boolean>

  /** `false`, and nothing added, when the password that was verified is no longer the account's. */
  addSession(session: NewSession, proof: SignInProof, event: AuditEvent, now: number): Promise<boolean>
  /** A session that has neither ended nor expired. */
  findSession(hash: string, now: number): Promise<BrowserSession | undefined>
  /**
   * Ends a session; tells in the same step which clients have to hear of it. Returns those that got an ID token in it and are told by
   * the browser.
   */
  endSession(hash: string, event: AuditEvent, now: number): Promise<readonly FramedClient[]>
  /** Whether somebody is still signed in in the browser of that presence. */
  isPresent(presenceId: string, now: number): Promise<boolean>

  addUpstreamLogin(login: UpstreamLogin, now: number): Promise<void>
  /** Takes it: of many callers one gets it, and only while unexpired. */
  takeUpstreamLogin(stateHash: string, now: number): Promise<UpstreamLogin | undefined>
}
