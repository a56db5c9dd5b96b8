import {
  actorChain,
  intersectScope,
  narrowScope,
  parseActor,
  prefersType,
  ProtocolError,
} from '@sallyport/protocol'
import type { GrantContext } from '../../grants/context.ts'
import { acrOf, isSignedIn, refreshExpiresAt } from '../../grants/issue.ts'
import { lostStanding } from '../../grants/standing.ts'
import { actorFor, isPairwise, mostPrivate, subjectFor } from '../../grants/subject.ts'
import type { Client } from '../../store/contract/index.ts'
import type { Endpoint, Reply } from '../door.ts'
import { readClientRequest } from './client.ts'
import { type AppsContext, noStore, pathOf } from './context.ts'
import { findToken, type KnownToken } from './token-lookup.ts'

const inactive = { active: false }

const isBoundToKey = (cnf: unknown) => typeof cnf === 'object' && cnf !== null && 'jkt' in cnf

/** What of a scope is left for the role that its person has in the team now, as guards see it. */
async function scopeNow(
  scope: unknown,
  { accountId, teamId }: KnownToken['family'],
  { door, services }: AppsContext,
): Promise<unknown> {
  if (typeof scope !== 'string' || accountId === undefined || teamId === undefined) return scope
  const role = (await services.store.teams.membership(accountId, teamId))?.role
  const most = role !== undefined && Object.hasOwn(door.roles, role) ? door.roles[role] : undefined
  return most === undefined ? scope : narrowScope(scope.split(' '), most).join(' ')
}

/** Whom a token is for and who acts, as the client that asks may know them. @see OpenID Connect Core §8 */
async function peopleOf({ family, claims }: KnownToken, asking: Client, { door, services }: AppsContext) {
  const parsed = parseActor(claims['act'])
  const act = parsed === 'malformed' ? undefined : parsed
  const context = { door, ...services, now: services.now() }
  const held = [family.clientId, ...actorChain(act).map((one) => one.client_id)]
  const client = await mostPrivate(asking, held, context)
  const { accountId } = family
  return {
    pairwise: isPairwise(client, context),
    sub: accountId === undefined ? family.clientId : subjectFor(client, accountId, context),
    act: act && actorFor(client, act, context),
  }
}

async function describe(
  token: KnownToken,
  asking: Client,
  apps: AppsContext,
): Promise<Readonly<Record<string, unknown>>> {
  const { door, services } = apps
  const { family, claims } = token
  const now = services.now()
  const issuedAt = token.type === 'access' ? claims['iat'] : family.issuedAt
  const expiresAt = token.type === 'access' ? claims['exp'] : refreshExpiresAt(family, door.refresh)
  if (typeof expiresAt !== 'number' || expiresAt <= now || family.endedAt !== undefined) return inactive
  if (token.type === 'refresh' && token.gen !== family.gen) return inactive
  if (await lostStanding(family, services.store, now)) return inactive
  const team = family.teamId === undefined ? undefined : await services.store.teams.find(family.teamId)
  const whole = family.details.length > 0 ? family.details : undefined
  const { pairwise, sub, act } = await peopleOf(token, asking, apps)
  const details = token.type === 'access' ? claims['authorization_details'] : whole
  // A refresh gives no more than the client may have now; one that would give nothing is refused.
  const refreshed = intersectScope(family.scope, asking.scope)
  if (token.type === 'refresh' && refreshed.length === 0 && family.scope.length > 0) return inactive
  const granted = token.type === 'access' ? claims['scope'] : refreshed.join(' ')
  return {
    active: true,
    scope: await scopeNow(granted, family, apps),
    client_id: token.clientId,
    sub,
    exp: expiresAt,
    iat: issuedAt,
    ...(door.acrValues &&
      isSignedIn(family) && { auth_time: family.authenticatedAt, acr: acrOf(family, door) }),
    ...(token.type === 'access' && {
      token_type: isBoundToKey(claims['cnf']) ? 'DPoP' : 'Bearer',
      ...(claims['cnf'] !== undefined && { cnf: claims['cnf'] }),
      iss: claims['iss'],
      aud: claims['aud'],
      jti: claims['jti'],
      ...(act && { act }),
    }),
    ...(details !== undefined && { authorization_details: details }),
    ...(team && !(pairwise && team.personal) && { team: team.slug }),
  }
}

const signedType = 'application/token-introspection+jwt'

/**
 * The answer as a JWT for the client that asked. Its type, its audience and that it has neither `sub` nor `exp` of its own keep it
 * from being taken for any other token.
 * @see RFC 9701 §5, §8.1
 */
async function signed(
  body: object,
  { clientId, choices }: Client,
  { door, now, sign }: GrantContext,
): Promise<Reply> {
  const claims = { iss: door.issuer, aud: clientId, iat: now, token_introspection: body }
  return {
    status: 200,
    headers: { ...noStore, 'content-type': signedType },
    body: await sign('token-introspection+jwt', claims, choices?.introspectionAlg),
  }
}

/** Tells a client about its own tokens; anybody else's are as good as unknown. @see RFC 7662 §2.2, §4, RFC 9449 §6.2, RFC 9396 §9.2, RFC 9701 */
export function introspectEndpoint(apps: AppsContext): Endpoint {
  return {
    path: pathOf(apps, 'introspect'),
    methods: {
      async POST(request) {
        const { client, params, context } = await readClientRequest(request, apps)
        // A public client proves nothing, so it could scan for tokens.
        if (client.type === 'public')
          throw new ProtocolError('invalid_client', 'client authentication failed', {
            detail: 'public client',
          })
        const presented = params.get('token')
        if (presented === undefined) throw new ProtocolError('invalid_request', 'token is missing')
        const token = await findToken(presented, apps)
        const body = token?.clientId === client.clientId ? await describe(token, client, apps) : inactive
        return apps.door.signedIntrospection &&
          prefersType(request.header('accept'), signedType, 'application/json')
          ? signed(body, client, context)
          : { status: 200, headers: noStore, body }
      },
    },
  }
}
