import type { CompactJws } from '@sallyport/protocol'
import type { DoorFacts, FactSource } from './facts.ts'
import type { Credential } from './recognise.ts'
import { isSignedBy } from './signature.ts'
import { parseTokenClaims, type TokenClaims } from './token-claims.ts'
import { refuse, type Verification, type Verified } from './verified.ts'
import { checkTimes, doorOf, verifyAccessClaims } from './verify-access-claims.ts'
import { verifyWidgetToken } from './verify-widget-token.ts'

type Jwt = Extract<Credential, { type: 'jwt' }>

function doorOfJwt(claims: TokenClaims, { header }: CompactJws, source: FactSource): DoorFacts | undefined {
  const door = doorOf(claims, source)
  if (!door) return undefined
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
  const door = doorOfJwt(claims, jws, source)
  if (!door) return refuse('invalid', 'not a token of a known issuer, audience, door and type')
  if (!(await hasGoodSignature(jwt, verification))) return refuse('invalid', 'signature not valid')
  const untimely = checkTimes(claims, now)
  if (untimely) return untimely
  // A widget's token is bound to a page's origin, never to a key.
  if (door.kind === 'widgets' && jwt.scheme === 'dpop') return refuse('invalid', 'a widget token under DPoP')
  return door.kind === 'widgets'
    ? verifyWidgetToken(jws, { claims, door }, verification)
    : verifyAccessClaims(jws.payload, { presented: jwt, claims, door }, verification)
}
