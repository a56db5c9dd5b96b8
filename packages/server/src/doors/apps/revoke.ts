import { ProtocolError } from '@sallyport/protocol'
import type { Endpoint } from '../door.ts'
import { readClientRequest } from './client.ts'
import { type AppsContext, noStore, pathOf } from './context.ts'
import { findToken } from './token-lookup.ts'

/**
 * Ends the family of a token of the asking client. Unknown tokens and other clients' answer the same 200 and change
 * nothing. One that was handed on ends with the token that it came from.
 * @see RFC 7009 §2.1, §2.2
 */
export function revokeEndpoint(apps: AppsContext): Endpoint {
  return {
    path: pathOf(apps, 'revoke'),
    methods: {
      async POST(request) {
        const { client, params, context } = await readClientRequest(request, apps)
        const presented = params.get('token')
        if (presented === undefined) throw new ProtocolError('invalid_request', 'token is missing')
        const token = await findToken(presented, apps)
        if (token?.clientId === client.clientId) {
          // It hangs from its subject's family, which is not this client's to end.
          if (token.handedOn) throw new ProtocolError('unsupported_token_type', 'token was handed on')
          const { familyId, accountId } = token.family
          const about = {
            targetId: familyId,
            clientId: client.clientId,
            ...(accountId !== undefined && { accountId }),
          }
          await context.store.families.end(
            familyId,
            context.event('family.ended', { ...about, detail: 'revoked by the client' }),
            context.now,
          )
        }
        return { status: 200, headers: noStore, body: {} }
      },
    },
  }
}
