import type { Spent } from './facts.ts'

// A quoted string of a structured field holds printable ASCII only.
function quoted(name: string): string {
  return `"${name.replace(/[^\x20-\x7E]/g, '').replace(/["\\]/g, '\\$&')}"`
}

/**
 * What a caller is told of its limit, allowed or not: the documented `X-RateLimit-*` in the door's style, and the
 * standard's fields beside them.
 *
 * @see draft-ietf-httpapi-ratelimit-headers-10 §3, §4; RFC 9110 §10.2.3
 */
export function rateLimitHeaders(spent: Spent, now: number): Readonly<Record<string, string>> {
  const { allowed, limit, style, resetAt, window, name = 'default' } = spent
  const remaining = Math.max(0, spent.remaining)
  const left = Math.max(0, resetAt - now)
  return {
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': String(remaining),
    'X-RateLimit-Reset': String(style === 'unix' ? resetAt : left),
    'RateLimit-Policy': `${quoted(name)};q=${limit}${window === undefined ? '' : `;w=${window}`}`,
    RateLimit: `${quoted(name)};r=${remaining};t=${left}`,
    ...(!allowed && { 'Retry-After': String(waitOf(spent)) }),
  }
}

/** Whole seconds to wait, at least one. */
export function waitOf({ retryAfter }: Spent): number {
  return Math.max(1, Math.ceil(retryAfter))
}
