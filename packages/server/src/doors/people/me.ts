import { ProtocolError } from '@sallyport/protocol'
import type { Endpoint } from '../door.ts'
import { noStore, type PeopleContext, personBody } from './context.ts'

/** Who is calling. */
export function meEndpoint({ door, services, guard }: PeopleContext): Endpoint {
  const doors = door.keysDoor === undefined ? [door.id] : [door.id, door.keysDoor]
  return {
    path: `${door.path}/me/`,
    methods: {
      async GET(request) {
        const check = await guard.check(request, { doors })
        if (check.outcome === 'refuse') return check
        const { accountId } = check.principal
        const account = accountId === undefined ? undefined : await services.store.accounts.find(accountId)
        if (!account) throw new ProtocolError('token_not_valid', 'User not found')
        return { status: 200, headers: noStore, body: personBody(account) }
      },
    },
  }
}
