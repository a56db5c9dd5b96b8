import type { ErrorCode } from '@sallyport/protocol'
import { issuerOf } from '../../settings/issuer.ts'
import type { Reply } from '../door.ts'
import type { AppsContext } from './context.ts'

/** Where an authorization response goes: an address that was compared with the client's registration, and nothing else. */
export interface ProvenRedirect {
  readonly redirectUri: string
  readonly state: string | undefined
}

function respond(
  to: ProvenRedirect,
  params: Readonly<Record<string, string>>,
  { door, services }: AppsContext,
): Reply {
  const query = new URLSearchParams(params)
  if (to.state !== undefined) query.set('state', to.state)
  // RFC 9207: says which server answered, so that a client of several can't be mixed up.
  query.set('iss', issuerOf(door, services.baseUrl))
  // Appended as text: parsing and printing the registered address could change it.
  const location = `${to.redirectUri}${to.redirectUri.includes('?') ? '&' : '?'}${query}`
  const headers = { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }
  return { status: 302, headers }
}

/** An authorization error response. @see RFC 6749 §4.1.2.1 */
export function respondError(
  to: ProvenRedirect,
  refusal: { readonly error: ErrorCode; readonly description: string },
  apps: AppsContext,
): Reply {
  return respond(to, { error: refusal.error, error_description: refusal.description }, apps)
}

/** An authorization response with a code. @see RFC 6749 §4.1.2 */
export function respondCode(to: ProvenRedirect, code: string, apps: AppsContext): Reply {
  return respond(to, { code }, apps)
}
