import { isIpAllowed, parseIpList, type Scope } from '@sallyport/protocol'
import type { ApiKeyFacts } from './facts.ts'
import { secretHash } from './secret-hash.ts'
import { checkStanding, scopeInRole, type Standing, teamMembers } from './standing.ts'
import { type Refused, refuse, type Verification, type Verified } from './verified.ts'

/** A key that is valid now, with the standing of its owner. */
export interface ValidKey {
  readonly outcome: 'valid'
  readonly key: ApiKeyFacts
  /** What of the key's scope its owner's role still has. */
  readonly scope: Scope
  readonly standing: Standing
}

/** An entry that can't be read makes the list match nothing: a limit that is not understood must not vanish. */
function mayCallFrom(ip: string, entries: readonly string[]): boolean {
  if (entries.length === 0) return true
  const parsed = parseIpList(entries)
  return parsed.outcome === 'ok' && isIpAllowed(ip, parsed.list)
}

/** Whether the key of that hash may be used now and from where the request comes; also asked for the parents of session tokens. */
export async function checkApiKey(
  hash: string,
  { request, source, now }: Verification,
): Promise<ValidKey | Refused> {
  const key = await source.apiKey(hash)
  if (!key) return refuse('invalid', 'unknown key')
  if (key.revokedAt !== undefined) return refuse('revoked', 'key revoked')
  if (!key.active) return refuse('revoked', 'key switched off')
  if (key.expiresAt !== undefined && key.expiresAt <= now) return refuse('expired', 'key expired')
  const { accountId, teamId } = key
  const standing = await checkStanding({ accountId, teamId, mustBelong: true }, source)
  if (standing.outcome === 'refuse') return standing
  // Last, so that only the holder of a working key learns that there is a list.
  if (!mayCallFrom(request.ip, key.ipList)) return refuse('ip', `key not allowed from ${request.ip}`)
  return {
    outcome: 'valid',
    key,
    standing,
    scope: scopeInRole(key.scope, standing, source.rolesOf(key.doorId)),
  }
}

/** Verifies an API key. The hot path: one hash and look-ups of live facts; nothing is written. */
export async function verifyApiKey(secret: string, verification: Verification): Promise<Verified> {
  const hash = secretHash(secret)
  const found = await checkApiKey(hash, verification)
  if (found.outcome === 'refuse') return found
  const { key, standing, scope } = found
  const { keyId, doorId, accountId, environment, expiresAt } = key
  return {
    outcome: 'principal',
    principal: {
      kind: 'api-key',
      id: keyId,
      door: doorId,
      accountId,
      ...teamMembers(standing),
      // A key does what its scopes say and no more, whoever made it.
      admin: false,
      scopes: scope,
      environment,
      ...(expiresAt !== undefined && { expiresAt }),
      credentialId: keyId,
    },
    use: { kind: 'api-key', id: keyId, hash },
  }
}
