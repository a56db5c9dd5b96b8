import { browserStateOf, sessionState } from '../../crypto/presence.ts'
import { newSecret } from '../../crypto/secret.ts'
import { stateCookie, type SignedIn } from '../browser.ts'
import type { Services } from '../services.ts'

/**
 * What an authorization response says of the browser's state, and the cookie that the watching page compares it with. An address
 * without an origin has no pages that could watch; its answer then fits none.
 * @see OpenID Session Management §2
 */
export function watchedState(
  { redirectUri, clientId }: { readonly redirectUri: string; readonly clientId: string },
  { session }: SignedIn,
  services: Pick<Services, 'sealer' | 'baseUrl'>,
): { readonly state: string; readonly cookie: string } {
  const browserState = browserStateOf(session.presenceId, services.sealer)
  const { origin } = new URL(redirectUri)
  const salt = newSecret().slice(0, 22)
  return {
    state: sessionState({ clientId, origin, browserState }, salt),
    cookie: stateCookie(browserState, services.baseUrl),
  }
}
