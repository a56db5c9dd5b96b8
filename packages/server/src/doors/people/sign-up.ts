import { ipBucket } from '@sallyport/protocol'
import { signUp } from '../../accounts/sign-up.ts'
import type { Endpoint } from '../door.ts'
import { fieldErrors, readFields } from '../fields.ts'
import { spendOrRefuse } from '../limits.ts'
import { readJsonOrForm } from '../read-body.ts'
import { accountContext, noStore, type PeopleContext, pairFor, personBody } from './context.ts'

/** Creates an account and answers its first tokens. */
export function signUpEndpoint(people: PeopleContext): Endpoint {
  const { door, services } = people
  return {
    path: `${door.path}/signup/`,
    methods: {
      async POST(request) {
        const { email, password } = readFields(readJsonOrForm(request), ['email', 'password'])
        // A sign-up costs a password hash and a row: bounded by address.
        const window = { limit: 100, window: 60 }
        await spendOrRefuse(
          services.limiter,
          `sign-up:${door.id}:${ipBucket(request.ip)}`,
          window,
          services.now(),
        )
        const person = { email, password, plan: door.plan, minPasswordLength: door.minPasswordLength }
        await services.signing.ready(services.now())
        const made = await signUp(person, accountContext(request, people))
        if (made.outcome === 'refuse') throw fieldErrors(made.fields)
        const pair = await pairFor(made.account, request, people)
        return { status: 201, headers: noStore, body: { ...pair, user: personBody(made.account) } }
      },
    },
  }
}
