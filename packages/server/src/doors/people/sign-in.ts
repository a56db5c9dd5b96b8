import { ipBucket, ProtocolError } from '@sallyport/protocol'
import { signIn } from '../../accounts/sign-in.ts'
import type { Endpoint } from '../door.ts'
import { readFields } from '../fields.ts'
import { spendOrRefuse } from '../limits.ts'
import { readJsonOrForm } from '../read-body.ts'
import { accountContext, noStore, type PeopleContext, pairFor } from './context.ts'

/** Signs a person in with e-mail address and password. */
export function signInEndpoint(people: PeopleContext): Endpoint {
  const { door, services } = people
  return {
    path: `${door.path}/login/`,
    methods: {
      async POST(request) {
        const { email, password } = readFields(readJsonOrForm(request), ['email', 'password'])
        // By account and address together: guessing stops, and nobody can lock somebody else out.
        const key = `sign-in:${email.trim().toLowerCase()}:${ipBucket(request.ip)}`
        const now = services.now()
        await spendOrRefuse(services.limiter, key, door.attempts, now)
        const account = await signIn(email, password, accountContext(request, people))
        if (!account) {
          throw new ProtocolError('no_active_account', 'No active account found with the given credentials', {
            headers: { 'www-authenticate': 'Bearer realm="api"' },
          })
        }
        await services.limiter.refund(key, now)
        return { status: 200, headers: noStore, body: await pairFor(account, request, people) }
      },
    },
  }
}
