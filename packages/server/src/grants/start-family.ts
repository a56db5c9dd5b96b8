import { ProtocolError } from '@sallyport/protocol'
import type { Family, SignInProof } from '../store/contract/index.ts'
import type { GrantContext } from './context.ts'

/** Creates a family whose first tokens are about to be issued. Refuses when the proof of the sign-in no longer holds. */
export async function startFamily(
  start: Pick<Family, 'familyId' | 'kind' | 'accountId' | 'clientId' | 'teamId' | 'scope'>,
  { store, door, now, event }: GrantContext,
  proof?: SignInProof,
): Promise<Family> {
  const expiresAt =
    start.kind === 'machine'
      ? now + door.accessLifetime
      : door.refresh.absolute === undefined
        ? undefined
        : now + door.refresh.absolute
  const family = { ...start, doorId: door.id, authenticatedAt: now, nonce: undefined, expiresAt }
  const about = {
    targetId: start.familyId,
    ...(start.accountId !== undefined && { accountId: start.accountId }),
    ...(start.clientId !== undefined && { clientId: start.clientId }),
    ...(start.teamId !== undefined && { teamId: start.teamId }),
  }
  if (!(await store.families.create(family, event('token.issued', about), now, proof))) {
    throw new ProtocolError('no_active_account', 'No active account found with the given credentials', {
      detail: 'the password was changed during the sign-in',
    })
  }
  return {
    ...family,
    jkt: undefined,
    gen: 1,
    issuedAt: now,
    previousIssuedAt: undefined,
    createdAt: now,
    endedAt: undefined,
  }
}
