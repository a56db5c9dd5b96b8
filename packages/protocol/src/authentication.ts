import type { AuthorizationRequest } from './authorization-request.ts'

/** What a person did for one authorization request before it came back: signed in, or said that they are the one. */
export interface AuthenticationStep {
  readonly kind: 'signed-in' | 'chosen'
  /** The session that the request found when it asked for a sign-in, empty text for none; the one that was chosen. */
  readonly sessionId: string
  /** When they were asked. */
  readonly at: number
}

/** A browser's session, as far as the rule looks at it. */
export interface AuthenticatedSession {
  /** Who is signed in, as the client that asks knows them. @see OpenID Connect Core §8 */
  readonly subject: string
  readonly sessionId: string
  readonly authenticatedAt: number
  /** How they signed in, by the door's name for it. */
  readonly acr?: string | undefined
}

/** What is known when an authorization request meets a browser. */
export interface AuthenticationFacts {
  readonly request: Pick<AuthorizationRequest, 'prompt' | 'maxAge'> &
    Partial<Pick<AuthorizationRequest, 'acr'>>
  /** Subject of the ID token that the client sent along. */
  readonly hintedSubject: string | undefined
  readonly session: AuthenticatedSession | undefined
  readonly step: AuthenticationStep | undefined
  readonly now: number
}

/** What has to happen before anybody is asked to consent. */
export type AuthenticationDecision =
  | { readonly outcome: 'go-on'; readonly session: AuthenticatedSession }
  | { readonly outcome: 'sign-in' }
  | { readonly outcome: 'choose-account' }
  | {
      readonly outcome: 'refuse'
      readonly error: 'login_required' | 'unmet_authentication_requirements'
      readonly description: string
    }

/** How long a sign-in that was asked for may take: later ones were made for something else. */
const signInTime = 600
/** How long one that was made for a request counts for it whatever `max_age` says: a person has to read what they approve. */
const readingTime = 120

/** Whether the session is the sign-in that this request asked for. */
function isForThis({ session, step }: AuthenticationFacts): boolean {
  if (!session || step?.kind !== 'signed-in' || session.sessionId === step.sessionId) return false
  const taken = session.authenticatedAt - step.at
  return taken >= 0 && taken <= signInTime
}

/** What is to happen about the way in which somebody signed in; `undefined` when it will do. Who is asked again may choose another. */
function decideAcr(
  { request: { acr, prompt }, session }: AuthenticationFacts,
  forThis: boolean,
): AuthenticationDecision | undefined {
  if (!acr || acr.values.some((one) => one === session?.acr)) return undefined
  if (!forThis && !prompt.includes('none')) return { outcome: 'sign-in' }
  if (!acr.essential) return undefined
  const description = 'nobody has signed in in the way that is asked for'
  return { outcome: 'refuse', error: 'unmet_authentication_requirements', description }
}

/**
 * Decides whether a browser's session is enough for an authorization request.
 *
 * Asked again when the person approves, so that `max_age` still holds after a page was left open.
 *
 * @see OpenID Connect Core §3.1.2.1 (prompt, max_age, id_token_hint, acr_values), §3.1.2.3, §5.5.1.1
 */
export function decideAuthentication(facts: AuthenticationFacts): AuthenticationDecision {
  const { request, hintedSubject, session, step, now } = facts
  const { prompt, maxAge } = request
  const silent = prompt.includes('none')
  const ask = (description: string): AuthenticationDecision =>
    silent ? { outcome: 'refuse', error: 'login_required', description } : { outcome: 'sign-in' }

  if (!session) return ask('nobody is signed in')
  const forThis = isForThis(facts)
  if (prompt.includes('login') && !forThis) return { outcome: 'sign-in' }
  const allowed = maxAge === undefined ? undefined : forThis ? Math.max(maxAge, readingTime) : maxAge
  if (allowed !== undefined && now - session.authenticatedAt > allowed)
    return ask('the sign-in is older than max_age')
  if (hintedSubject !== undefined && session.subject !== hintedSubject) {
    const description = 'another person than the one of id_token_hint is signed in'
    return forThis ? { outcome: 'refuse', error: 'login_required', description } : ask(description)
  }
  const acr = decideAcr(facts, forThis)
  if (acr) return acr
  const chosen = step?.kind === 'chosen' && step.sessionId === session.sessionId
  if (prompt.includes('select_account') && !forThis && !chosen) return { outcome: 'choose-account' }
  return { outcome: 'go-on', session }
}
