import type { Window } from '../settings/door.ts'

/** What spending one use of a limit came to. `resetAt` is a moment, `retryAfter` a span; both in seconds. */
export interface Spent {
  readonly allowed: boolean
  readonly limit: number
  readonly remaining: number
  readonly resetAt: number
  readonly retryAfter: number
  readonly window: number
}

/** Counts uses against windows. May throw when what it counts in is not there. */
export interface Limiter {
  /** Counts one use of `key`, or refuses without counting when the window is used up. */
  spend(key: string, window: Window, now: number): Promise<Spent>
  /** Gives one use back: an attempt that was counted in advance turned out well. */
  refund(key: string, now: number): Promise<void>
}

const sweepEvery = 60

interface Counter {
  readonly endsAt: number
  used: number
}

/**
 * A limiter in this process's memory: fixed windows, at most `size` of them. When it is full the oldest go first; whoever
 * floods it with fresh keys only forgets their own counts, as keys are addresses and accounts that already passed a check.
 */
export function createMemoryLimiter(size = 100_000): Limiter {
  const counters = new Map<string, Counter>()
  let sweepAt = 0

  /** Once a minute what is over goes, so that a quiet server holds nothing. */
  function sweep(now: number): void {
    if (now < sweepAt) return
    sweepAt = now + sweepEvery
    for (const [key, { endsAt }] of counters) if (endsAt <= now) counters.delete(key)
  }

  function current(key: string, { window }: Window, now: number): Counter {
    const found = counters.get(key)
    if (found && found.endsAt > now) return found
    counters.delete(key)
    return { endsAt: now + window, used: 0 }
  }
  function told(counter: Counter, { limit, window }: Window, allowed: boolean, now: number): Spent {
    const remaining = Math.max(0, limit - counter.used)
    const retryAfter = Math.max(1, counter.endsAt - now)
    return { allowed, limit, remaining, resetAt: counter.endsAt, retryAfter, window }
  }

  return {
    async spend(key, window, now) {
      sweep(now)
      const counter = current(key, window, now)
      if (counter.used >= window.limit) return told(counter, window, false, now)
      counter.used += 1
      if (!counters.has(key)) {
        const oldest = counters.size >= size ? counters.keys().next().value : undefined
        if (oldest !== undefined) counters.delete(oldest)
        counters.set(key, counter)
      }
      return told(counter, window, true, now)
    },
    async refund(key, now) {
      const counter = counters.get(key)
      if (counter && counter.endsAt > now && counter.used > 0) counter.used -= 1
    },
  }
}
