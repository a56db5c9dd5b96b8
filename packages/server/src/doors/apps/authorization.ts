import {
  type AuthorizationDecision,
  type AuthorizationRequest,
  decideAuthorizationRequest,
  decideTeam,
  intersectScope,
  parseCompactJws,
  ProtocolError,
  type Scope,
} from '@sallyport/protocol'
import { issuerOf } from '../../settings/issuer.ts'
import { knownResources } from '../../settings/resources.ts'
import type { Client, TeamMembership } from '../../store/contract/index.ts'
import type { SignedIn } from '../browser.ts'
import type { Reply, Request } from '../door.ts'
import { type ClientOrigin, originOf, unknownClient } from './client-origin.ts'
import { acrNamesOf } from './client-rules.ts'
import type { AppsContext } from './context.ts'
import { readByType } from './details.ts'
import { findClient } from './find-client.ts'
import { readMarker } from './marker.ts'
import { parseRequest, readRequestParams, type RequestParams } from './request-source.ts'
import { respondError, responseModesOf } from './respond.ts'

/** A request that may be put to a person: client and redirect address are proven. */
export interface ProvenRequest {
  readonly request: AuthorizationRequest
  readonly client: Client
  /** Where a client comes from that no administrator registered. */
  readonly origin: ClientOrigin | undefined
  /** The only person that it may be answered for: the subject of an ID token of ours, or of `claims`. */
  readonly hintedSubject: string | undefined
  /** When the browser first brought it. */
  readonly seenAt: number
  /** Whether it came as a request object, which may be over by the time that the person has decided. */
  readonly signed: boolean
  /** Hash of the name under which the client pushed it. */
  readonly pushedHash: string | undefined
}

/** What the rules say of a request's parameters. */
export type Judged =
  | Exclude<AuthorizationDecision, { readonly outcome: 'ask' }>
  | ({ readonly outcome: 'ask' } & Omit<ProvenRequest, 'origin' | 'pushedHash' | 'seenAt' | 'signed'>)

/** The subject of an ID token of ours for that client, however old; `undefined` for anything else. @see OpenID Connect Core §3.1.2.1 */
function subjectOf(hint: string, { clientId }: Client, { door, services }: AppsContext): string | undefined {
  const jws = parseCompactJws(hint)
  if (jws?.header['typ'] !== 'JWT' || !services.signing.verify(jws, services.now())) return undefined
  const { iss, aud, sub } = jws.payload
  const ours = iss === issuerOf(door, services.baseUrl) && aud === clientId
  return ours && typeof sub === 'string' ? sub : undefined
}

/** Judges the parameters of a request of that client, wherever they came from. @see RFC 6749 §4.1.2.1, RFC 9126 §2.1 */
export async function judge(
  read: RequestParams,
  client: Client | undefined,
  apps: AppsContext,
): Promise<Judged> {
  const { door } = apps
  const policy = {
    pkce: door.pkce,
    scopes: Object.keys(door.scopes),
    dpop: (door.dpop ?? 'off') !== 'off',
    responseModes: responseModesOf(door),
    pushedRequests: door.pushedRequests ?? 'off',
    requestObjects: door.requestObjects ?? 'off',
    claims: door.claimsParameter ?? false,
    strictRedirects: door.strictRedirects ?? false,
    detailTypes: door.authorizationDetails ?? [],
    acrValues: acrNamesOf(door),
    resources: knownResources(door, apps.services.baseUrl),
  }
  const decision = decideAuthorizationRequest({ ...read, client, policy })
  if (decision.outcome !== 'ask') return decision
  if (!client) throw new ProtocolError('invalid_client', 'unknown client')
  const details = readByType(decision.request.details, apps)
  if (!details) {
    const description = 'authorization_details do not fit their type'
    return { outcome: 'redirect', ...decision.request, error: 'invalid_authorization_details', description }
  }
  const request = { ...decision.request, details }
  const hinted = request.idTokenHint === undefined ? undefined : subjectOf(request.idTokenHint, client, apps)
  const refuse = (description: string): Judged => ({
    outcome: 'redirect',
    ...request,
    error: 'invalid_request',
    description,
  })
  if (request.idTokenHint !== undefined && hinted === undefined)
    return refuse('id_token_hint is not an ID token of this server for this client')
  const wanted = request.claims?.subject
  if (hinted !== undefined && wanted !== undefined && hinted !== wanted)
    return refuse('id_token_hint and claims name two people')
  return { outcome: 'ask', request, client, hintedSubject: hinted ?? wanted }
}

/** Refuses a request at its proven address. A pushed one is answered with that, and can't be used again. @see RFC 9126 §7.3 */
export async function refuseRequest(
  {
    request,
    pushedHash,
  }: Pick<ProvenRequest, 'pushedHash'> & {
    readonly request: Parameters<typeof respondError>[0]
  },
  refusal: Parameters<typeof respondError>[1],
  apps: AppsContext,
): Promise<Reply> {
  const reply = await respondError(request, refusal, apps)
  if (pushedHash !== undefined) await apps.services.store.requests.end(pushedHash)
  return reply
}

/**
 * Reads an authorization request: proven, or the refusal to send. A refusal before client and redirect URI are proven is
 * thrown and becomes a page; it never leads anywhere.
 * @see RFC 6749 §4.1.1, §4.1.2.1
 */
export async function readAuthorization(
  httpRequest: Request,
  apps: AppsContext,
): Promise<ProvenRequest | { readonly reply: Reply }> {
  const { door, services } = apps
  const { search } = httpRequest
  const query = parseRequest(search)
  if ('description' in query) throw new ProtocolError('invalid_request', query.description)
  const seenAt = readMarker(search, apps)?.seenAt ?? services.now()
  const find = async (id: string) => {
    const found = await findClient(id, 'authorize', httpRequest, apps)
    return found?.doorId === door.id ? found : undefined
  }
  const read = await readRequestParams(query, seenAt, { door, services, find })
  const clientId = read.params.get('client_id')
  const client = clientId === undefined ? undefined : await find(clientId)
  const judged = await judge(read, client, apps)
  const { pushedHash, signed } = read
  switch (judged.outcome) {
    case 'page':
      if (clientId !== undefined && !client)
        throw new ProtocolError('invalid_request', unknownClient(clientId), { detail: judged.description })
      throw new ProtocolError(judged.error, judged.description)
    case 'redirect':
      return { reply: await refuseRequest({ request: judged, pushedHash }, judged, apps) }
    case 'ask':
      return {
        ...judged,
        origin: await originOf(judged.client, apps.services),
        pushedHash,
        seenAt,
        signed: signed && pushedHash === undefined,
      }
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
  const most = Object.hasOwn(door.roles, role) ? door.roles[role] : undefined
  return most === undefined ? scope : intersectScope(scope, most)
}
