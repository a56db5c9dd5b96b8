import { askableClaims, type ClaimsRequest, type Scope } from '@sallyport/protocol'
import type { Account, Team } from '../../store/contract/index.ts'

/** The single claims that a request asks for, each with its place; those that a scope of it gives anyway are none. */
export function singleClaims(claims: ClaimsRequest | undefined, scope: Scope): readonly string[] {
  if (!claims || scope.includes('profile') || !scope.includes('openid')) return []
  const at = (place: string, names: readonly string[]) => names.map((name) => `${place}:${name}`)
  return [...at('id_token', claims.idToken), ...at('userinfo', claims.userinfo)]
}

/** What people are told of the single claims that they are asked for. */
export function claimWords(claims: readonly string[]): readonly string[] {
  const words: Readonly<Record<string, string>> = { email: 'Your e-mail address' }
  return askableClaims
    .filter((name) => claims.some((one) => one.endsWith(`:${name}`)))
    .map((name) => words[name] ?? name)
}

/** Where claims are told, and what of them was allowed. */
export interface ClaimsAllowed {
  readonly scope: Scope
  /** One by one. */
  readonly claims: readonly string[]
  readonly place: 'id_token' | 'userinfo'
  /** Whether whoever is told may not learn who it is by anything that others are told too. */
  readonly pairwise: boolean
}

/**
 * What an ID token and userinfo say of a person, beyond `sub`. The address itself is what `profile` asks for: without it
 * there is only a name to greet them by. A team of one's own is an id of the person by another name.
 * @see OpenID Connect Core §5.1, §5.4
 */
export function idTokenClaims(
  { email, emailVerifiedAt, disabledAt }: Account,
  team: Team | undefined,
  { scope, claims, place, pairwise }: ClaimsAllowed,
): Readonly<Record<string, unknown>> {
  const profile = scope.includes('profile')
  return {
    ...((profile || !pairwise) && { name: email.slice(0, email.lastIndexOf('@')) }),
    ...((profile || claims.includes(`${place}:email`)) && { email }),
    email_verified: emailVerifiedAt !== undefined,
    is_active: disabledAt === undefined,
    ...(team && !(pairwise && team.personal) && { team: team.slug }),
  }
}
