import { type AuthorizationRequest, ProtocolError, type Scope, scopeWithin } from '@sallyport/protocol'
import { consentPage, type ConsentModel, formActionOf } from '../../pages/index.ts'
import { findSignedIn, issueCsrf, requireCsrf, type SignedIn } from '../browser.ts'
import type { Endpoint, Reply, Request } from '../door.ts'
import { page, refuseAsPage } from '../page.ts'
import { readPageForm } from '../read-page-form.ts'
import {
  grantableScope,
  type ProvenRequest,
  readAuthorization,
  teamOf,
  type TeamQuestionAnswer,
} from './authorization.ts'
import { auditEvent } from '../services.ts'
import { type AppsContext, pathOf } from './context.ts'
import { grantCode } from './grant-code.ts'
import { respondError } from './respond.ts'

/** What binds the page to the request it showed: altered on its way back, it is another request, which nobody has seen. */
function shown({ request }: ProvenRequest, { session }: SignedIn): readonly string[] {
  return [session.sessionId, JSON.stringify(request)]
}

/** The query less what asks for a fresh sign-in, which would ask again for ever; as it came where nothing asks for one. */
function afterSignIn(search: string, { prompt, maxAge }: AuthorizationRequest): string {
  if (!prompt.includes('login') && maxAge === undefined) return search
  const params = new URLSearchParams(search)
  const rest = prompt.filter((value) => value !== 'login').join(' ')
  params.delete('prompt')
  params.delete('max_age')
  if (rest !== '') params.set('prompt', rest)
  return params.toString()
}

/** Sends the browser to sign in and back to this very request. */
function toSignIn(request: Request, { request: asked }: ProvenRequest): Reply {
  const search = afterSignIn(request.search, asked)
  const query = new URLSearchParams({
    return: `${request.path}?${search}`,
    ...(search !== request.search && { again: '1' }),
  })
  return { status: 302, headers: { location: `/sign-in?${query}`, 'cache-control': 'no-store' } }
}

function mustSignIn({ request }: ProvenRequest, signedIn: SignedIn | undefined, now: number): boolean {
  if (!signedIn || request.prompt.includes('login')) return true
  return request.maxAge !== undefined && now - signedIn.session.authenticatedAt > request.maxAge
}

/** Whether the person has to be asked. A request without state and PKCE could be somebody else's, and a public client could be anybody: asked each time. */
async function mustAsk(
  { request, client }: ProvenRequest,
  signedIn: SignedIn,
  teamId: string,
  { services }: AppsContext,
): Promise<boolean> {
  if (request.prompt.includes('consent') || client.type === 'public') return true
  if (request.state === undefined && request.codeChallenge === undefined) return true
  const consent = await services.store.clients.consent(signedIn.account.accountId, client.clientId, teamId)
  return !consent || !scopeWithin(request.scope, consent.scope)
}

function consentModel(
  proven: ProvenRequest,
  signedIn: SignedIn,
  { memberships, decision }: TeamQuestionAnswer,
  apps: AppsContext,
): Omit<ConsentModel, 'action' | 'csrf' | 'request'> {
  const { request, client } = proven
  const fixed =
    decision.outcome === 'fixed' ? memberships.find(({ teamId }) => teamId === decision.teamId) : undefined
  const mine = fixed ? grantableScope(request.scope, fixed.role, apps) : request.scope
  const teams =
    fixed === undefined
      ? {
          choose: memberships.map(({ slug, name, teamId }) => ({
            slug,
            name,
            selected: decision.outcome === 'choose' && decision.preselected === teamId,
          })),
          notice: decision.outcome === 'choose' ? decision.notice : undefined,
        }
      : apps.door.teams === 'choose'
        ? { fixed: { slug: fixed.slug, name: fixed.name } }
        : undefined
  return {
    clientName: client.name,
    clientHost: URL.canParse(request.redirectUri) ? new URL(request.redirectUri).host : request.redirectUri,
    email: signedIn.account.email,
    scopes: mine.map((value) => ({ value, description: apps.door.scopes[value] ?? value })),
    narrowable: true,
    teams,
    warning:
      mine.length < request.scope.length
        ? 'Some of what this app asked for is not yours to give and was left out.'
        : undefined,
  }
}

