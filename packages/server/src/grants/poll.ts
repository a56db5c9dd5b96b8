import { decidePoll, ProtocolError, slowDownBy } from '@sallyport/protocol'
import { secretHash } from '../crypto/secret.ts'
import type { GrantContext } from './context.ts'
import type { TokenRequest } from './grant.ts'
import { bindRefresh } from './bind-refresh.ts'
import { type Granted, signTokens } from './issue.ts'
import { grantedDetails, requestedDetails } from './requested-details.ts'
import { grantedResources } from './requested-resources.ts'
import { lostStanding } from './standing.ts'

/** What a grant polls with: the name of its parameter, and what a refusal calls it. */
export interface Polled {
  readonly param: string
  readonly words: string
}

/**
 * One poll for a decision that a person makes on another device. Of all polls at once that find it approved exactly one gets
 * the tokens.
 * @see RFC 8628 §3.4, §3.5, OpenID CIBA Core §10.1, §11
 */
export async function poll(
  { param, words }: Polled,
  { client, params, resources: asked }: TokenRequest,
  context: GrantContext,
): Promise<Granted> {
  const { store, door, now, event } = context
  const { clientId } = client
  const presented = params.get(param)
  if (presented === undefined) throw new ProtocolError('invalid_request', `${param} is missing`)
  const invalid = (detail: string) => new ProtocolError('invalid_grant', `${words} is not valid`, { detail })

  const hash = secretHash(presented)
  const found = await store.deferred.poll({ hash, doorId: door.id, clientId }, slowDownBy, now)
  const decision = decidePoll(found && { ...found, endedAt: found.family?.endedAt }, now)
  switch (decision.outcome) {
    case 'refuse':
      throw invalid(decision.detail)
    case 'wait':
      throw new ProtocolError('authorization_pending', 'the person has not decided yet')
    case 'slow-down':
      throw new ProtocolError('slow_down', 'wait five seconds longer between polls', {
        detail: `interval is ${found?.interval} s now`,
      })
    case 'denied':
      throw new ProtocolError('access_denied', 'the person declined')
    case 'expired':
      throw new ProtocolError('expired_token', `${words} has expired`)
    case 'redeem': {
      if (!found?.family) throw new Error('an approved request has no family')
      const lost = await lostStanding(found.family, store, now)
      if (lost !== undefined) throw invalid(lost)
      const { scope } = found.family
      const resources = grantedResources(found.family.resources, asked)
      const details = grantedDetails(found.family.details, requestedDetails(params))
      const signed = await signTokens({ family: found.family, scope, resources, details }, context)
      const { familyId, accountId } = found.family
      const about = { targetId: familyId, clientId, ...(accountId !== undefined && { accountId }) }
      const family = await store.deferred.redeem(hash, event('token.issued', about), now)
      if (!family) throw invalid('redeemed before, or withdrawn')
      if (!(await bindRefresh(client, family, context))) throw invalid('bound to another key')
      return { ...signed, family }
    }
  }
}
