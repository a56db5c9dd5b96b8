import { ProtocolError, type Resources } from '@sallyport/protocol'
import type { Family, SignInProof } from '../store/contract/index.ts'
import type { GrantContext } from './context.ts'
import { type Granted, signTokens } from './issue.ts'

type Start = Pick<Family, 'familyId' | 'kind' | 'accountId' | 'clientId' | 'teamId' | 'scope' | 'signIn'>

/** A family as it begins, not yet stored. */
export function newFamily(
  start: Start,
  { door, now }: Pick<GrantContext, 'door' | 'now'>,
  authenticatedAt: number,
): Family {
  const expiresAt =
    start.kind === 'machine'
      ? now + door.accessLifetime
      : door.refresh.absolute === undefined
        ? undefined
        : now + door.refresh.absolute
  const family = {
    ...start,
    doorId: door.id,
    authenticatedAt,
    nonce: undefined,
    resources: [],
    claims: [],
    details: [],
    expiresAt,
  }
  const born = {
    jkt: undefined,
    x5t: undefined,
    gen: 1,
    issuedAt: now,
    previousIssuedAt: undefined,
    createdAt: now,
  }
  return { ...family, ...born, endedAt: undefined }
}

/** Signs the first tokens of a family, and creates it. Refuses when the proof of the sign-in no longer holds. */
export async function startFamily(
  {
    resources = [],
    ...start
  }: Start & {
    /** What its first access token is for; left out: all that the issuer speaks for. */
    readonly resources?: Resources
  },
  context: GrantContext,
  proof?: SignInProof,
): Promise<Granted> {
  const { store, now, event } = context
  const family = newFamily(start, context, now)
  const about = {
    targetId: start.familyId,
    ...(start.accountId !== undefined && { accountId: start.accountId }),
    ...(start.clientId !== undefined && { clientId: start.clientId }),
    ...(start.teamId !== undefined && { teamId: start.teamId }),
  }
  const granted = await signTokens({ family, scope: start.scope, resources }, context)
  if (!(await store.families.create(family, event('token.issued', about), now, proof))) {
    throw new ProtocolError('no_active_account', 'No active account found with the given credentials', {
      detail: 'the password was changed during the sign-in',
    })
  }
  return granted
}