function showConsent(
  proven: ProvenRequest,
  signedIn: SignedIn,
  teams: TeamQuestionAnswer,
  { request, apps }: { readonly request: Request; readonly apps: AppsContext },
): Reply {
  const csrf = issueCsrf(request, signedIn, apps.services)
  const body = consentPage({
    ...consentModel(proven, signedIn, teams, apps),
    action: `${request.path}?${request.search}`,
    csrf: csrf.token,
    request: apps.services.sealer.seal('consent', shown(proven, signedIn)),
  })
  // Chromium holds the redirect after the form to this list too, so the client's address must be on it.
  const action = formActionOf(proven.request.redirectUri)
  return page(body, { formActions: action === undefined ? [] : [action], headers: csrf.headers })
}

const notAMember = 'Your account is not a member of the team that this app belongs to.'

async function show(request: Request, apps: AppsContext): Promise<Reply> {
  const proven = await readAuthorization(request.search, apps)
  if ('reply' in proven) return proven.reply
  const silent = proven.request.prompt.includes('none')
  const refuse = (error: 'login_required' | 'consent_required' | 'access_denied', description: string) =>
    respondError(proven.request, { error, description }, apps)

  const signedIn = await findSignedIn(request, apps.services)
  if (!signedIn || mustSignIn(proven, signedIn, apps.services.now())) {
    return silent ? refuse('login_required', 'nobody is signed in') : toSignIn(request, proven)
  }
  const teams = await teamOf(proven, signedIn, undefined, apps)
  if (teams.decision.outcome === 'refuse') {
    if (silent) return refuse('access_denied', 'not a member of the team')
    throw new ProtocolError('access_denied', notAMember, { detail: teams.decision.detail })
  }
  if (teams.decision.outcome === 'fixed') {
    const { teamId } = teams.decision
    if (!(await mustAsk(proven, signedIn, teamId, apps))) {
      const role = teams.memberships.find((one) => one.teamId === teamId)?.role ?? ''
      const scope = grantableScope(proven.request.scope, role, apps)
      return grantCode(proven, { signedIn, teamId, scope, consent: 'standing' }, request, apps)
    }
  }
  return silent
    ? refuse('consent_required', 'the person has to be asked')
    : showConsent(proven, signedIn, teams, { request, apps })
}

/** The scopes left ticked, as far as they were asked for. */
function tickedScope(asked: Scope, ticked: readonly string[]): Scope {
  return asked.filter((value) => ticked.includes(value))
}

async function decide(request: Request, apps: AppsContext): Promise<Reply> {
  const form = readPageForm(request)
  const signedIn = await findSignedIn(request, apps.services)
  requireCsrf(form.one('csrf'), request, signedIn, apps.services)
  const proven = await readAuthorization(request.search, apps)
  if ('reply' in proven) return proven.reply
  if (!signedIn) return toSignIn(request, proven)
  if (!apps.services.sealer.isSeal(form.one('request') ?? '', 'consent', shown(proven, signedIn))) {
    throw new ProtocolError(
      'invalid_request',
      'This is not the request that was shown. Go back to the app and start again.',
    )
  }
  if (form.one('decision') !== 'approve') {
    const { clientId } = proven.client
    const event = auditEvent(request, apps.door.id)('consent.denied', {
      accountId: signedIn.account.accountId,
      clientId,
    })
    await apps.services.store.audit.add(event, apps.services.now())
    return respondError(proven.request, { error: 'access_denied', description: 'the person declined' }, apps)
  }
  // Membership is asked again: it may have ended while the page was open.
  const teams = await teamOf(proven, signedIn, form.one('team'), apps)
  if (teams.decision.outcome === 'choose') return showConsent(proven, signedIn, teams, { request, apps })
  const { memberships, decision } = teams
  const team =
    decision.outcome === 'fixed' ? memberships.find(({ teamId }) => teamId === decision.teamId) : undefined
  if (!team) throw new ProtocolError('access_denied', notAMember)
  const scope = grantableScope(tickedScope(proven.request.scope, form.all('scope')), team.role, apps)
  if (scope.length === 0 && proven.request.scope.length > 0) {
    return respondError(proven.request, { error: 'access_denied', description: 'nothing was granted' }, apps)
  }
  return grantCode(proven, { signedIn, teamId: team.teamId, scope, consent: 'given' }, request, apps)
}

/** The authorization endpoint and its consent page. @see RFC 6749 §3.1 */
export function authorizeEndpoint(apps: AppsContext): Endpoint {
  return {
    path: pathOf(apps, 'authorize'),
    methods: { GET: (request) => show(request, apps), POST: (request) => decide(request, apps) },
    refuse: refuseAsPage,
  }
}
