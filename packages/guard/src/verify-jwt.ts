import type { CompactJws, Principal } from '@sallyport/protocol'
import type { DoorFacts, FactSource, FamilyFacts } from './facts.ts'
import type { Credential } from './recognise.ts'
import { isSignedBy } from './signature.ts'
import { checkStanding, type Standing, teamMembers } from './standing.ts'
import { type AccessClaims, parseAccessClaims, parseTokenClaims, type TokenClaims } from './token-claims.ts'
import { type Refused, refuse, type Verification, type Verified } from './verified.ts'
import { verifyWidgetToken } from './verify-widget-token.ts'

type Jwt = Extract<Credential, { type: 'jwt' }>

/**
 * How far ahead of us a token may say it was issued: the clocks of two nodes differ, and a fresh token must not be
 * refused for that. `exp` gets no such leeway: it would only lengthen the life of a stolen token, and callers were
 * promised `expires_in` to the second.
 */
const clockSkew = 60

function doorOf(claims: TokenClaims, { header }: CompactJws, source: FactSource): DoorFacts | undefined {
  const door = source.doorOfIssuer(claims.iss)
  if (!door || !claims.aud.includes(door.audience)) return undefined
  if (claims.door !== undefined && claims.door !== door.doorId) return undefined
  // RFC 8725 §3.11: one type for one purpose. An ID token (`JWT`) or a refresh token never passes for an access token.
  const type = door.kind === 'widgets' ? 'widget+jwt' : 'at+jwt'
  return header['typ'] === type ? door : undefined
}

async function hasGoodSignature({ secret, jws }: Jwt, verification: Verification): Promise<boolean> {
  const { source, signatures } = verification
  const { kid } = jws.header
  if (typeof kid !== 'string' || kid === '' || kid.length > 200) return false
  // Asked for even when the token is known: a withdrawn key takes its tokens with it.
  const key = await source.signingKey(kid)
  if (!key) return false
  if (jws.header['alg'] === key.alg && signatures.has(secret, key.key)) return true
  if (!isSignedBy(jws, key)) return false
  signatures.add(secret, key.key)
  return true
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
  if (claims.clientId !== undefined && claims.clientId !== family.clientId)
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

/** Who a family speaks for. Plan, role and team come from live facts, never from the token. */
function principalOf(
  family: FamilyFacts,
  standing: Standing,
  token: { readonly claims: TokenClaims & AccessClaims; readonly door: DoorFacts },
): Principal {
  const { claims, door } = token
  const { accountId, clientId, familyId } = family
  const { account, client } = standing
  const kind = kindOf(family, door)
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
    ...(client?.resources && { resources: client.resources }),
    expiresAt: claims.exp,
    credentialId: familyId,
  }
}

async function verifyAccessToken(
  { payload }: CompactJws,
  token: { readonly claims: TokenClaims; readonly door: DoorFacts },
  { source }: Verification,
): Promise<Verified> {
  const { door } = token
  const access = parseAccessClaims(payload)
  if (!access) return refuse('invalid', 'claims missing or malformed')
  const claims = { ...token.claims, ...access }
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
  return { outcome: 'principal', principal: principalOf(family, standing, { claims, door }) }
}

/**
 * Verifies a JWT of ours: an access token, or a widget's.
 *
 * The order is a security property: nothing that a forged token names is looked up, other than its key.
 *
 * @see RFC 9068 §4, RFC 7519 §7.2, RFC 8725 §3
 */
export async function verifyJwt(jwt: Jwt, verification: Verification): Promise<Verified> {
  const { source, now } = verification
  const { jws } = jwt
  const claims = parseTokenClaims(jws.payload)
  if (!claims) return refuse('invalid', 'claims missing or malformed')
  const door = doorOf(claims, jws, source)
  if (!door) return refuse('invalid', 'not a token of a known issuer, audience, door and type')
  if (!(await hasGoodSignature(jwt, verification))) return refuse('invalid', 'signature not valid')
  if (claims.exp <= now) return refuse('expired', 'expired')
  if (claims.iat > now + clockSkew) return refuse('invalid', 'issued in the future')
  if (claims.nbf !== undefined && claims.nbf > now + clockSkew) return refuse('invalid', 'not valid yet')
  return door.kind === 'widgets'
    ? verifyWidgetToken(jws, { claims, door }, verification)
    : verifyAccessToken(jws, { claims, door }, verification)
}
