import type { Principal } from '@sallyport/protocol'
import { isPairwise } from '../../grants/subject.ts'
import { subjectTypesOf } from '../apps/client-rules.ts'
import type { Services } from '../services.ts'

/**
 * Whether somebody who holds the credential of a principal, or held it before, may not know whose account it is for. What is told to
 * whoever brings the credential is told to them. @see OpenID Connect Core §8, §17.3
 */
export async function hidesAccount(
  { door: doorId, accountId, clientId, credentialId, actor }: Principal,
  { doors, store, now }: Pick<Services, 'doors' | 'store' | 'now'>,
): Promise<boolean> {
  const door = doors.find((one) => one.id === doorId)
  if (door?.kind !== 'apps' || accountId === undefined) return false
  // Where nobody can be pairwise nothing is read.
  if (!subjectTypesOf(door).includes('pairwise')) return false
  const family = await store.families.find(credentialId)
  const earlier = (actor?.earlier ?? []).map((one) => one.clientId)
  const ids = new Set([clientId, family?.clientId, actor?.clientId, ...earlier])
  for (const id of ids) {
    const client = id === undefined ? undefined : await store.clients.find(id, now())
    if (client && isPairwise(client, { door })) return true
  }
  return false
}
