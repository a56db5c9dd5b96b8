import type { Family, Store } from '../store/contract/index.ts'

/**
 * Why a family may not be given new tokens although it has not ended: its person, client or team is no longer what it
 * was. `undefined` when all is well. Read from the store each time: a refresh is where a ten-day token meets the facts.
 */
export async function lostStanding(family: Family, store: Store, now: number): Promise<string | undefined> {
  const { accountId, clientId, teamId } = family
  const [account, client, team] = await Promise.all([
    accountId === undefined ? undefined : store.accounts.find(accountId),
    clientId === undefined ? undefined : store.clients.find(clientId, now),
    teamId === undefined ? undefined : store.teams.find(teamId),
  ])
  if (accountId !== undefined && !account) return 'account deleted'
  if (account?.disabledAt !== undefined) return 'account disabled'
  if (clientId !== undefined && !client) return 'client deleted'
  if (teamId !== undefined && team?.status !== 'active') return 'team not active'
  if (accountId !== undefined && teamId !== undefined && !(await store.teams.membership(accountId, teamId))) {
    return 'no longer a member of the team'
  }
  return undefined
}
