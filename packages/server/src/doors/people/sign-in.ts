import { ProtocolError } from '@sallyport/protocol'
import { signIn } from '../../accounts/sign-in.ts'
import type { Endpoint } from '../door.ts'
import { readFields } from '../fields.ts'
import { readJsonOrForm } from '../read-body.ts'
import { countSignIn } from '../sign-in-attempts.ts'
import { accountContext, noStore, type PeopleContext, pairFor } from './context.ts'

/** Signs a person in with e-mail address and password. */
export function signInEndpoint(people: PeopleContext): Endpoint {
  const { door, services } = people
  return {
    path: `${door.path}/login/`,
    methods: {
      async POST(request) {
        const { email, password } = readFields(readJsonOrForm(request), ['email', 'password'])
        const giveBack = await countSignIn(email, door.attempts, request, services)
        const account = await signIn(email, password, accountContext(request, people))
        if (!account) {
          throw new ProtocolError('no_active_account', 'No active account found with the given credentials', {
            headers: { 'www-authenticate': 'Bearer realm="api"' },
          })
        }
        await giveBack()
        return { status: 200, headers: noStore, body: await pairFor(account, request, people) }
      },
    },
  }
}
