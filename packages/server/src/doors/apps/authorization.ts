import {
  type AuthorizationRequest,
  decideAuthorizationRequest,
  decideTeam,
  intersectScope,
  parseQuery,
  ProtocolError,
  type Scope,
} from '@sallyport/protocol'
import type { Client, TeamMembership } from '../../store/contract/index.ts'
import type { SignedIn } from '../browser.ts'
import type { Reply } from '../door.ts'
import type { AppsContext } from './context.ts'
import { respondError } from './respond.ts'

/** A request that may be put to a person: client and redirect address are proven. */
export interface ProvenRequest {
  readonly request: AuthorizationRequest
  readonly client: Client
}

/**
 * Reads an authorization request: proven, or the refusal to send. A refusal before client and redirect URI are proven is
 * thrown and becomes a page; it never leads anywhere.
 * @see RFC 6749 §4.1.1, §4.1.2.1
 */
export async function readAuthorization(
  search: string,
  apps: AppsContext,
): Promise<ProvenRequest | { readonly reply: Reply }> {
  const { door, services } = apps
  const query = parseQuery(search)
  if (query.outcome === 'refuse') throw new ProtocolError('invalid_request', query.description)
  const clientId = query.params.get('client_id')
  const found =
    clientId === undefined ? undefined : await services.store.clients.find(clientId, services.now())
  const client = found?.doorId === door.id ? found : undefined
  const policy = { pkce: door.pkce, scopes: Object.keys(door.scopes), dpop: (door.dpop ?? 'off') !== 'off' }
  const decision = decideAuthorizationRequest({ ...query, client, policy })
  switch (decision.outcome) {
    case 'page':
      throw new ProtocolError(decision.error, decision.description)
    case 'redirect':
      return { reply: respondError(decision, decision, apps) }
    case 'ask':
      if (!client) throw new ProtocolError('invalid_client', 'unknown client')
      return { request: decision.request, client }
  }
}

/** The teams a token could be for, and the one that is settled. */
export interface TeamQuestionAnswer {
  readonly memberships: readonly TeamMembership[]
  readonly decision: ReturnType<typeof decideTeam>
}

/** Decides the team of a request, with what the person chose on the page where they did. */
export async function teamOf(
  { request, client }: { readonly request: Pick<AuthorizationRequest, 'team'>; readonly client: Client },
  { account }: SignedIn,
  chosenSlug: string | undefined,
  { door, services }: Pick<AppsContext, 'door' | 'services'>,
): Promise<TeamQuestionAnswer> {
  const all = await services.store.teams.membershipsOf(account.accountId)
  const shared = all.filter(({ personal }) => !personal)
  // The home team is what remains for somebody who is in no other.
  const offered = door.teams === 'choose' && shared.length > 0 ? shared : all
  const memberships = client.teamId === undefined ? offered : all
  const chosen = memberships.find(({ slug }) => slug === chosenSlug)
  const decision = decideTeam({
    mode: door.teams,
    clientTeamId: client.teamId,
    askedSlug: request.team,
    memberships,
    homeTeamId: account.homeTeamId,
    ...(chosenSlug !== undefined && { chosenTeamId: chosen?.teamId ?? '' }),
  })
  return { memberships, decision }
}

/** The part of a scope that somebody may hand on, by their role in the team. Nobody can grant more than they have. */
export function grantableScope(scope: Scope, role: string, { door }: Pick<AppsContext, 'door'>): Scope {
  const most = door.roles[role]
  return most === undefined ? scope : intersectScope(scope, most)
}
