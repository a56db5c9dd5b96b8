import { narrowScope, type Scope } from '@sallyport/protocol'
import type { AccountFacts, ClientFacts, FactSource, MembershipFacts, TeamFacts } from './facts.ts'
import { type Refused, refuse } from './verified.ts'

/** Whom a credential speaks for. */
export interface Parties {
  readonly accountId?: string | undefined
  readonly clientId?: string | undefined
  readonly teamId?: string | undefined
  /** Whether the credential ends when its person leaves its team. */
  readonly mustBelong: boolean
}

/** Live facts about the parties, all in good standing. */
export interface Standing {
  readonly outcome: 'stands'
  readonly account?: AccountFacts | undefined
  readonly client?: ClientFacts | undefined
  readonly team?: TeamFacts | undefined
  readonly membership?: MembershipFacts | undefined
}

/** Whether everyone a credential speaks for is still there, enabled and together. */
export async function checkStanding(parties: Parties, source: FactSource): Promise<Standing | Refused> {
  const { accountId, clientId, teamId, mustBelong } = parties
  const [account, client, team, membership] = await Promise.all([
    accountId === undefined ? undefined : source.account(accountId),
    clientId === undefined ? undefined : source.client(clientId),
    teamId === undefined ? undefined : source.team(teamId),
    accountId === undefined || teamId === undefined ? undefined : source.membership(accountId, teamId),
  ])
  if (accountId !== undefined && !account) return refuse('revoked', 'account deleted')
  if (account?.disabledAt !== undefined) return refuse('revoked', 'account disabled')
  if (clientId !== undefined && !client) return refuse('revoked', 'client deleted')
  if (teamId !== undefined && !team) return refuse('revoked', 'team deleted')
  if (team && team.status !== 'active') return refuse('revoked', `team ${team.status}`)
  if (mustBelong && account && team && !membership) return refuse('revoked', 'no longer a member of the team')
  return { outcome: 'stands', account, client, team, membership }
}

/** What of a granted scope is left for the role that its person has in the team now; all of it where no role applies. */
export function scopeInRole(
  scope: Scope,
  { membership }: Standing,
  roles: Readonly<Record<string, Scope>>,
): Scope {
  const most = membership && Object.hasOwn(roles, membership.role) ? roles[membership.role] : undefined
  return most ? narrowScope(scope, most) : scope
}

/** What a principal says of its team, from live facts. */
export function teamMembers({ team, membership }: Standing): {
  readonly team?: { readonly id: string; readonly slug: string }
  readonly plan?: string
  readonly role?: string
} {
  return {
    ...(team && { team: { id: team.teamId, slug: team.slug }, plan: team.plan }),
    ...(membership && { role: membership.role }),
  }
}
