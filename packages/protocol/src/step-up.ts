import type { Principal } from './principal.ts'
import type { Refusal } from './refusal.ts'

/** How a person signed in; each has the name that a door gives it. */
export type SignInMethod = 'password' | 'upstream'

/** Whether a text can name a way of signing in: names stand in lists with spaces between. @see OpenID Connect Core §3.1.2.1 */
export function isAcrName(text: string): boolean {
  return /^[\x21\x23-\x5B\x5D-\x7E]{1,200}$/.test(text)
}

/** What a person did for a credential: when they signed in, and how, by the name that its door has for it. @see RFC 9470 §6 */
export interface Authentication {
  /** Seconds since the epoch. */
  readonly at: number
  /** @see RFC 9068 §2.2.1 */
  readonly acr?: string
}

/** What a guarded endpoint asks of the sign-in behind a credential. @see RFC 9470 §3 */
export interface AuthenticationRule {
  /** One of these, the best first. */
  readonly acr?: readonly string[]
  /** At most so many seconds ago. */
  readonly maxAge?: number
}

/**
 * How a person proved themselves, in the words of RFC 8176. `undefined` for what another provider did: that is its own to say, and there
 * is no registered word for having asked it.
 * @see OpenID Connect Core §2, RFC 8176 §2
 */
export function methodReferences(method: SignInMethod | undefined): readonly string[] | undefined {
  return method === 'password' ? ['pwd'] : undefined
}

/**
 * What a sign-in falls short of; `undefined` when it will do. A credential that no person signed in for falls short of everything.
 * Told only to whom everything else lets through.
 * @see RFC 9470 §3
 */
export function decideStepUp(
  { authentication }: Pick<Principal, 'authentication'>,
  rule: AuthenticationRule | undefined,
  now: number,
): Refusal | undefined {
  if (!rule) return undefined
  const { acr, maxAge } = rule
  const refuse = (detail: string): Refusal => ({ reason: 'authentication', detail, authentication: rule })
  if (!authentication) return refuse('nobody signed in for this credential')
  if (acr && !acr.some((one) => one === authentication.acr))
    return refuse(`signed in by ${authentication.acr ?? 'no name'}`)
  if (maxAge !== undefined && now - authentication.at > maxAge)
    return refuse(`signed in ${now - authentication.at} seconds ago`)
  return undefined
}
