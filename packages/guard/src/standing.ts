import type { AccountFacts, FactSource, MembershipFacts, TeamFacts } from './facts.ts'

/** The live facts about whom a credential stands for; `lost` says why it no longer counts. */
export type Standing =
  | { readonly lost: string }
  | {
      readonly lost?: undefined
      readonly account: AccountFacts | undefined
      readonly team: TeamFacts | undefined
      readonly membership: MembershipFacts | undefined
    }

/** Who stands behind a credential. */
export interface Bearers {
  readonly accountId: string | undefined
  readonly teamId: string | undefined
  readonly checkMembership: boolean
}

/** Reads the person, team and membership behind a credential, as they are now. */
export async function readStanding(
  { accountId, teamId, checkMembership }: Bearers,
  source: FactSource,
): Promise<Standing> {
  const [account, team, membership] = await Promise.all([
    accountId === undefined ? undefined : source.account(accountId),
    teamId === undefined ? undefined : source.team(teamId),
    accountId === undefined || teamId === undefined ? undefined : source.membership(accountId, teamId),
  ])
  if (accountId !== undefined && !account) return { lost: 'account is gone' }
  if (account?.disabledAt !== undefined) return { lost: 'account is disabled' }
  if (teamId !== undefined && !team) return { lost: 'team is gone' }
  if (team && team.status !== 'active') return { lost: `team is ${team.status}` }
  if (checkMembership && accountId !== undefined && teamId !== undefined && !membership)
    return { lost: 'no longer a member' }
  return { account, team, membership }
}
