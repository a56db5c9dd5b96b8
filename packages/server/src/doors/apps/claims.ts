import type { Scope } from '@sallyport/protocol'
import type { Account, Team } from '../../store/contract/index.ts'

/**
 * What an ID token and userinfo say of a person, beyond `sub`. The address itself is what `profile` asks for: without it
 * there is only a name to greet them by.
 * @see OpenID Connect Core §5.1, §5.4
 */
export function idTokenClaims(
  { email, emailVerifiedAt, disabledAt }: Account,
  team: Team | undefined,
  scope: Scope,
): Readonly<Record<string, unknown>> {
  return {
    name: email.slice(0, email.lastIndexOf('@')),
    ...(scope.includes('profile') && { email }),
    email_verified: emailVerifiedAt !== undefined,
    is_active: disabledAt === undefined,
    ...(team && { team: team.slug }),
  }
}
