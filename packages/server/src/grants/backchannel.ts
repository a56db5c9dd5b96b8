import type { Grant } from './grant.ts'
import { poll } from './poll.ts'

/** Client-initiated backchannel authentication in poll mode: the person decides on their account page, this polls. @see OpenID CIBA Core §10.1 */
export const backchannel: Grant = {
  grantType: 'urn:openid:params:grant-type:ciba',
  params: ['auth_req_id', 'authorization_details'],
  endpoint: {
    name: 'backchannelAuthentication',
    metadata: 'backchannel_authentication_endpoint',
    // OpenID CIBA Core §4
    more: {
      backchannel_token_delivery_modes_supported: ['poll'],
      backchannel_user_code_parameter_supported: false,
    },
  },
  exchange: (request, context) => poll({ param: 'auth_req_id', words: 'auth_req_id' }, request, context),
}
