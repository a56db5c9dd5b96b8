import { authorizationCode } from './authorization-code.ts'
import { clientCredentials } from './client-credentials.ts'
import type { Grant } from './grant.ts'
import { refreshTokenGrant } from './refresh-grant.ts'

/** Every grant type this server speaks; discovery and the token endpoint both read this list. */
export const grants: readonly Grant[] = [authorizationCode, clientCredentials, refreshTokenGrant]
