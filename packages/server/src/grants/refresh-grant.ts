import { ProtocolError } from '@sallyport/protocol'
import { bindRefresh } from './bind-refresh.ts'
import type { Grant } from './grant.ts'
import { refresh } from './refresh-token.ts'
import { requestedDetails } from './requested-details.ts'
import { requestedScope } from './requested-scope.ts'

/** The `refresh_token` grant of the OAuth doors. @see RFC 6749 §6, RFC 9449 §5 */
export const refreshTokenGrant: Grant = {
  grantType: 'refresh_token',
  params: ['refresh_token', 'scope', 'authorization_details'],

  async exchange({ client, params, resources }, context) {
    const presented = params.get('refresh_token')
    if (presented === undefined) throw new ProtocolError('invalid_request', 'refresh_token is missing')
    const ask = {
      presented,
      clientId: client.clientId,
      scope: requestedScope(params),
      most: client.scope,
      resources,
      details: requestedDetails(params),
    }
    const granted = await refresh(ask, context)
    if (await bindRefresh(client, granted.family, context)) return granted
    throw new ProtocolError('invalid_grant', 'refresh token is not valid', { detail: 'bound to another key' })
  },
}
