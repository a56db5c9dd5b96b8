import { ProtocolError } from '@sallyport/protocol'
import { parseRefreshToken } from '../../crypto/refresh-token.ts'
import type { Endpoint } from '../door.ts'
import { readJsonOrForm } from '../read-body.ts'
import { auditEvent } from '../services.ts'
import type { VendorsContext } from './token.ts'

/** Ends what a refresh token stands for; whoever holds it may, and an unknown one answers the same. @see RFC 7009 §2.2 */
export function revokeEndpoint({ door, services }: VendorsContext): Endpoint {
  const { store, sealer } = services
  return {
    path: `${door.path}/revoke`,
    methods: {
      async POST(request) {
        const body = readJsonOrForm(request)
        const presented = body['token'] ?? body['refresh_token']
        if (typeof presented !== 'string') throw new ProtocolError('invalid_request', 'token is required')
        const token = parseRefreshToken(presented, sealer)
        const family = token && (await store.families.find(token.familyId))
        if (family?.doorId === door.id) {
          const { familyId, clientId } = family
          const event = auditEvent(request, door.id)('family.ended', {
            targetId: familyId,
            detail: 'revoked',
            ...(clientId !== undefined && { clientId }),
          })
          await store.families.end(familyId, event, services.now())
        }
        return { status: 200, headers: { 'cache-control': 'no-store' }, body: {} }
      },
    },
  }
}
