import { decideRefresh, intersectScope, ProtocolError, type Resources, type Scope } from '@sallyport/protocol'
import { parseRefreshToken } from '../crypto/refresh-token.ts'
import type { Family } from '../store/contract/index.ts'
import type { GrantContext } from './context.ts'
import { type Granted, signTokens } from './issue.ts'
import { grantedDetails, type RequestedDetails } from './requested-details.ts'
import { grantedResources } from './requested-resources.ts'
import { lostStanding } from './standing.ts'

/** A refresh request whose client, where the door has one, is already authenticated. */
export interface RefreshRequest {
  readonly presented: string
  /** `undefined` where the door asks for no client: the family's own is taken. */
  readonly clientId: string | undefined
  readonly scope: Scope | undefined
  /** The most that the client may have now, which may be less than when the person allowed it; left out: all that was granted. */
  readonly most?: Scope
  /** What the access token is to be for; left out: all that was granted. */
  readonly resources?: Resources
  /** What it is to be used for, in detail; left out: all that was granted. */
  readonly details?: RequestedDetails
}

function refuse(detail: string): ProtocolError {
  return new ProtocolError('invalid_grant', 'refresh token is not valid', { detail })
}

/** What is left of a scope for a client that may have less now. @see RFC 6749 §6, §3.3 */
function within(granted: Scope, { most }: RefreshRequest): Scope {
  const scope = most ? intersectScope(granted, most) : granted
  if (scope.length > 0 || granted.length === 0) return scope
  throw new ProtocolError('invalid_scope', 'scope exceeds what the client may have', {
    detail: 'the client may have none of it any more',
  })
}

/** Acts on one decision; `undefined` means another request moved the family first and the decision must be made again. */
async function act(
  family: Family,
  request: RefreshRequest & { readonly gen: number },
  context: GrantContext,
): Promise<Granted | Family> {
  const { store, door, now, event, jkt, x5t } = context
  const { familyId } = family
  const clientId = request.clientId ?? family.clientId
  const presented = { familyId, gen: request.gen, doorId: door.id, clientId, jkt, x5t, scope: request.scope }
  const decision = decideRefresh(family, presented, door.refresh, now)
  const about = {
    targetId: familyId,
    ...(family.accountId !== undefined && { accountId: family.accountId }),
    ...(family.clientId !== undefined && { clientId: family.clientId }),
  }
  const unsigned = (granted: Scope) => ({
    family,
    scope: within(granted, request),
    resources: grantedResources(family.resources, request.resources ?? []),
    details: grantedDetails(family.details, request.details),
  })
  switch (decision.outcome) {
    case 'refuse':
      throw refuse(decision.detail)
    case 'refuse-scope':
      throw new ProtocolError('invalid_scope', 'scope exceeds what was granted', { detail: decision.detail })
    case 'end-family':
      await store.families.end(familyId, event('token.reuse', { ...about, detail: decision.detail }), now)
      throw refuse(decision.detail)
    case 'repeat':
    case 'keep':
      return signTokens(unsigned(decision.scope), context)
    case 'advance': {
      const signed = await signTokens(unsigned(decision.scope), context)
      const moved = await store.families.advance(familyId, family.gen, event('token.refreshed', about), now)
      if (!moved) throw refuse('family is gone')
      return moved.won ? { ...signed, family: moved.family } : moved.family
    }
  }
}

/**
 * Refreshes a token family. Requests that arrive together with one token all get the same successor: the first moves
 * the generation, the others find it moved and, decided again, repeat its answer.
 * @see RFC 6749 §6, RFC 9700 §4.14.2
 */
export async function refresh(request: RefreshRequest, context: GrantContext): Promise<Granted> {
  const presented = parseRefreshToken(request.presented, context.sealer)
  if (!presented) throw refuse('not a refresh token of ours')
  const family = await context.store.families.find(presented.familyId)
  if (!family) throw refuse('unknown family')
  const lost =
    family.endedAt === undefined ? await lostStanding(family, context.store, context.now) : undefined
  if (lost !== undefined) throw refuse(lost)

  const ask = { ...request, gen: presented.gen }
  const first = await act(family, ask, context)
  if ('scope' in first && 'family' in first) return first
  const second = await act(first, ask, context)
  if ('family' in second) return second
  // Two moves between two reads need two rotations of this very token's successor: then it is too old anyway.
  throw refuse('family moved twice')
}
