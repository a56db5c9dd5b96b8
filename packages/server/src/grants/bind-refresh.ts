import type { Client, Family } from '../store/contract/index.ts'
import type { GrantContext } from './context.ts'

/**
 * Binds the refresh tokens of a public client to the key that it proved and to its certificate, where its tokens are bound to one:
 * anybody can be a public client, so that is all that keeps a stolen one from being used. A confidential client's are bound to its
 * own proof, and it may change keys. `false` when they are bound to something else.
 * @see RFC 9449 §5, RFC 8705 §4
 */
export async function bindRefresh(
  client: Pick<Client, 'type'>,
  { familyId, jkt: knownKey, x5t: knownCertificate }: Family,
  { store: { families }, jkt, x5t, bindsCertificate = false }: GrantContext,
): Promise<boolean> {
  if (client.type === 'confidential') return true
  if (jkt !== undefined && jkt !== knownKey && !(await families.bindKey(familyId, jkt))) return false
  if (!bindsCertificate || x5t === undefined || x5t === knownCertificate) return true
  return families.bindCertificate(familyId, x5t)
}
