/**
 * What tokens may be signed with. `EdDSA` and `Ed25519` are one signature by two names: the first is the one that verifiers
 * have known for long, the second says which curve.
 * @see RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2
 */
export const signingAlgorithms = ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256'] as const

/** One of them. */
export type SigningAlgorithm = (typeof signingAlgorithms)[number]

/** Whether a name is one of them. */
export function isSigningAlgorithm(name: unknown): name is SigningAlgorithm {
  return (signingAlgorithms as readonly unknown[]).includes(name)
}

/** A moment at which a new key may be due, and what is wanted of it. Spans and moments in seconds. */
export interface RotationQuestion {
  readonly algorithm: SigningAlgorithm
  /** How long a key signs. */
  readonly rotateAfter: number
  /** How long a key is published before it signs. */
  readonly publishAhead: number
  readonly now: number
  /** Whether a server has just begun, with this configuration. */
  readonly starting: boolean
}

/** Whether a key is to be added, from when it signs, and why. */
export type RotationDecision =
  | { readonly outcome: 'keep' }
  | { readonly outcome: 'add'; readonly activeAt: number; readonly detail: 'first' | 'algorithm' | 'age' }

/**
 * Whether a key is due after `newest`: the first signs at once, since nobody can have cached a key set without it; any other
 * is published first. A new one is added so early that it signs when the one before it has signed for `rotateAfter`.
 *
 * Another algorithm counts at a start only: two servers of different configuration would else replace each other's keys for
 * as long as both run.
 */
export function decideRotation(
  newest: { readonly alg: string; readonly activeAt: number } | undefined,
  { algorithm, rotateAfter, publishAhead, now, starting }: RotationQuestion,
): RotationDecision {
  if (!newest) return { outcome: 'add', activeAt: now, detail: 'first' }
  const activeAt = activeAfter(newest, publishAhead, now)
  if (starting && newest.alg !== algorithm) return { outcome: 'add', activeAt, detail: 'algorithm' }
  if (newest.activeAt + rotateAfter - publishAhead <= now) return { outcome: 'add', activeAt, detail: 'age' }
  return { outcome: 'keep' }
}

/** From when a key signs that is added now: published for long enough, and not before the one that it follows. */
export function activeAfter(
  newest: { readonly activeAt: number },
  publishAhead: number,
  now: number,
): number {
  return Math.max(now + publishAhead, newest.activeAt)
}

/** When a key signs. */
export interface SigningSpan {
  readonly activeAt: number
  readonly replacedAt: number | undefined
}

/**
 * The key that signs at `now`, of keys in the order in which they begin; the oldest for a clock that is behind them all, as
 * that one has been published for longest.
 */
export function signingAt<T extends SigningSpan>(keys: readonly T[], now: number): T | undefined {
  const active = keys.filter(
    ({ activeAt, replacedAt }) => activeAt <= now && (replacedAt === undefined || replacedAt > now),
  )
  return active.at(-1) ?? keys[0]
}
