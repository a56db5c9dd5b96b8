import { type CompactJws, isOriginAllowed, parseScope } from '@sallyport/protocol'
import type { DoorFacts, FamilyFacts } from './facts.ts'
import { hasSignature } from './signature.ts'
import { readStanding } from './standing.ts'
import { refuse, type Verified, type VerifyContext } from './verified.ts'

/** How far ahead another machine's clock may be. Our own expiry has no leeway. */
const aheadSeconds = 60

interface Proven {
  readonly door: DoorFacts
  readonly claims: Readonly<Record<string, unknown>>
  readonly expiresAt: number
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** Proves signature, type, issuer, audience and times; no live fact is read before. @see RFC 9068 §4 */
async function prove(
  token: string,
  jws: CompactJws,
  { source, now }: VerifyContext,
): Promise<Proven | Verified> {
  const { header, payload: claims } = jws
  const door = source.doorOfIssuer(text(claims['iss']) ?? '')
  const kid = text(header['kid'])
  const key = door && kid !== undefined ? await source.signingKey(kid) : undefined
  if (!door || !key || !hasSignature(token, jws, key))
    return refuse('invalid', 'signature, key or issuer is not ours')
  const typ = door.kind === 'widgets' ? 'widget+jwt' : 'at+jwt'
  if (header['typ'] !== typ) return refuse('invalid', `typ is not ${typ}`)
  const audience = claims['aud']
  if (audience !== door.audience && !(Array.isArray(audience) && audience.includes(door.audience)))
    return refuse('invalid', 'made for another audience')
  const { exp, iat, nbf } = claims
  if (typeof exp !== 'number' || typeof iat !== 'number') return refuse('invalid', 'exp or iat is missing')
  if (exp <= now) return refuse('expired', 'expired')
  if (iat > now + aheadSeconds || (typeof nbf === 'number' && nbf > now + aheadSeconds))
    return refuse('invalid', 'not valid yet')
  return { door, claims, expiresAt: exp }
}

function kindOf(family: FamilyFacts) {
  switch (family.kind) {
    case 'login':
      return 'person'
    case 'code':
      return 'app'
    case 'vendor':
    case 'machine':
      return family.kind
  }
}

async function verifyAccess(
  { door, claims, expiresAt }: Proven,
  { source }: VerifyContext,
): Promise<Verified> {
  const familyId = text(claims['fam'])
  const family = familyId === undefined ? undefined : await source.family(familyId)
  if (!family || family.doorId !== door.doorId) return refuse('invalid', 'no such family at this door')
  if (family.endedAt !== undefined) return refuse('revoked', 'family has ended')
  const { accountId, clientId, teamId } = family
  if ((accountId ?? clientId) !== claims['sub']) return refuse('invalid', 'sub differs from the family')
  const client = clientId === undefined ? undefined : await source.client(clientId)
  if (clientId !== undefined && !client) return refuse('revoked', 'client is gone')
  const standing = await readStanding({ accountId, teamId, checkMembership: door.checkMembership }, source)
  if (standing.lost !== undefined) return refuse('revoked', standing.lost)
  const { account, team, membership } = standing
  const scope = text(claims['scope'])
  return {
    outcome: 'principal',
    principal: {
      kind: kindOf(family),
      id: accountId ?? clientId ?? family.familyId,
      door: door.doorId,
      ...(accountId !== undefined && { accountId }),
      ...(clientId !== undefined && { clientId }),
      ...(team && { team: { id: team.teamId, slug: team.slug }, plan: team.plan }),
      ...(membership && { role: membership.role }),
      admin: family.kind === 'login' && account?.admin === true,
      scopes: scope ? (parseScope(scope) ?? []) : [],
      environment: 'live',
      ...(family.kind === 'machine' && client?.resources && { resources: client.resources }),
      expiresAt,
      credentialId: family.familyId,
    },
  }
}

async function verifyWidget(
  { door, claims, expiresAt }: Proven,
  { source, origin }: VerifyContext,
): Promise<Verified> {
  const sessionId = text(claims['sid'])
  const session = sessionId === undefined ? undefined : await source.widgetSession(sessionId)
  if (!session?.active || session.endedAt !== undefined) return refuse('revoked', 'widget session has ended')
  const { origin: bound, allowedOrigins, widgetId, slug, teamId } = session
  if (source.checksOrigins && !isOriginAllowed(bound, allowedOrigins))
    return refuse('revoked', 'origin is no longer listed')
  // A browser says where a request comes from; a token taken to another page is of no use there.
  if (source.checksOrigins && origin.length > 0 && (origin.length > 1 || origin[0] !== bound))
    return refuse('origin', 'token of another origin')
  const standing = await readStanding({ accountId: undefined, teamId, checkMembership: false }, source)
  if (standing.lost !== undefined) return refuse('revoked', standing.lost)
  return {
    outcome: 'principal',
    principal: {
      kind: 'widget',
      id: session.sessionId,
      door: door.doorId,
      ...(standing.team && {
        team: { id: standing.team.teamId, slug: standing.team.slug },
        plan: standing.team.plan,
      }),
      admin: false,
      scopes: [],
      environment: 'live',
      origin: bound,
      widget: { id: widgetId, slug },
      expiresAt,
      credentialId: session.sessionId,
    },
  }
}

/** Verifies an access token or a widget's token: first what is signed, then what is true now. */
export async function verifyJwt(token: string, jws: CompactJws, context: VerifyContext): Promise<Verified> {
  const proven = await prove(token, jws, context)
  if ('outcome' in proven) return proven
  return proven.door.kind === 'widgets' ? verifyWidget(proven, context) : verifyAccess(proven, context)
}
