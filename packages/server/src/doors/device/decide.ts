import { ProtocolError, type Scope } from '@sallyport/protocol'
import { newId } from '../../crypto/id.ts'
import { elsewherePage } from '../../pages/index.ts'
import { grantableScope, type TeamQuestionAnswer } from '../apps/authorization.ts'
import { issueCsrf, type SignedIn } from '../browser.ts'
import type { Reply, Request } from '../door.ts'
import { page } from '../page.ts'
import type { PageForm } from '../read-page-form.ts'
import { auditEvent, type Services } from '../services.ts'
import { type Asked, askedModel, teamsOf } from './asked.ts'

/** Where a decision is made, and what is to be compared there. */
export interface Shown {
  readonly action: string
  readonly compare: string | undefined
}

/** What became of a request that was put to a person. */
export type Decided = 'approved' | 'denied'

const notAMember = 'Your account is not a member of the team that this app belongs to.'
const over = 'This request is over, or was decided before. Start again on your device.'

/** Binds a form to the browser that the request was shown in: nobody approves what they have not seen. */
const shownTo = ({ request }: Asked, { compare = '' }: Shown, { session }: SignedIn) => [
  session.sessionId,
  request.requestId,
  compare,
]

function ask(
  asked: Asked,
  teams: TeamQuestionAnswer,
  shown: Shown,
  by: { readonly request: Request; readonly signedIn: SignedIn; readonly services: Services },
): Reply {
  const { request, signedIn, services } = by
  const csrf = issueCsrf(request, signedIn, services)
  const body = elsewherePage({
    ...askedModel(asked, signedIn, teams, services),
    ...shown,
    csrf: csrf.token,
    request: services.sealer.seal('deferred', shownTo(asked, shown, signedIn)),
  })
  return page(body, { headers: csrf.headers })
}

/** The page that puts a request to a person; refuses who may not decide it. */
export async function show(
  asked: Asked,
  shown: Shown,
  by: { readonly request: Request; readonly signedIn: SignedIn; readonly services: Services },
): Promise<Reply> {
  const teams = await teamsOf(asked, by.signedIn, undefined, by.services)
  if (teams.decision.outcome === 'refuse')
    throw new ProtocolError('access_denied', notAMember, { detail: teams.decision.detail })
  return ask(asked, teams, shown, by)
}

function ticked(asked: Scope, form: PageForm): Scope {
  const values = form.all('scope')
  return asked.filter((value) => values.includes(value))
}

async function deny(
  { request: { requestId, clientId, doorId } }: Asked,
  { request, signedIn, services }: { request: Request; signedIn: SignedIn; services: Services },
): Promise<Decided> {
  const { accountId } = signedIn.account
  const event = auditEvent(request, doorId)('consent.denied', { accountId, clientId, targetId: requestId })
  if (!(await services.store.deferred.deny(requestId, accountId, event, services.now())))
    throw new ProtocolError('access_denied', over)
  return 'denied'
}

/** Records what a person decided on the page; the page again when the team is still open. Of all decisions at once one counts. */
export async function decide(
  asked: Asked,
  form: PageForm,
  shown: Shown,
  by: { readonly request: Request; readonly signedIn: SignedIn; readonly services: Services },
): Promise<Decided | Reply> {
  const { request, signedIn, services } = by
  const { account, session } = signedIn
  if (!services.sealer.isSeal(form.one('request') ?? '', 'deferred', shownTo(asked, shown, signedIn)))
    throw new ProtocolError('invalid_request', 'This is not the request that was shown. Start again.')
  if (form.one('decision') !== 'approve') return deny(asked, by)
  // Membership is asked again: it may have ended while the page was open.
  const teams = await teamsOf(asked, signedIn, form.one('team'), services)
  const { memberships, decision } = teams
  if (decision.outcome === 'choose') return ask(asked, teams, shown, by)
  const team =
    decision.outcome === 'fixed' ? memberships.find(({ teamId }) => teamId === decision.teamId) : undefined
  if (!team) throw new ProtocolError('access_denied', notAMember)
  const scope = grantableScope(ticked(asked.request.scope, form), team.role, { door: asked.door })
  if (scope.length === 0) return deny(asked, by)
  const now = services.now()
  const { absolute } = asked.door.refresh
  const about = { accountId: account.accountId, clientId: asked.client.clientId, teamId: team.teamId }
  const family = {
    ...about,
    familyId: newId('fam_', now),
    doorId: asked.door.id,
    kind: 'code' as const,
    scope,
    authenticatedAt: session.authenticatedAt,
    signIn: session.signIn,
    nonce: undefined,
    resources: asked.request.resources,
    claims: [],
    details: asked.request.details,
    expiresAt: absolute === undefined ? undefined : now + absolute,
  }
  const event = auditEvent(request, asked.door.id)('consent.given', {
    ...about,
    targetId: family.familyId,
    detail: `${asked.request.requestId}: ${scope.join(' ')}`,
  })
  const { requestId } = asked.request
  const recorded = await services.store.deferred.approve(
    requestId,
    family,
    { sessionHash: session.hash, event },
    now,
  )
  if (!recorded) throw new ProtocolError('access_denied', over)
  return 'approved'
}
