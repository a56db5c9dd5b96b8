/** How far a deferred request has come. */
export type DeferredStatus = 'pending' | 'approved' | 'denied' | 'redeemed'

/** By how much each poll that comes too soon lengthens the interval. @see RFC 8628 §3.5 */
export const slowDownBy = 5

/** An authorization request that a person decides on another device, as it is when its client asks whether they have. */
export interface DeferredRequest {
  readonly status: DeferredStatus
  readonly expiresAt: number
  /** Whether this poll came before the interval was over. */
  readonly tooSoon: boolean
  /** When the family that was approved has ended. */
  readonly endedAt: number | undefined
}

/** What a poll is answered. */
export type PollDecision =
  | { readonly outcome: 'redeem' }
  | { readonly outcome: 'wait' }
  | { readonly outcome: 'slow-down' }
  | { readonly outcome: 'denied' }
  | { readonly outcome: 'expired' }
  | { readonly outcome: 'refuse'; readonly detail: string }

/**
 * Decides what a poll is answered. The caller has found the request by its secret, at the door and for the client that made it;
 * nobody else's poll gets this far.
 *
 * What was redeemed comes before expiry: it stays one answer for as long as the request is remembered. Slowing down is only for
 * those that wait: what is decided is told however soon the question comes.
 *
 * @see RFC 8628 §3.5, OpenID CIBA Core §11
 */
export function decidePoll(request: DeferredRequest | undefined, now: number): PollDecision {
  if (!request) return { outcome: 'refuse', detail: 'unknown, or made by another client' }
  if (request.status === 'redeemed') return { outcome: 'refuse', detail: 'redeemed before' }
  if (request.expiresAt <= now) return { outcome: 'expired' }
  if (request.status === 'denied') return { outcome: 'denied' }
  if (request.status === 'pending') return { outcome: request.tooSoon ? 'slow-down' : 'wait' }
  return request.endedAt === undefined
    ? { outcome: 'redeem' }
    : { outcome: 'refuse', detail: 'withdrawn before it was redeemed' }
}
