import { newId } from '../crypto/id.ts'
import { newSecret, secretHash } from '../crypto/secret.ts'
import type { Account } from '../store/contract/index.ts'
import type { AccountContext } from './context.ts'

/** How long a browser stays signed in, in seconds. */
export const browserSessionLifetime = 14 * 24 * 3600

/** A browser that has just been signed in. */
export interface StartedSession {
  /** For the cookie. */
  readonly secret: string
  readonly presenceId: string
}

/**
 * Signs a browser in by a password: a fresh session each time, so that one planted before the sign-in is worth nothing. The session of the cookie
 * that it had until now ends in the same step; the same person goes on with its presence, so that no app hears of a logout.
 * `undefined` when the password that was verified has been changed meanwhile.
 */
export async function startBrowserSession(
  account: Account,
  earlierCookie: string | undefined,
  { store, now, event }: AccountContext,
): Promise<StartedSession | undefined> {
  const { accountId } = account
  const [secret, sessionId] = [newSecret(), newId('ses_', now)]
  const earlier =
    earlierCookie === undefined ? undefined : await store.accounts.findSession(secretHash(earlierCookie), now)
  const ended = { detail: 'signed in again' }
  const session = {
    sessionId,
    hash: secretHash(secret),
    accountId,
    authenticatedAt: now,
    signIn: 'password' as const,
    expiresAt: now + browserSessionLifetime,
    // Nobody would think of it again.
    ...(earlier && { replaces: { hash: earlier.hash, event: event('session.ended', ended) } }),
  }
  const started = event('session.started', { accountId, targetId: sessionId })
  if (!(await store.accounts.addSession(session, account, started, now))) return undefined
  return { secret, presenceId: earlier?.accountId === accountId ? earlier.presenceId : sessionId }
}
