import { narrowScope, type Scope } from '@sallyport/protocol'
import type { SessionTokenFacts } from './facts.ts'
import { secretHash } from './secret-hash.ts'
import { checkStanding, scopeInRole, type Standing, teamMembers } from './standing.ts'
import { type Refused, refuse, type Verification, type Verified } from './verified.ts'
import { checkApiKey } from './verify-api-key.ts'

/** What a token still has from its parent. */
interface Inherited {
  readonly outcome: 'alive'
  readonly standing: Standing
  readonly scope: Scope
}

/** The key may have lost rights since; the token loses them too. */
async function inheritFromKey(
  keyHash: string,
  token: SessionTokenFacts,
  verification: Verification,
): Promise<Inherited | Refused> {
  const parent = await checkApiKey(keyHash, verification)
  if (parent.outcome === 'refuse') return parent
  const { key, standing } = parent
  if (key.doorId !== token.doorId || key.teamId !== token.teamId || key.environment !== token.environment)
    return refuse('invalid', 'not of its parent key')
  return { outcome: 'alive', standing, scope: narrowScope(token.scope, parent.scope) }
}

async function inheritFromFamily(
  familyId: string,
  { doorId, teamId, accountId, scope }: SessionTokenFacts,
  { source }: Verification,
): Promise<Inherited | Refused> {
  const family = await source.family(familyId)
  if (!family) return refuse('revoked', 'unknown parent family')
  if (family.endedAt !== undefined) return refuse('revoked', 'parent family ended')
  if (family.accountId !== accountId) return refuse('invalid', 'not of its parent family')
  const { clientId } = family
  const standing = await checkStanding({ accountId, clientId, teamId, mustBelong: true }, source)
  if (standing.outcome === 'refuse') return standing
  return { outcome: 'alive', standing, scope: scopeInRole(scope, standing, source.rolesOf(doorId)) }
}

function inherit(
  token: SessionTokenFacts,
  verification: Verification,
): Promise<Inherited | Refused> | Refused {
  const { keyHash, familyId } = token
  if (keyHash !== undefined) return inheritFromKey(keyHash, token, verification)
  if (familyId !== undefined) return inheritFromFamily(familyId, token, verification)
  return refuse('invalid', 'session token without a parent')
}

/** Verifies a session token: its own ends, absolute and idle, and then its parent, with which it dies. */
export async function verifySessionToken(secret: string, verification: Verification): Promise<Verified> {
  const { source, now } = verification
  const hash = secretHash(secret)
  const token = await source.sessionToken(hash, now)
  if (!token) return refuse('invalid', 'unknown session token')
  const { tokenId, doorId, accountId, environment, expiresAt } = token
  if (token.endedAt !== undefined) return refuse('revoked', 'session token ended')
  if (expiresAt <= now) return refuse('expired', 'session token expired')
  if (token.lastUsedAt + token.idle <= now) return refuse('expired', 'session token unused for too long')
  const inherited = await inherit(token, verification)
  if (inherited.outcome === 'refuse') return inherited
  const { standing, scope } = inherited
  return {
    outcome: 'principal',
    principal: {
      kind: 'session-token',
      id: tokenId,
      door: doorId,
      ...(accountId !== undefined && { accountId }),
      ...teamMembers(standing),
      admin: false,
      scopes: scope,
      environment,
      expiresAt,
      credentialId: tokenId,
    },
    use: { kind: 'session-token', id: tokenId, hash },
  }
}
