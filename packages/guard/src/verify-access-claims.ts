import { actorChain, type CompactJws, type Principal } from '@sallyport/protocol'
import { checkBinding, type PresentedToken } from './binding.ts'
import type { ClientFacts, DoorFacts, FamilyFacts } from './facts.ts'
import { checkStanding, scopeInRole, type Standing, teamMembers } from './standing.ts'
import { type AccessClaims, parseAccessClaims, type TokenClaims } from './token-claims.ts'
import { type Refused, refuse, type Verification, type Verified } from './verified.ts'

type Payload = CompactJws['payload']

/**
 * How far ahead of us a token may say it was issued: the clocks of two nodes differ, and a fresh token must not be
 * refused for that. `exp` gets no such leeway: it would only lengthen the life of a stolen token, and callers were
 * promised `expires_in` to the second.
 */
const clockSkew = 60

/** A token is for everything that its issuer speaks for, or for named APIs and no other. @see RFC 8707 §2.2, RFC 9068 §3 */
function isForUs({ aud }: TokenClaims, door: DoorFacts, resource: string | undefined): boolean {
  if (aud.includes(door.audience)) return true
  return door.kind === 'apps' && resource !== undefined && aud.includes(resource)
}

/** The door that made a token, when issuer, audience and door agree. @see RFC 9068 §4 */
export function doorOf(
  claims: TokenClaims,
  { source, resource }: Pick<Verification, 'source' | 'resource'>,
): DoorFacts | undefined {
  const door = source.doorOfIssuer(claims.iss)
  if (!door || !isForUs(claims, door, resource)) return undefined
  return claims.door === undefined || claims.door === door.doorId ? door : undefined
}

/** Why a token is not in its time; `undefined` when it is. @see RFC 7519 §4.1.4, §4.1.5, §4.1.6 */
export function checkTimes({ exp, iat, nbf }: TokenClaims, now: number): Refused | undefined {
  if (exp <= now) return refuse('expired', 'expired')
  if (iat > now + clockSkew) return refuse('invalid', 'issued in the future')
  if (nbf !== undefined && nbf > now + clockSkew) return refuse('invalid', 'not valid yet')
  return undefined
}

/** Why a family's token is worth nothing any more or never was its token; `undefined` when all is well. */
function checkFamily(
  family: FamilyFacts | undefined,
  claims: TokenClaims & AccessClaims,
  { doorId }: DoorFacts,
): Refused | undefined {
  if (!family) return refuse('revoked', 'unknown family')
  if (family.doorId !== doorId) return refuse('invalid', `family of door ${family.doorId}`)
  if (family.endedAt !== undefined) return refuse('revoked', 'family ended')
  if ((family.accountId ?? family.clientId) !== claims.sub)
    return refuse('invalid', 'sub is not the subject of the family')
  // A token that was handed on hangs from its subject's family, says so, and is its new holder's.
  if (!claims.act && claims.clientId !== undefined && claims.clientId !== family.clientId)
    return refuse('invalid', 'client_id is not the client of the family')
  if (claims.teamId !== undefined && family.teamId !== undefined && claims.teamId !== family.teamId)
    return refuse('invalid', 'team is not the team of the family')
  return undefined
}

function kindOf({ accountId, clientId }: FamilyFacts, door: DoorFacts): Principal['kind'] {
  if (door.kind === 'vendors') return 'vendor'
  if (accountId === undefined) return 'machine'
  return clientId === undefined ? 'person' : 'app'
}

/** A token as it was presented, with what is known of it. */
export interface KnownAccessToken {
  readonly presented: PresentedToken
  readonly claims: TokenClaims
  readonly door: DoorFacts
}

/** Who acts, where the token was handed on. @see RFC 8693 §4.1 */
function actorOf({ act }: AccessClaims): Pick<Principal, 'actor'> {
  const [now, ...earlier] = actorChain(act).map(({ sub, client_id: clientId }) => ({
    id: sub,
    ...(clientId !== undefined && { clientId }),
  }))
  return now ? { actor: { ...now, ...(earlier.length > 0 && { earlier }) } } : {}
}

/** What both the client of the family and whoever its token was handed on to may use. */
function resourcesOf(clients: readonly (ClientFacts | undefined)[]): Pick<Principal, 'resources'> {
  const [first, ...rest] = clients.flatMap((client) => (client?.resources ? [client.resources] : []))
  return first ? { resources: first.filter((one) => rest.every((list) => list.includes(one))) } : {}
}

/** Who a family speaks for. Plan, role, what the role may do, and team come from live facts, never from the token. */
function principalOf(
  family: FamilyFacts,
  standing: Standing,
  token: {
    readonly claims: TokenClaims & AccessClaims
    readonly door: DoorFacts
    readonly holder: ClientFacts | undefined
  },
): Principal {
  const { claims, door, holder } = token
  const { accountId, familyId } = family
  const clientId = holder?.clientId ?? family.clientId
  const { account, client } = standing
  const kind = kindOf(family, door)
  // For what somebody else vouched for nobody signed in here, whatever its `auth_time`.
  const signedIn = accountId !== undefined && family.kind !== 'machine'
  return {
    kind,
    id: claims.sub,
    door: door.doorId,
    ...(accountId !== undefined && { accountId }),
    ...(clientId !== undefined && { clientId }),
    ...teamMembers(standing),
    // Software that acts for an administrator is no administrator.
    admin: kind === 'person' && account?.admin === true,
    scopes: claims.scope,
    environment: 'live',
    ...resourcesOf([client, holder]),
    ...(claims.details && { authorizationDetails: claims.details }),
    expiresAt: claims.exp,
    ...(signedIn && claims.authentication && { authentication: claims.authentication }),
    ...actorOf(claims),
    credentialId: familyId,
  }
}

/**
 * What an access token that is genuine and timely is worth now: its claims against the family, and everyone it speaks for.
 * The same for both forms of token.
 */
export async function verifyAccessClaims(
  payload: Payload,
  token: KnownAccessToken,
  verification: Verification,
): Promise<Verified> {
  const { source } = verification
  const { door, presented } = token
  const access = parseAccessClaims(payload)
  if (!access) return refuse('invalid', 'claims missing or malformed')
  const claims = { ...token.claims, ...access }
  const unbound = await checkBinding(presented, payload, door, verification)
  if (unbound) return unbound
  const family = await source.family(access.familyId)
  const wrong = checkFamily(family, claims, door)
  if (wrong || !family) return wrong ?? refuse('revoked', 'unknown family')
  const { accountId, clientId } = family
  const standing = await checkStanding(
    {
      accountId,
      clientId,
      teamId: family.teamId ?? access.teamId,
      mustBelong: door.checkMembership,
    },
    source,
  )
  if (standing.outcome === 'refuse') return standing
  const holder =
    access.act && access.clientId !== undefined ? await source.client(access.clientId) : undefined
  if (access.act && !holder) return refuse('revoked', 'nobody that it was handed on to, or no longer')
  const scope = scopeInRole(claims.scope, standing, source.rolesOf(door.doorId))
  return {
    outcome: 'principal',
    principal: principalOf(family, standing, { claims: { ...claims, scope }, door, holder }),
  }
}
