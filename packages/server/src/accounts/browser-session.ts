import { newId } from '../crypto/id.ts'
import { newSecret, secretHash } from '../crypto/secret.ts'
import type { BrowserSession } from '../store/contract/index.ts'
import type { AccountContext } from './context.ts'

/** How long a browser stays signed in, in seconds. */
export const browserSessionLifetime = 14 * 24 * 3600

/** Signs a browser in: a fresh session each time, so that one planted before the sign-in is worth nothing. Returns the cookie's secret. */
export async function startBrowserSession(
  accountId: string,
  { store, now, event }: AccountContext,
): Promise<{ readonly secret: string; readonly session: BrowserSession }> {
  const secret = newSecret()
  const session = {
    sessionId: newId('ses_', now),
    hash: secretHash(secret),
    accountId,
    authenticatedAt: now,
    expiresAt: now + browserSessionLifetime,
  }
  await store.accounts.addSession(
    session,
    event('session.started', { accountId, targetId: session.sessionId }),
    now,
  )
  return { secret, session }
}
