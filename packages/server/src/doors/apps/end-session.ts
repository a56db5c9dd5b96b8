import { formActionsTo, signedOutPage, signOutPage } from '../../pages/index.ts'
import { findSignedIn, issueCsrf, requireCsrf, type SignedIn } from '../browser.ts'
import type { Endpoint, Reply, Request } from '../door.ts'
import { page, refuseAsPage } from '../page.ts'
import { readPageForm } from '../read-page-form.ts'
import { auditEvent } from '../services.ts'
import { signOut } from '../sign-out.ts'
import { asAddress } from './as-address.ts'
import { hostOf } from './client-origin.ts'
import { type AppsContext, pathOf } from './context.ts'
import { type JudgedLogout, type ProvenReturn, readLogoutRequest } from './logout-request.ts'

/** Seconds for the frames of apps before the browser goes on by itself; whoever doesn't want to wait has a link. */
const framesTime = 3

function addressOf({ uri, state }: ProvenReturn): string {
  if (state === undefined) return uri
  // Appended as text: parsing and printing the registered address could change it.
  return `${uri}${uri.includes('?') ? '&' : '?'}${new URLSearchParams({ state })}`
}

const confirmPath = (apps: AppsContext) => `${pathOf(apps, 'endSession')}/confirm`

function goTo(returnTo: ProvenReturn, headers: Reply['headers'] = {}): Reply {
  const to = { location: addressOf(returnTo), 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }
  return { status: 303, headers: { ...to, ...headers } }
}

/** Nobody is signed in, so nothing has to be done: asked twice is answered as asked once. @see OpenID RP-Initiated Logout §4 */
function nobody({ returnTo }: JudgedLogout): Reply {
  if (returnTo?.by === 'hint') return goTo(returnTo)
  return page(signedOutPage({ signInHref: '/sign-in', returnHref: returnTo && addressOf(returnTo) }))
}

function ask(
  { client, returnTo }: JudgedLogout,
  signedIn: SignedIn,
  request: Request,
  apps: AppsContext,
): Reply {
  const csrf = issueCsrf(request, signedIn, apps.services)
  const body = signOutPage({
    action: `${confirmPath(apps)}?${request.search}`,
    csrf: csrf.token,
    email: signedIn.account.email,
    clientName: client?.name,
    returnHost: returnTo && hostOf(returnTo.uri),
  })
  return page(body, { formActions: returnTo ? formActionsTo(returnTo.uri) : [], headers: csrf.headers })
}

async function end(
  { client, returnTo }: JudgedLogout,
  signedIn: SignedIn,
  request: Request,
  apps: AppsContext,
): Promise<Reply> {
  const { accountId } = signedIn.account
  const about = {
    accountId,
    targetId: signedIn.session.sessionId,
    ...(client && { clientId: client.clientId }),
    detail: 'logout',
  }
  const event = auditEvent(request, apps.door.id)('session.ended', about)
  const { frames, cookies } = await signOut(signedIn, event, apps.services)
  if (frames.length === 0 && returnTo) return goTo(returnTo, { 'set-cookie': cookies })
  const returnHref = returnTo && addressOf(returnTo)
  const body = signedOutPage({
    signInHref: '/sign-in',
    frames: frames.map((href) => ({ href })),
    returnHref,
  })
  const goOn = returnHref === undefined ? {} : { refresh: `${framesTime}; url=${returnHref}` }
  return page(body, { frames, headers: { 'set-cookie': cookies, ...goOn } })
}

async function show(request: Request, apps: AppsContext): Promise<Reply> {
  const signedIn = await findSignedIn(request, apps.services)
  const judged = await readLogoutRequest(request, signedIn, apps)
  if (!signedIn || judged.outcome === 'nobody') return nobody(judged)
  if (judged.outcome === 'ask') return ask(judged, signedIn, request, apps)
  return end(judged, signedIn, request, apps)
}

/** The form of our page. What it asked about is judged anew: an address may have been taken out of the registration meanwhile. */
async function decide(request: Request, apps: AppsContext): Promise<Reply> {
  const form = readPageForm(request)
  const signedIn = await findSignedIn(request, apps.services)
  const judged = await readLogoutRequest(request, signedIn, apps)
  if (!signedIn) return nobody(judged)
  requireCsrf(form.one('csrf'), request, signedIn, apps.services)
  if (form.one('decision') === 'sign-out') return end(judged, signedIn, request, apps)
  return { status: 303, headers: { location: '/account', 'cache-control': 'no-store' } }
}

/** Where apps send browsers to be signed out here too. @see OpenID RP-Initiated Logout §2 */
export function endSessionEndpoint(apps: AppsContext): Endpoint {
  return {
    path: pathOf(apps, 'endSession'),
    methods: { GET: (request) => show(request, apps), POST: (request) => asAddress(request) },
    refuse: refuseAsPage,
  }
}

/** Where the form of our page leads. */
export function confirmLogoutEndpoint(apps: AppsContext): Endpoint {
  return {
    path: confirmPath(apps),
    methods: { POST: (request) => decide(request, apps) },
    refuse: refuseAsPage,
  }
}
