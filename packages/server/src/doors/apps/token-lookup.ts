import { parseCompactJws } from '@sallyport/protocol'
import { parseOpaqueToken } from '../../crypto/opaque-token.ts'
import { parseRefreshToken } from '../../crypto/refresh-token.ts'
import type { Family } from '../../store/contract/index.ts'
import type { AppsContext } from './context.ts'

/** A token that this door made, with its family; whether it is still worth anything is not said. */
export interface KnownToken {
  readonly type: 'access' | 'refresh'
  readonly family: Family
  readonly claims: Readonly<Record<string, unknown>>
  readonly gen: number | undefined
}

/** Finds the family of an access or refresh token of this door. @see RFC 7662 §2.1, RFC 7009 §2.1 */
export async function findToken(
  token: string,
  { door, services }: AppsContext,
): Promise<KnownToken | undefined> {
  const { store, sealer } = services
  const refresh = parseRefreshToken(token, sealer)
  const claims = refresh ? {} : ((await verifiedClaims(token, services)) ?? {})
  const familyId = refresh?.familyId ?? claims['fam']
  const family = typeof familyId === 'string' ? await store.families.find(familyId) : undefined
  if (!family || family.doorId !== door.id) return undefined
  return { type: refresh ? 'refresh' : 'access', family, claims, gen: refresh?.gen }
}

async function verifiedClaims(
  token: string,
  { signing, sealer, now }: AppsContext['services'],
): Promise<Readonly<Record<string, unknown>> | undefined> {
  // Both forms, whichever the door makes now: the setting may have changed since.
  const opaque = parseOpaqueToken(token, sealer)
  if (opaque) return opaque
  const jws = parseCompactJws(token)
  if (jws?.header['typ'] !== 'at+jwt') return undefined
  return signing.verify(jws, now()) ? jws.payload : undefined
}
