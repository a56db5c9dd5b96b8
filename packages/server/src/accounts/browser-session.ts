import { newId } from '../crypto/id.ts'
import { newSecret, secretHash } from '../crypto/secret.ts'
import type { Account } from '../store/contract/index.ts'
import type { AccountContext } from './context.ts'

/** How long a browser stays signed in, in seconds. */
export const browserSessionLifetime = 14 * 24 * 3600

/** Signs a browser in by a password: a fresh session each time, so that one planted before the sign-in is worth nothing. Returns the cookie's secret; `undefined` when the password that was verified has been changed meanwhile. */
export async function startBrowserSession(
  account: Account,
  { store, now, event }: AccountContext,
): Promise<string | undefined> {
  const { accountId } = account
  const secret = newSecret()
  const session = {
    sessionId: newId('ses_', now),
    hash: secretHash(secret),
    accountId,
    authenticatedAt: now,
    signIn: 'password' as const,
    expiresAt: now + browserSessionLifetime,
  }
  const added = await store.accounts.addSession(
    session,
    account,
    event('session.started', { accountId, targetId: session.sessionId }),
    now,
  )
  return added ? secret : undefined
}
