import { ProtocolError } from '@sallyport/protocol'
import type { Grant } from './grant.ts'
import { refresh } from './refresh-token.ts'
import { requestedScope } from './requested-scope.ts'

/** The `refresh_token` grant of the OAuth doors. @see RFC 6749 §6 */
export const refreshTokenGrant: Grant = {
  grantType: 'refresh_token',
  params: ['refresh_token', 'scope'],

  exchange({ client, params }, context) {
    const presented = params.get('refresh_token')
    if (presented === undefined) throw new ProtocolError('invalid_request', 'refresh_token is missing')
    return refresh({ presented, clientId: client.clientId, scope: requestedScope(params) }, context)
  },
}
