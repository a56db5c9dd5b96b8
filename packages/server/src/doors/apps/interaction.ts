import {
  type AuthenticationDecision,
  type AuthenticationStep,
  decideAuthentication,
} from '@sallyport/protocol'
import { secretHash } from '../../crypto/secret.ts'
import { chooseAccountPage } from '../../pages/index.ts'
import type { SignedIn } from '../browser.ts'
import type { Reply, Request } from '../door.ts'
import { page } from '../page.ts'
import type { ProvenRequest } from './authorization.ts'
import type { AppsContext } from './context.ts'

const purpose = 'authentication-step'
const marker = /&sallyport_step=([\w-]{1,400})$/

/** The query as the client sent it. */
function withoutStep(search: string): string {
  return search.replace(marker, '')
}

/** What a step is for: it counts for no other request, and at no other door. */
const aboutOf = (search: string, { door }: AppsContext) => secretHash(`${door.id} ${withoutStep(search)}`)

/** The step that the query carries; `undefined` unless we wrote it, for this very request. */
function readStep(search: string, apps: AppsContext): AuthenticationStep | undefined {
  const hidden = marker.exec(search)?.[1]
  const text = hidden === undefined ? undefined : apps.services.sealer.reveal(purpose, hidden)
  if (text === undefined) return undefined
  const { step, about } = JSON.parse(text) as { readonly step: AuthenticationStep; readonly about: string }
  return about === aboutOf(search, apps) ? step : undefined
}

/** The address of the request with a step: what was asked of the person is told by us, never by taking it off the request. */
function addressWith(step: AuthenticationStep, { path, search }: Request, apps: AppsContext): string {
  const hidden = apps.services.sealer.hide(purpose, JSON.stringify({ step, about: aboutOf(search, apps) }))
  return `${path}?${withoutStep(search)}&sallyport_step=${hidden}`
}

/** Whether the browser's session will do for the request. */
export function authenticationOf(
  request: Request,
  { request: asked, hintedSubject }: ProvenRequest,
  signedIn: SignedIn | undefined,
  apps: AppsContext,
): AuthenticationDecision {
  return decideAuthentication({
    request: asked,
    hintedSubject,
    session: signedIn?.session,
    step: readStep(request.search, apps),
    now: apps.services.now(),
  })
}

/** The address of the sign-in page that leads back to this very request; it asks even somebody who is signed in. */
function freshSignIn(request: Request, signedIn: SignedIn | undefined, apps: AppsContext): string {
  const sessionId = signedIn?.session.sessionId ?? ''
  const back = addressWith({ kind: 'signed-in', sessionId, at: apps.services.now() }, request, apps)
  return `/sign-in?${new URLSearchParams({ return: back, again: '1' })}`
}

/** Sends the browser to sign in and back to this very request. */
export function toSignIn(
  request: Request,
  { request: asked, hintedSubject }: ProvenRequest,
  signedIn: SignedIn | undefined,
  apps: AppsContext,
): Reply {
  const { prompt, maxAge } = asked
  const asksForFresh = prompt.includes('login') || prompt.includes('select_account')
  const remembers = signedIn ?? hintedSubject ?? maxAge ?? (asksForFresh || undefined)
  const back = new URLSearchParams({ return: `${request.path}?${request.search}` })
  const location = remembers !== undefined ? freshSignIn(request, signedIn, apps) : `/sign-in?${back}`
  return { status: 302, headers: { location, 'cache-control': 'no-store' } }
}

/** Asks which account it is to be. @see OpenID Connect Core §3.1.2.1, prompt=select_account */
export function chooseAccount(
  request: Request,
  { client }: ProvenRequest,
  signedIn: SignedIn,
  apps: AppsContext,
): Reply {
  const { sessionId } = signedIn.session
  const body = chooseAccountPage({
    clientName: client.name,
    email: signedIn.account.email,
    continueHref: addressWith({ kind: 'chosen', sessionId, at: apps.services.now() }, request, apps),
    otherHref: freshSignIn(request, signedIn, apps),
  })
  return page(body)
}
