import { type Fetch, type Outcome, send, type WireRequest } from './answer.ts'
import { systemClock } from './clock.ts'
import { TokenError } from './errors.ts'

/** What to do with what came of a request. */
export type NextStep =
  | { readonly step: 'take'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly step: 'again'; readonly waitMs: number }
  | { readonly step: 'give-up'; readonly error: TokenError }

/** Which try this was, and what is left. */
export interface Try {
  /** The first is 1. */
  readonly number: number
  /** How often the request may be sent. */
  readonly most: number
  /** From 0 up to 1: spreads the tries of many clients that failed together. */
  readonly chance: number
}

const firstWaitMs = 250
/** A wait that the server asks for is worth it up to here; a longer one is the caller's to plan. */
const longestWaitMs = 10_000

/** Half to all of 250 ms, 500 ms, 1 s …: with a time limit of 4 s three tries fit into the ten seconds of a strict door. */
function growingWait({ number, chance }: Try): number {
  return Math.round(firstWaitMs * 2 ** (number - 1) * (0.5 + chance / 2))
}

function again(error: TokenError, at: Try): NextStep {
  const waitMs = Math.max(growingWait(at), (error.retryAfter ?? 0) * 1000)
  return at.number < at.most && waitMs <= longestWaitMs
    ? { step: 'again', waitMs }
    : { step: 'give-up', error }
}

/**
 * Decides what an outcome means. The same request is sent again only where the server did not act on it, or answers the
 * same once more: after a lost answer, an overload, a fault. A refusal is never asked for twice.
 * @see RFC 6749 §5.2
 */
export function decideNext(outcome: Outcome, at: Try): NextStep {
  if (outcome.outcome === 'lost') return again(new TokenError('unreachable', { cause: outcome.cause }), at)
  if (outcome.outcome === 'redirect')
    return { step: 'give-up', error: new TokenError('redirected', { status: outcome.status }) }

  const { status, body, retryAfter, requestId } = outcome
  const word = body?.['error'] ?? body?.['code']
  const reason = typeof word === 'string' && /^[a-z][a-z_]{0,39}$/.test(word) ? word : undefined
  const details = { status, reason, retryAfter, requestId }
  if (status >= 500 || status === 408) return again(new TokenError('unavailable', details), at)
  if (status === 429) return again(new TokenError('rate_limited', details), at)
  if (status >= 200 && status < 300)
    return body
      ? { step: 'take', body }
      : { step: 'give-up', error: new TokenError('malformed_answer', details) }
  const code =
    reason === 'invalid_grant'
      ? 'invalid_grant'
      : reason === 'invalid_client' || status === 401
        ? 'invalid_client'
        : 'refused'
  return { step: 'give-up', error: new TokenError(code, details) }
}

/** What the caller may say about the surroundings; left out, they are those of the platform. */
export interface SurroundingsOptions {
  /**
   * Milliseconds that one try may take; 4000 when left out. With more, a try that was lost can outlast the ten seconds in
   * which a strict door answers a refresh token once more.
   */
  readonly timeoutMs?: number
  readonly fetch?: Fetch
  /** Whole seconds since the epoch. */
  readonly now?: () => number
  readonly sleep?: (ms: number) => Promise<void>
}

/** What asking needs from outside. */
export interface Surroundings {
  readonly fetch: Fetch
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  readonly timeoutMs: number
}

/** The surroundings that were asked for; a misused option throws `TypeError`. */
export function surroundingsOf(options: SurroundingsOptions): Surroundings {
  const { timeoutMs = 4000, now = systemClock } = options
  if (!(timeoutMs > 0)) throw new TypeError('timeoutMs must be a positive number of milliseconds')
  return {
    // Looked up when called: a page may replace it, and it must not be called as a method of ours.
    fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    now,
    sleep: options.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
    timeoutMs,
  }
}

function drawChance(): number {
  const [value = 0] = crypto.getRandomValues(new Uint32Array(1))
  return value / 2 ** 32
}

/** What an endpoint answered to a request, and when the try that it answers was sent. */
export interface Answered {
  readonly body: Readonly<Record<string, unknown>>
  readonly sentAt: number
}

/**
 * Sends a request until it is answered, at most `most` times. Before another try `overtaken` may end the waiting with a
 * value of its own: somebody else may have got the answer meanwhile.
 */
export async function askUnless<T>(
  request: WireRequest,
  { most, overtaken }: { readonly most: number; readonly overtaken: () => Promise<T | undefined> },
  surroundings: Surroundings,
): Promise<Answered | { readonly instead: T }> {
  for (let number = 1; ; number += 1) {
    const sentAt = surroundings.now()
    const next = decideNext(await send(request, surroundings), { number, most, chance: drawChance() })
    if (next.step === 'take') return { body: next.body, sentAt }
    if (next.step === 'give-up') throw next.error
    await surroundings.sleep(next.waitMs)
    const instead = await overtaken()
    if (instead !== undefined) return { instead }
  }
}

/** Sends a request until it is answered, at most `most` times. */
export async function ask(request: WireRequest, most: number, surroundings: Surroundings): Promise<Answered> {
  const nobody = async (): Promise<Answered | undefined> => undefined
  const answered = await askUnless(request, { most, overtaken: nobody }, surroundings)
  return 'instead' in answered ? answered.instead : answered
}
