import type { ElsewhereModel, WaitingRequest } from '../../pages/index.ts'
import type { AppsDoor } from '../../settings/apps-door.ts'
import type { Client, Deferred } from '../../store/contract/index.ts'
import { grantableScope, type TeamQuestionAnswer, teamOf } from '../apps/authorization.ts'
import { detailWords, resourceWords } from '../apps/details.ts'
import type { SignedIn } from '../browser.ts'
import type { Services } from '../services.ts'
import { requestPath } from './paths.ts'

/** A deferred request with all that deciding it needs. */
export interface Asked {
  readonly request: Deferred
  readonly client: Client
  readonly door: AppsDoor
}

/** Completes a request; `undefined` when its client or door is gone, so that it is as good as unknown. */
export async function completed(
  request: Deferred | undefined,
  { store, doors, now }: Services,
): Promise<Asked | undefined> {
  if (!request) return undefined
  const client = await store.clients.find(request.clientId, now())
  const door = doors.find((one): one is AppsDoor => one.kind === 'apps' && one.id === request.doorId)
  return client && door && { request, client, door }
}

/** What waits for a person, for their account page. */
export async function waitingFor(
  { account }: SignedIn,
  services: Services,
): Promise<readonly WaitingRequest[]> {
  const requests = await services.store.deferred.waitingFor(account.accountId, services.now())
  const all = await Promise.all(requests.map((request) => completed(request, services)))
  return all
    .filter((asked) => asked !== undefined)
    .map(({ request, client }) => ({
      name: client.name,
      href: requestPath(request.requestId),
      compare: request.bindingMessage,
    }))
}

/** The teams it could be for; as at the authorization endpoint, but that no team can be asked for. */
export function teamsOf(
  { client, door }: Asked,
  signedIn: SignedIn,
  chosenSlug: string | undefined,
  services: Services,
): Promise<TeamQuestionAnswer> {
  return teamOf({ request: { team: undefined }, client }, signedIn, chosenSlug, { door, services })
}

/** What the page says of a request. */
export function askedModel(
  { request, client, door }: Asked,
  { account }: SignedIn,
  { memberships, decision }: TeamQuestionAnswer,
  services: Services,
): Omit<ElsewhereModel, 'action' | 'csrf' | 'request' | 'compare'> {
  const fixed =
    decision.outcome === 'fixed' ? memberships.find(({ teamId }) => teamId === decision.teamId) : undefined
  const preselected = decision.outcome === 'choose' ? decision.preselected : undefined
  const choose = memberships.map(({ slug, name, teamId }) => ({
    slug,
    name,
    selected: preselected === teamId,
  }))
  const mine = fixed ? grantableScope(request.scope, fixed.role, { door }) : request.scope
  return {
    requestId: request.requestId,
    clientName: client.name,
    email: account.email,
    scopes: mine.map((value) => ({ value, description: door.scopes[value] ?? value })),
    details: detailWords(request.details, services),
    resources: resourceWords(request.resources, { door, services }),
    teams: !fixed
      ? { choose }
      : door.teams === 'choose'
        ? { fixed: { slug: fixed.slug, name: fixed.name } }
        : undefined,
    warning:
      mine.length < request.scope.length
        ? 'Some of what this app asked for is not yours to give and was left out.'
        : undefined,
    ip: request.ip,
    minutesAgo: Math.floor((services.now() - request.createdAt) / 60),
  }
}
