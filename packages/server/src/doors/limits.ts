import { ProtocolError } from '@sallyport/protocol'
import type { Limiter, Spent } from '../checks/limit.ts'
import type { Window } from '../settings/door.ts'

/** The refusal of a used-up limit. */
export function tooMany(spent: Spent): ProtocolError {
  return new ProtocolError('rate_limited', 'too many requests', {
    retryAfter: spent.retryAfter,
    headers: {
      'x-ratelimit-limit': String(spent.limit),
      'x-ratelimit-remaining': String(spent.remaining),
      'x-ratelimit-reset': String(spent.retryAfter),
    },
  })
}

/**
 * Spends one use of a limit that guards a credential endpoint, or refuses. When the limiter itself is not there the
 * request is refused: whoever can stop the limiter must not get unlimited guesses.
 */
export async function spendOrRefuse(
  limiter: Limiter,
  key: string,
  window: Window,
  now: number,
): Promise<void> {
  let spent: Spent
  try {
    spent = await limiter.spend(key, window, now)
  } catch (cause) {
    throw new ProtocolError('unavailable', 'try again later', { cause, retryAfter: 5 })
  }
  if (!spent.allowed) throw tooMany(spent)
}
