import { type Scope, scopeWithin } from './scope.ts'

/** The row that everything issued from one consent or login hangs from. */
export interface RefreshFamily {
  readonly familyId: string
  readonly doorId: string
  readonly clientId: string | undefined
  /** Thumbprint of the key that its refresh tokens are bound to. @see RFC 9449 §5 */
  readonly jkt: string | undefined
  /** Thumbprint of the certificate that they are bound to. @see RFC 8705 §4 */
  readonly x5t?: string | undefined
  /** The newest generation. */
  readonly gen: number
  /** When generation `gen` was first answered. */
  readonly issuedAt: number
  /** When generation `gen - 1` was first answered. */
  readonly previousIssuedAt: number | undefined
  /** The absolute end, whatever is refreshed. */
  readonly expiresAt: number | undefined
  readonly endedAt: number | undefined
  readonly scope: Scope
}

/** A refresh token as it was presented; its MAC is already verified. */
export interface PresentedRefresh {
  readonly familyId: string
  readonly gen: number
  readonly doorId: string
  /** The authenticated client. A door whose refresh has no client authentication passes the family's own. */
  readonly clientId: string | undefined
  /** Thumbprint of the key that a proof came with. */
  readonly jkt: string | undefined
  /** Thumbprint of the certificate that it came with. */
  readonly x5t?: string | undefined
  readonly scope: Scope | undefined
}

/** How a door or client rotates. */
export interface RefreshPolicy {
  readonly rotation: 'strict' | 'lazy' | 'none'
  /** Strict only: seconds in which the predecessor is answered again; 0 means never. */
  readonly grace: number
  /** Seconds a generation may lie unused. */
  readonly idle: number
}

/** What to do with a presented refresh token. */
export type RefreshDecision =
  | { readonly outcome: 'advance'; readonly scope: Scope }
  | { readonly outcome: 'repeat'; readonly scope: Scope }
  | { readonly outcome: 'keep'; readonly scope: Scope }
  | { readonly outcome: 'refuse'; readonly detail: string }
  | { readonly outcome: 'refuse-scope'; readonly detail: string }
  | { readonly outcome: 'end-family'; readonly detail: string }

function refuse(detail: string): RefreshDecision {
  return { outcome: 'refuse', detail }
}

// A grace that is counted from the exchange, so that a lost answer can be asked for again.
function withinGrace(family: RefreshFamily, policy: RefreshPolicy, now: number): boolean {
  return policy.grace > 0 && now <= family.issuedAt + policy.grace
}

/**
 * Decides what a presented refresh token is worth.
 *
 * Door, client, key and certificate are compared before reuse: otherwise whoever holds a long-dead token could end a family that
 * is not theirs. Reuse is decided before idle expiry: a stolen token that is old still proves the theft.
 *
 * @see RFC 6749 §6, RFC 9700 §4.14.2, RFC 9449 §5, RFC 8705 §4
 */
export function decideRefresh(
  family: RefreshFamily | undefined,
  presented: PresentedRefresh,
  policy: RefreshPolicy,
  now: number,
): RefreshDecision {
  if (!family || family.familyId !== presented.familyId) return refuse('unknown family')
  if (family.doorId !== presented.doorId) return refuse('issued at another door')
  if (family.clientId !== presented.clientId) return refuse('issued to another client')
  if (family.jkt !== undefined && family.jkt !== presented.jkt) return refuse('bound to another key')
  if (family.x5t !== undefined && family.x5t !== presented.x5t) return refuse('bound to another certificate')
  if (family.endedAt !== undefined) return refuse('family ended')
  if (!Number.isSafeInteger(presented.gen) || presented.gen > family.gen)
    return refuse('generation not issued yet')
  if (family.expiresAt !== undefined && family.expiresAt <= now) return refuse('family expired')

  const previous = presented.gen === family.gen - 1
  if (presented.gen < family.gen && !previous)
    return { outcome: 'end-family', detail: 'reuse: successor was used' }
  if (previous && policy.rotation === 'strict' && !withinGrace(family, policy, now)) {
    return { outcome: 'end-family', detail: 'reuse: presented after the grace' }
  }

  const bornAt = previous ? family.previousIssuedAt : family.issuedAt
  if (bornAt === undefined || bornAt + policy.idle <= now) return refuse('expired')
  if (presented.scope && !scopeWithin(presented.scope, family.scope)) {
    return { outcome: 'refuse-scope', detail: 'scope wider than granted' }
  }

  const scope = presented.scope ?? family.scope
  if (previous) return { outcome: 'repeat', scope }
  return { outcome: policy.rotation === 'none' ? 'keep' : 'advance', scope }
}
