import type { Client, Family } from '../store/contract/index.ts'
import type { GrantContext } from './context.ts'

/**
 * Binds the refresh tokens of a public client to the key that it proved: anybody can be a public client, so the key is all that
 * keeps a stolen one from being used. A confidential client's are bound to its secret, and it may change keys.
 * `false` when they are bound to another key.
 * @see RFC 9449 §5
 */
export async function bindRefresh(
  client: Pick<Client, 'type'>,
  { familyId, jkt: known }: Family,
  { store, jkt }: Pick<GrantContext, 'store' | 'jkt'>,
): Promise<boolean> {
  if (client.type === 'confidential' || jkt === undefined || jkt === known) return true
  return store.families.bindKey(familyId, jkt)
}
