import { ProtocolError } from '@sallyport/protocol'
import { changePassword } from '../../accounts/change-password.ts'
import type { Endpoint } from '../door.ts'
import { fieldErrors, readFields } from '../fields.ts'
import { spendOrRefuse } from '../limits.ts'
import { readJsonOrForm } from '../read-body.ts'
import { accountContext, noStore, type PeopleContext, pairFor } from './context.ts'

/** Changes the caller's password; every session ends, and the answer holds the tokens of a new one. */
export function passwordEndpoint(people: PeopleContext): Endpoint {
  const { door, services, guard } = people
  return {
    path: `${door.path}/password/change/`,
    methods: {
      async POST(request) {
        const check = await guard.check(request, { doors: [door.id], kinds: ['person'] })
        if (check.outcome === 'refuse') return check
        const { old_password: oldPassword, new_password: newPassword } = readFields(readJsonOrForm(request), [
          'old_password',
          'new_password',
        ])
        const account = await services.store.accounts.find(check.principal.id)
        if (!account) throw new ProtocolError('token_not_valid', 'User not found')
        const key = `password:${account.accountId}`
        await spendOrRefuse(services.limiter, key, door.attempts, services.now())
        const change = { oldPassword, newPassword, minPasswordLength: door.minPasswordLength }
        await services.signing.ready(services.now())
        const done = await changePassword(account, change, accountContext(request, people))
        if (done.outcome === 'refuse') throw fieldErrors(done.fields)
        // Read again: the new pair rests on the new password.
        const changed = await services.store.accounts.find(account.accountId)
        if (!changed) throw new ProtocolError('token_not_valid', 'User not found')
        return { status: 200, headers: noStore, body: await pairFor(changed, request, people) }
      },
    },
  }
}
