import type { Scope } from './scope.ts'

/** What an ID token of ours says that a logout was asked for with; signature and issuer are verified. */
export interface LogoutHint {
  readonly clientId: string
  readonly subject: string
  readonly sid: string | undefined
}

/** What is known when a browser brings a logout request. */
export interface LogoutFacts {
  /** `'invalid'` for one that proves nothing. That it is over is no fault. */
  readonly hint: LogoutHint | 'invalid' | undefined
  /** The `client_id` of the request. */
  readonly clientId: string | undefined
  /** The client of the hint, or else of `client_id`, where it is registered at this door. */
  readonly client:
    | { readonly clientId: string; readonly postLogoutRedirectUris: readonly string[] }
    | undefined
  /** The `post_logout_redirect_uri` of the request. */
  readonly returnUri: string | undefined
  /** The `logout_hint` of the request: a `sid` or an e-mail address. */
  readonly logoutHint: string | undefined
  /** Who is signed in, in the words in which the client knows them. */
  readonly session: { readonly subject: string; readonly sid: string; readonly email: string } | undefined
}

/** Where the browser may go afterwards: a registered address of a client that is proven, or that the person is asked about. */
export interface LogoutReturn {
  readonly uri: string
  readonly by: 'hint' | 'person'
}

/** What becomes of a logout request. */
export type LogoutDecision =
  | { readonly outcome: 'refuse'; readonly description: string }
  | { readonly outcome: 'nobody' | 'ask' | 'end'; readonly returnTo: LogoutReturn | undefined }

/** Whether the hint is of this very session: of another one of the same person it may have been lying about. */
function isOfSession({ hint, session, logoutHint }: LogoutFacts): boolean {
  if (!session || typeof hint !== 'object') return false
  const named = logoutHint?.trim()
  const meant = named === undefined || named === session.sid || named.toLowerCase() === session.email
  return meant && hint.subject === session.subject && hint.sid === session.sid
}

/**
 * Decides a logout request. Without an ID token of the session that is there the person is asked, since anybody can make a browser
 * come here; and no address is gone to that is not registered, character by character, for a client that is known.
 * @see OpenID RP-Initiated Logout §2, §3, §4, §6
 */
export function decideLogout(facts: LogoutFacts): LogoutDecision {
  const { hint, clientId, client, returnUri, session } = facts
  if (typeof hint === 'object' && clientId !== undefined && clientId !== hint.clientId)
    return { outcome: 'refuse', description: 'client_id is not the client that id_token_hint was issued to' }
  // A hint that is not ours is as good as none, and what came with it proves nothing either.
  const known = hint === 'invalid' ? undefined : client
  if (known && returnUri !== undefined && !known.postLogoutRedirectUris.includes(returnUri))
    return { outcome: 'refuse', description: 'post_logout_redirect_uri is not registered for this client' }
  const returnTo: LogoutReturn | undefined =
    known && returnUri !== undefined
      ? { uri: returnUri, by: typeof hint === 'object' ? 'hint' : 'person' }
      : undefined
  if (!session) return { outcome: 'nobody', returnTo }
  return { outcome: isOfSession(facts) ? 'end' : 'ask', returnTo }
}

/**
 * Whether what a browser session gave an app ends with it: where a door tells apart who may go on while the person is away, and this
 * app may not.
 * @see OpenID Back-Channel Logout §2.7, OpenID Connect Core §11
 */
export function endsWithSession(granted: Scope, doorScopes: readonly string[]): boolean {
  return doorScopes.includes('offline_access') && !granted.includes('offline_access')
}

/** The event that a logout token tells of. @see OpenID Back-Channel Logout §2.4 */
export const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

/** Seconds from each try at telling a client to the next; after the last one it is given up. */
const pauses = [30, 120, 600, 3600, 6 * 3600]

/** How often a client is told at most that somebody signed out. */
export const logoutTries: number = pauses.length + 1

/** Seconds after which it is tried again, when it was tried `tries` times. */
export function logoutPause(tries: number): number {
  return pauses[tries - 1] ?? 6 * 3600
}

/** What is framed so that a client hears of a logout; its own query stays. @see OpenID Front-Channel Logout §2 */
export function frontchannelAddress(
  uri: string,
  { issuer, sid }: { readonly issuer: string; readonly sid: string },
): string {
  return `${uri}${uri.includes('?') ? '&' : '?'}${new URLSearchParams({ iss: issuer, sid })}`
}
