import { ProtocolError } from '@sallyport/protocol'
import { browserStateOf } from '../crypto/presence.ts'
import { newSecret, secretHash } from '../crypto/secret.ts'
import type { Account, BrowserSession } from '../store/contract/index.ts'
import { browserSessionLifetime } from '../accounts/browser-session.ts'
import { readCookie, setCookie } from './cookies.ts'
import type { Request } from './door.ts'
import type { Services } from './services.ts'

/** The cookie of a signed-in browser. */
export const sessionCookie = 'sallyport_session'
/** The cookie that any browser with a form of ours holds: what its CSRF tokens are bound to. */
const browserCookie = 'sallyport_browser'
const browserLifetime = 24 * 3600

/** The cookie that the page of session management reads. */
export const stateCookieName = 'sallyport_state'

/** Sets what the page of session management compares; empty text takes it away. @see OpenID Session Management §3.2 */
export function stateCookie(value: string, baseUrl: string): string {
  const maxAge = value === '' ? 0 : browserSessionLifetime
  return setCookie({ name: stateCookieName, value, maxAge, watched: true }, baseUrl)
}

/** The cookie of a presence, where some door has a page that reads it; of none, `undefined`, it is taken away. */
export function presenceCookies(
  presenceId: string | undefined,
  { doors, sealer, baseUrl }: Pick<Services, 'doors' | 'sealer' | 'baseUrl'>,
): readonly string[] {
  if (!doors.some((door) => door.kind === 'apps' && door.logout?.sessionManagement)) return []
  return [stateCookie(presenceId === undefined ? '' : browserStateOf(presenceId, sealer), baseUrl)]
}

/** A browser signed in with us. */
export interface SignedIn {
  readonly session: BrowserSession
  readonly account: Account
}

/** The session and account of a browser; `undefined` when it is not signed in or the account may not be used. */
export async function findSignedIn(
  request: Request,
  { store, baseUrl, now }: Services,
): Promise<SignedIn | undefined> {
  const secret = readCookie(request, sessionCookie, baseUrl)
  if (secret === undefined) return undefined
  const session = await store.accounts.findSession(secretHash(secret), now())
  const account = session && (await store.accounts.find(session.accountId))
  return session && account && account.disabledAt === undefined ? { session, account } : undefined
}

/** A CSRF token for a page about to be sent, and the cookie to send with it where the browser has none yet. */
export interface Csrf {
  readonly token: string
  readonly headers: Readonly<Record<string, string>>
}

function tokenFor(browser: string, signedIn: SignedIn | undefined, { sealer }: Services): string {
  return sealer.seal('csrf', [browser, signedIn?.session.sessionId ?? ''])
}

/** Bound to this browser and to its session: a token from another browser or from before a sign-in is worth nothing here. */
export function issueCsrf(request: Request, signedIn: SignedIn | undefined, services: Services): Csrf {
  const known = readCookie(request, browserCookie, services.baseUrl)
  const browser = known ?? newSecret()
  const cookie = { name: browserCookie, value: browser, maxAge: browserLifetime }
  const headers = known === undefined ? { 'set-cookie': setCookie(cookie, services.baseUrl) } : {}
  return { token: tokenFor(browser, signedIn, services), headers }
}

/** Throws unless a form was sent from a page that this browser got from us. */
export function requireCsrf(
  presented: string | undefined,
  request: Request,
  signedIn: SignedIn | undefined,
  services: Services,
): void {
  const browser = readCookie(request, browserCookie, services.baseUrl)
  const parts = [browser ?? '', signedIn?.session.sessionId ?? '']
  if (browser === undefined || presented === undefined || !services.sealer.isSeal(presented, 'csrf', parts)) {
    throw new ProtocolError('csrf', 'This form has expired. Go back, reload the page and try again.')
  }
}
