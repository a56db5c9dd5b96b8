import { consentCovers } from '@sallyport/protocol'
import { type ConsentModel, consentPage, formActionsTo } from '../../pages/index.ts'
import { issueCsrf, type SignedIn } from '../browser.ts'
import type { Reply, Request } from '../door.ts'
import { page } from '../page.ts'
import { grantableScope, type ProvenRequest, type TeamQuestionAnswer } from './authorization.ts'
import { claimWords, singleClaims } from './claims.ts'
import { appWords } from './client-origin.ts'
import type { AppsContext } from './context.ts'
import { detailWords, resourceWords } from './details.ts'
import { markedAddress, readMarker } from './marker.ts'

/** What binds the page to the request it showed: altered on its way back, it is another request, which nobody has seen. */
function shown({ request }: ProvenRequest, { session }: SignedIn): readonly string[] {
  return [session.sessionId, JSON.stringify(request)]
}

/** Whether a form comes from a page that showed this very request to this very session. */
export function wasShown(
  seal: string | undefined,
  proven: ProvenRequest,
  signedIn: SignedIn,
  { services }: AppsContext,
): boolean {
  return services.sealer.isSeal(seal ?? '', 'consent', shown(proven, signedIn))
}

/** Whether the person has to be asked. A request without state and PKCE could be somebody else's, and a public client could be anybody: asked each time. */
export async function mustAsk(
  { request, client, origin }: ProvenRequest,
  accountId: string,
  teamId: string,
  { services }: AppsContext,
): Promise<boolean> {
  if (request.prompt.includes('consent') || client.type === 'public') return true
  // One consent stands for what the app was; what describes it is elsewhere and may have changed.
  if (origin?.documentHost !== undefined) return true
  // What was allowed in detail was allowed for that one time.
  if (request.details.length > 0) return true
  if (request.state === undefined && request.codeChallenge === undefined) return true
  const consent = await services.store.clients.consent(accountId, client.clientId, teamId)
  const { scope, resources } = request
  const asked = { scope, resources, claims: singleClaims(request.claims, scope) }
  // It named itself and its addresses, and may have named others since; whoever has its registration token may have.
  if (!consent || consent.grantedAt <= (origin?.changedAt ?? -1)) return true
  return !consentCovers(consent, asked)
}

function teamsOf(
  { memberships, decision }: TeamQuestionAnswer,
  { door }: AppsContext,
): ConsentModel['teams'] {
  if (decision.outcome === 'fixed') {
    const fixed = memberships.find(({ teamId }) => teamId === decision.teamId)
    if (fixed) return door.teams === 'choose' ? { fixed: { slug: fixed.slug, name: fixed.name } } : undefined
  }
  const preselected = decision.outcome === 'choose' ? decision.preselected : undefined
  return {
    choose: memberships.map(({ slug, name, teamId }) => ({ slug, name, selected: preselected === teamId })),
    notice: decision.outcome === 'choose' ? decision.notice : undefined,
  }
}

function consentModel(
  { request, client, origin }: ProvenRequest,
  signedIn: SignedIn,
  teams: TeamQuestionAnswer,
  apps: AppsContext,
): Omit<ConsentModel, 'action' | 'csrf' | 'request'> {
  const { memberships, decision } = teams
  const fixed =
    decision.outcome === 'fixed' ? memberships.find(({ teamId }) => teamId === decision.teamId) : undefined
  const mine = fixed ? grantableScope(request.scope, fixed.role, apps) : request.scope
  return {
    clientName: client.name,
    ...appWords(request.redirectUri, origin),
    email: signedIn.account.email,
    scopes: mine.map((value) => ({ value, description: apps.door.scopes[value] ?? value })),
    narrowable: true,
    claims: claimWords(singleClaims(request.claims, request.scope)),
    details: detailWords(request.details, apps.services),
    resources: resourceWords(request.resources, apps),
    teams: teamsOf(teams, apps),
    warning:
      mine.length < request.scope.length
        ? 'Some of what this app asked for is not yours to give and was left out.'
        : undefined,
  }
}

/** The page that asks the person. */
export function showConsent(
  proven: ProvenRequest,
  signedIn: SignedIn,
  teams: TeamQuestionAnswer,
  { request, apps }: { readonly request: Request; readonly apps: AppsContext },
): Reply {
  const marker = { seenAt: proven.seenAt, step: readMarker(request.search, apps)?.step }
  const csrf = issueCsrf(request, signedIn, apps.services)
  const body = consentPage({
    ...consentModel(proven, signedIn, teams, apps),
    action: proven.signed ? markedAddress(marker, request, apps) : `${request.path}?${request.search}`,
    csrf: csrf.token,
    request: apps.services.sealer.seal('consent', shown(proven, signedIn)),
  })
  return page(body, { formActions: formActionsTo(proven.request.redirectUri), headers: csrf.headers })
}
