import { authorizationCode } from './authorization-code.ts'
import { backchannel } from './backchannel.ts'
import { clientCredentials } from './client-credentials.ts'
import { deviceCode } from './device-code.ts'
import type { Grant } from './grant.ts'
import { jwtBearer } from './jwt-bearer.ts'
import { refreshTokenGrant } from './refresh-grant.ts'
import { tokenExchange } from './token-exchange.ts'

/** Every grant type this server speaks; discovery and the token endpoint both read this list. */
export const grants: readonly Grant[] = [
  authorizationCode,
  clientCredentials,
  refreshTokenGrant,
  deviceCode,
  tokenExchange,
  jwtBearer,
  backchannel,
]

/** Those that a door is set to take. */
export function grantsOf({ grantTypes }: { readonly grantTypes: readonly string[] }): readonly Grant[] {
  return grants.filter(({ grantType }) => grantTypes.includes(grantType))
}
