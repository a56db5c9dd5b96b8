import { createHash } from 'node:crypto'
import { isIpAllowed, parseIpList } from '@sallyport/protocol'
import type { ApiKeyFacts } from './facts.ts'
import { readStanding } from './standing.ts'
import { refuse, type Verified, type VerifyContext } from './verified.ts'

/** The form in which a key or session token is looked up: SHA-256 in base64url. */
export function credentialHash(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

/** Why a key no longer counts; `undefined` when it does. */
function lostKey({ revokedAt, active, expiresAt }: ApiKeyFacts, now: number): string | undefined {
  if (revokedAt !== undefined) return 'key is revoked'
  if (!active) return 'key is switched off'
  return expiresAt !== undefined && expiresAt <= now ? 'key has expired' : undefined
}

function isFrom(ip: string, ipList: readonly string[]): boolean {
  if (ipList.length === 0) return true
  const list = parseIpList(ipList)
  return list.outcome === 'ok' && isIpAllowed(ip, list.list)
}

/** Verifies an API key. Looked up by hash, so the time it takes says nothing about how close a guess was. */
export async function verifyApiKey(secret: string, { source, now, ip }: VerifyContext): Promise<Verified> {
  const hash = credentialHash(secret)
  const key = await source.apiKey(hash)
  if (!key) return refuse('invalid', 'unknown key')
  const lost = lostKey(key, now)
  if (lost !== undefined) return refuse('revoked', lost)
  const { keyId, accountId, teamId } = key
  const standing = await readStanding({ accountId, teamId, checkMembership: true }, source)
  if (standing.lost !== undefined) return refuse('revoked', standing.lost)
  if (!isFrom(ip, key.ipList)) return refuse('ip', `key may not be used from ${ip}`)
  source.used({ kind: 'api-key', id: keyId, hash }, now)
  const { team, membership } = standing
  return {
    outcome: 'principal',
    principal: {
      kind: 'api-key',
      id: keyId,
      door: key.doorId,
      accountId,
      ...(team && { team: { id: team.teamId, slug: team.slug }, plan: team.plan }),
      ...(membership && { role: membership.role }),
      admin: false,
      scopes: key.scope,
      environment: key.environment,
      ...(key.expiresAt !== undefined && { expiresAt: key.expiresAt }),
      credentialId: keyId,
    },
  }
}

/** Why a session token's parent no longer counts; it dies with it. */
async function lostParent(
  keyHash: string | undefined,
  familyId: string | undefined,
  { source, now, ip }: VerifyContext,
): Promise<string | undefined> {
  if (keyHash !== undefined) {
    const key = await source.apiKey(keyHash)
    if (!key) return 'parent key is gone'
    return lostKey(key, now) ?? (isFrom(ip, key.ipList) ? undefined : 'parent key may not be used from here')
  }
  const family = familyId === undefined ? undefined : await source.family(familyId)
  if (!family) return 'no parent'
  return family.endedAt === undefined ? undefined : 'parent sign-in has ended'
}

/** Verifies a session token: alive itself, in use, and with a parent that is alive. */
export async function verifySessionToken(secret: string, context: VerifyContext): Promise<Verified> {
  const { source, now } = context
  const hash = credentialHash(secret)
  const token = await source.sessionToken(hash)
  if (!token) return refuse('invalid', 'unknown session token')
  if (token.endedAt !== undefined) return refuse('revoked', 'session token has ended')
  if (token.expiresAt <= now || token.lastUsedAt + token.idle <= now)
    return refuse('expired', 'session token is too old or was idle')
  const { tokenId, keyHash, familyId, accountId, teamId } = token
  const lost = await lostParent(keyHash, familyId, context)
  if (lost !== undefined) return refuse('revoked', lost)
  const standing = await readStanding({ accountId, teamId, checkMembership: true }, source)
  if (standing.lost !== undefined) return refuse('revoked', standing.lost)
  source.used({ kind: 'session-token', id: tokenId, hash }, now)
  const { team, membership } = standing
  return {
    outcome: 'principal',
    principal: {
      kind: 'session-token',
      id: tokenId,
      door: token.doorId,
      ...(accountId !== undefined && { accountId }),
      ...(team && { team: { id: team.teamId, slug: team.slug }, plan: team.plan }),
      ...(membership && { role: membership.role }),
      admin: false,
      scopes: token.scope,
      environment: token.environment,
      expiresAt: token.expiresAt,
      credentialId: tokenId,
    },
  }
}
