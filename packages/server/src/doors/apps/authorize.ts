import { type ErrorCode, ProtocolError, type Scope } from '@sallyport/protocol'
import { findSignedIn, requireCsrf } from '../browser.ts'
import type { Endpoint, Reply, Request } from '../door.ts'
import { refuseAsPage } from '../page.ts'
import { readPageForm } from '../read-page-form.ts'
import { auditEvent } from '../services.ts'
import {
  grantableScope,
  type ProvenRequest,
  readAuthorization,
  refuseRequest,
  teamOf,
} from './authorization.ts'
import { asAddress } from './as-address.ts'
import { mustAsk, showConsent, wasShown } from './consent.ts'
import { type AppsContext, pathOf } from './context.ts'
import { grantCode } from './grant-code.ts'
import { authenticationOf, chooseAccount, toSignIn } from './interaction.ts'

const notAMember = 'Your account is not a member of the team that this app belongs to.'

async function show(request: Request, apps: AppsContext): Promise<Reply> {
  const proven = await readAuthorization(request, apps)
  if ('reply' in proven) return proven.reply
  const silent = proven.request.prompt.includes('none')
  const refuse = (error: ErrorCode, description: string) =>
    refuseRequest(proven, { error, description }, apps)

  const signedIn = await findSignedIn(request, apps.services)
  const authentication = authenticationOf(request, proven, signedIn, apps)
  if (authentication.outcome === 'refuse') return refuse(authentication.error, authentication.description)
  if (!signedIn || authentication.outcome === 'sign-in') return toSignIn(request, proven, signedIn, apps)
  if (authentication.outcome === 'choose-account') return chooseAccount(request, proven, signedIn, apps)

  const teams = await teamOf(proven, signedIn, undefined, apps)
  if (teams.decision.outcome === 'refuse') {
    if (silent) return refuse('access_denied', 'not a member of the team')
    throw new ProtocolError('access_denied', notAMember, { detail: teams.decision.detail })
  }
  if (teams.decision.outcome === 'fixed') {
    const { teamId } = teams.decision
    if (!(await mustAsk(proven, signedIn.account.accountId, teamId, apps))) {
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

async function decline(
  proven: ProvenRequest,
  accountId: string,
  request: Request,
  apps: AppsContext,
): Promise<Reply> {
  const { clientId } = proven.client
  const event = auditEvent(request, apps.door.id)('consent.denied', { accountId, clientId })
  await apps.services.store.audit.add(event, apps.services.now())
  return refuseRequest(proven, { error: 'access_denied', description: 'the person declined' }, apps)
}

async function decide(request: Request, apps: AppsContext): Promise<Reply> {
  const form = readPageForm(request)
  const signedIn = await findSignedIn(request, apps.services)
  requireCsrf(form.one('csrf'), request, signedIn, apps.services)
  const proven = await readAuthorization(request, apps)
  if ('reply' in proven) return proven.reply
  if (!signedIn) return toSignIn(request, proven, signedIn, apps)
  if (!wasShown(form.one('request'), proven, signedIn, apps)) {
    throw new ProtocolError(
      'invalid_request',
      'This is not the request that was shown. Go back to the app and start again.',
    )
  }
  if (form.one('decision') !== 'approve') return decline(proven, signedIn.account.accountId, request, apps)
  // The page may have been open for long: a sign-in that was fresh then need not be now.
  if (authenticationOf(request, proven, signedIn, apps).outcome !== 'go-on')
    return toSignIn(request, proven, signedIn, apps)
  // Membership is asked again: it may have ended while the page was open.
  const teams = await teamOf(proven, signedIn, form.one('team'), apps)
  if (teams.decision.outcome === 'choose') return showConsent(proven, signedIn, teams, { request, apps })
  const { memberships, decision } = teams
  const team =
    decision.outcome === 'fixed' ? memberships.find(({ teamId }) => teamId === decision.teamId) : undefined
  if (!team) throw new ProtocolError('access_denied', notAMember)
  const scope = grantableScope(tickedScope(proven.request.scope, form.all('scope')), team.role, apps)
  if (scope.length === 0 && proven.request.scope.length > 0) {
    return refuseRequest(proven, { error: 'access_denied', description: 'nothing was granted' }, apps)
  }
  return grantCode(proven, { signedIn, teamId: team.teamId, scope, consent: 'given' }, request, apps)
}

/** The authorization endpoint and its consent page: a POST with a query is the page's form, one without is a request. @see RFC 6749 §3.1 */
export function authorizeEndpoint(apps: AppsContext): Endpoint {
  return {
    path: pathOf(apps, 'authorize'),
    methods: {
      GET: (request) => show(request, apps),
      POST: (request) => (request.search === '' ? asAddress(request) : decide(request, apps)),
    },
    refuse: refuseAsPage,
  }
}
