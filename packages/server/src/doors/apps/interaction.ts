import { acrOf } from '../../grants/issue.ts'
import { subjectFor } from '../../grants/subject.ts'
import { type AuthenticationDecision, decideAuthentication } from '@sallyport/protocol'
import { chooseAccountPage } from '../../pages/index.ts'
import type { SignedIn } from '../browser.ts'
import type { Reply, Request } from '../door.ts'
import { page } from '../page.ts'
import type { ProvenRequest } from './authorization.ts'
import { appWords } from './client-origin.ts'
import type { AppsContext } from './context.ts'
import { markedAddress, readMarker } from './marker.ts'

/** Whether the browser's session will do for the request. */
export function authenticationOf(
  request: Request,
  { request: asked, client, hintedSubject }: ProvenRequest,
  signedIn: SignedIn | undefined,
  apps: AppsContext,
): AuthenticationDecision {
  const { door, services } = apps
  const subject =
    signedIn && subjectFor(client, signedIn.account.accountId, { door, sealer: services.sealer })
  return decideAuthentication({
    request: asked,
    hintedSubject,
    session:
      signedIn && subject !== undefined
        ? { ...signedIn.session, subject, acr: acrOf(signedIn.session, door) }
        : undefined,
    step: readMarker(request.search, apps)?.step,
    now: services.now(),
  })
}

/** The address of the sign-in page that leads back to this very request; it asks even somebody who is signed in. */
function freshSignIn(
  request: Request,
  { seenAt }: ProvenRequest,
  signedIn: SignedIn | undefined,
  apps: AppsContext,
): string {
  const sessionId = signedIn?.session.sessionId ?? ''
  const step = { kind: 'signed-in', sessionId, at: apps.services.now() } as const
  const back = markedAddress({ seenAt, step }, request, apps)
  return `/sign-in?${new URLSearchParams({ return: back, again: '1' })}`
}

/** Sends the browser to sign in and back to this very request. */
export function toSignIn(
  request: Request,
  proven: ProvenRequest,
  signedIn: SignedIn | undefined,
  apps: AppsContext,
): Reply {
  const { prompt, maxAge, acr } = proven.request
  const asksForFresh = prompt.includes('login') || prompt.includes('select_account')
  const remembers =
    signedIn ?? proven.hintedSubject ?? maxAge ?? acr ?? (asksForFresh || proven.signed || undefined)
  const back = new URLSearchParams({ return: `${request.path}?${request.search}` })
  const location = remembers !== undefined ? freshSignIn(request, proven, signedIn, apps) : `/sign-in?${back}`
  // RFC 9700 §4.12, as with responses.
  return {
    status: apps.door.strictRedirects ? 303 : 302,
    headers: { location, 'cache-control': 'no-store' },
  }
}

/** Asks which account it is to be. @see OpenID Connect Core §3.1.2.1, prompt=select_account */
export function chooseAccount(
  request: Request,
  proven: ProvenRequest,
  signedIn: SignedIn,
  apps: AppsContext,
): Reply {
  const { sessionId } = signedIn.session
  const step = { kind: 'chosen', sessionId, at: apps.services.now() } as const
  const body = chooseAccountPage({
    clientName: proven.client.name,
    ...appWords(proven.request.redirectUri, proven.origin),
    email: signedIn.account.email,
    continueHref: markedAddress({ seenAt: proven.seenAt, step }, request, apps),
    otherHref: freshSignIn(request, proven, signedIn, apps),
  })
  return page(body)
}
