import { ProtocolError, type Scope, scopeWithin } from '@sallyport/protocol'
import { newId } from '../crypto/id.ts'
import type { Client } from '../store/contract/index.ts'
import type { GrantContext } from './context.ts'
import type { Grant } from './grant.ts'
import { grantedDetails, requestedDetails } from './requested-details.ts'
import { requestedScope } from './requested-scope.ts'
import { startFamily } from './start-family.ts'

/** Scopes that speak of somebody who signed in here. */
const personal = ['openid', 'profile', 'email', 'offline_access']

/** What a client may have without anybody signing in. */
export function machineScope({ scope }: Pick<Client, 'scope'>): Scope {
  return scope.filter((value) => !personal.includes(value))
}

/**
 * The `client_credentials` grant. The client is its own subject and its team is fixed: no person could have chosen one.
 * @see RFC 6749 §4.4
 */
export const clientCredentials: Grant = {
  grantType: 'client_credentials',
  params: ['scope', 'authorization_details'],

  async exchange({ client, params, resources }, context: GrantContext) {
    // A machine token without a team would reach every team's data.
    if (client.teamId === undefined)
      throw new ProtocolError('unauthorized_client', 'client belongs to no team')
    const team = await context.store.teams.find(client.teamId)
    if (team?.status !== 'active')
      throw new ProtocolError('invalid_client', 'client authentication failed', { detail: 'team not active' })
    // Details are what a person allowed, and there is none.
    grantedDetails([], requestedDetails(params))
    const mine = machineScope(client)
    const scope = requestedScope(params) ?? mine
    if (!scopeWithin(scope, mine))
      throw new ProtocolError('invalid_scope', 'scope is not allowed for this client')

    return startFamily(
      {
        familyId: newId('fam_', context.now),
        kind: 'machine',
        accountId: undefined,
        clientId: client.clientId,
        teamId: client.teamId,
        scope,
        resources,
      },
      context,
    )
  },
}
