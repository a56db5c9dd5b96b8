import type { Credential } from './recognise.ts'
import { parseTokenClaims } from './token-claims.ts'
import { refuse, type Verification, type Verified } from './verified.ts'
import { checkTimes, doorOf, verifyAccessClaims } from './verify-access-claims.ts'

type Opaque = Extract<Credential, { type: 'opaque-token' }>

/**
 * Verifies an opaque access token: only the server can open it, and what is in it is judged as a JWT's claims are. One that the
 * server did not make names nothing, so nothing else is looked up for it.
 */
export async function verifyOpaqueToken(presented: Opaque, verification: Verification): Promise<Verified> {
  const { source, now } = verification
  const payload = await source.opaqueToken(presented.secret)
  if (!payload) return refuse('invalid', 'not an opaque token of the server')
  const claims = parseTokenClaims(payload)
  if (!claims) return refuse('invalid', 'claims missing or malformed')
  const door = doorOf(claims, verification)
  if (!door || door.kind === 'widgets')
    return refuse('invalid', 'not a token of a known issuer, audience and door')
  return checkTimes(claims, now) ?? verifyAccessClaims(payload, { presented, claims, door }, verification)
}
