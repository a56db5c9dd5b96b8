import type { Account, Team } from '../../store/contract/index.ts'

/** What an ID token and userinfo say of a person, beyond `sub`. @see OpenID Connect Core §5.1 */
export function idTokenClaims(account: Account, team: Team | undefined): Readonly<Record<string, unknown>> {
  return {
    name: account.email,
    email: account.email,
    email_verified: account.emailVerifiedAt !== undefined,
    is_active: account.disabledAt === undefined,
    ...(team && { team: team.slug }),
  }
}
