import { ProtocolError, type Resources } from '@sallyport/protocol'
import type { Family, SignInProof } from '../store/contract/index.ts'
import type { GrantContext } from './context.ts'
import { type Granted, signTokens } from './issue.ts'

/** Signs the first tokens of a family, and creates it. Refuses when the proof of the sign-in no longer holds. */
export async function startFamily(
  {
    resources = [],
    ...start
  }: Pick<Family, 'familyId' | 'kind' | 'accountId' | 'clientId' | 'teamId' | 'scope'> & {
    /** What its first access token is for; left out: all that the issuer speaks for. */
    readonly resources?: Resources
  },
  context: GrantContext,
  proof?: SignInProof,
): Promise<Granted> {
  const { store, door, now, event } = context
  const expiresAt =
    start.kind === 'machine'
      ? now + door.accessLifetime
      : door.refresh.absolute === undefined
        ? undefined
        : now + door.refresh.absolute
  const family = {
    ...start,
    doorId: door.id,
    authenticatedAt: now,
    nonce: undefined,
    resources: [],
    claims: [],
    details: [],
    expiresAt,
  }
  const about = {
    targetId: start.familyId,
    ...(start.accountId !== undefined && { accountId: start.accountId }),
    ...(start.clientId !== undefined && { clientId: start.clientId }),
    ...(start.teamId !== undefined && { teamId: start.teamId }),
  }
  const born = {
    jkt: undefined,
    x5t: undefined,
    gen: 1,
    issuedAt: now,
    previousIssuedAt: undefined,
    createdAt: now,
  }
  const unsigned = { family: { ...family, ...born, endedAt: undefined }, scope: start.scope, resources }
  const granted = await signTokens(unsigned, context)
  if (!(await store.families.create(family, event('token.issued', about), now, proof))) {
    throw new ProtocolError('no_active_account', 'No active account found with the given credentials', {
      detail: 'the password was changed during the sign-in',
    })
  }
  return granted
}
