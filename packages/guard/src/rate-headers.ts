import type { Spent } from './facts.ts'

/** The rate-limit headers of an answer: the draft's structured fields, and the older ones in the door's own style. @see draft-ietf-httpapi-ratelimit-headers-10 §4 */
export function rateHeaders({
  allowed,
  limit,
  remaining,
  resetAt,
  retryAfter,
  window,
  style,
}: Spent): Readonly<Record<string, string>> {
  return {
    'ratelimit-policy': `"default";q=${limit};w=${window}`,
    ratelimit: `"default";r=${remaining};t=${retryAfter}`,
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(style === 'unix' ? resetAt : retryAfter),
    ...(!allowed && { 'retry-after': String(retryAfter) }),
  }
}
