import { ProtocolError } from '@sallyport/protocol'
import { parseRefreshToken } from '../../crypto/refresh-token.ts'
import type { Endpoint } from '../door.ts'
import { readFields } from '../fields.ts'
import { readJsonOrForm } from '../read-body.ts'
import { auditEvent } from '../services.ts'
import type { PeopleContext } from './context.ts'
import { tokenNotValid } from './refresh.ts'

/** Ends the session that a refresh token belongs to; other sessions of the person go on. */
export function logOutEndpoint({ door, services }: PeopleContext): Endpoint {
  const { store, sealer } = services
  return {
    path: `${door.path}/logout/`,
    methods: {
      async POST(request) {
        const { refresh: presented } = readFields(readJsonOrForm(request), ['refresh'])
        const token = parseRefreshToken(presented, sealer)
        const family = token && (await store.families.find(token.familyId))
        if (!family || family.doorId !== door.id)
          throw tokenNotValid(new ProtocolError('invalid_grant', 'unknown refresh token'))
        const { familyId, accountId } = family
        const event = auditEvent(request, door.id)('family.ended', {
          targetId: familyId,
          detail: 'log-out',
          ...(accountId !== undefined && { accountId }),
        })
        await store.families.end(familyId, event, services.now())
        return { status: 204 }
      },
    },
  }
}
