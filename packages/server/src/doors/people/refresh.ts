import { ProtocolError } from '@sallyport/protocol'
import { issue } from '../../grants/issue.ts'
import { refresh } from '../../grants/refresh-token.ts'
import type { Endpoint } from '../door.ts'
import { readFields } from '../fields.ts'
import { readJsonOrForm } from '../read-body.ts'
import { grantContext } from '../services.ts'
import { noStore, type PeopleContext } from './context.ts'

/** How this door says that a token is worth nothing. */
export function tokenNotValid(cause: ProtocolError): ProtocolError {
  return new ProtocolError('token_not_valid', 'Token is invalid or expired', {
    cause,
    ...(cause.detail !== undefined && { detail: cause.detail }),
    headers: { 'www-authenticate': 'Bearer realm="api", error="invalid_token"' },
  })
}

/** Refreshes: a new access token, and the refresh token to use from now on. */
export function refreshEndpoint({ door, services }: PeopleContext): Endpoint {
  return {
    path: `${door.path}/refresh/`,
    methods: {
      async POST(request) {
        const { refresh: presented } = readFields(readJsonOrForm(request), ['refresh'])
        const context = await grantContext(door, request, services)
        try {
          const granted = await refresh({ presented, clientId: undefined, scope: undefined }, context)
          const { accessToken, refreshToken } = issue(granted, context)
          return { status: 200, headers: noStore, body: { access: accessToken, refresh: refreshToken } }
        } catch (error) {
          // The grant's refusal, in this door's words.
          if (error instanceof ProtocolError && error.code === 'invalid_grant') throw tokenNotValid(error)
          throw error
        }
      },
    },
  }
}
