import { parseRefreshToken } from '../../crypto/refresh-token.ts'
import type { Family } from '../../store/contract/index.ts'
import { openAccessToken } from '../open-token.ts'
import type { AppsContext } from './context.ts'

/** A token that this door made, with its family; whether it is still worth anything is not said. */
export interface KnownToken {
  readonly type: 'access' | 'refresh'
  readonly family: Family
  /** Whose it is: the family's client, or the one that it was handed on to. */
  readonly clientId: string | undefined
  readonly handedOn: boolean
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
  const claims = refresh ? {} : (openAccessToken(token, services) ?? {})
  const familyId = refresh?.familyId ?? claims['fam']
  const family = typeof familyId === 'string' ? await store.families.find(familyId) : undefined
  if (!family || family.doorId !== door.id) return undefined
  const handedOn = claims['act'] !== undefined
  const clientId = handedOn && typeof claims['client_id'] === 'string' ? claims['client_id'] : family.clientId
  return { type: refresh ? 'refresh' : 'access', family, clientId, handedOn, claims, gen: refresh?.gen }
}
