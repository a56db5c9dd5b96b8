import type { Grant } from './grant.ts'
import { poll } from './poll.ts'

/** The device authorization grant: the person decides in a browser elsewhere, this polls. @see RFC 8628 §3.4 */
export const deviceCode: Grant = {
  grantType: 'urn:ietf:params:oauth:grant-type:device_code',
  params: ['device_code', 'authorization_details'],
  endpoint: { name: 'deviceAuthorization', metadata: 'device_authorization_endpoint' },
  exchange: (request, context) => poll({ param: 'device_code', words: 'device code' }, request, context),
}
