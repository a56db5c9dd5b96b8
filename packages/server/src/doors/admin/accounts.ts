import { ProtocolError } from '@sallyport/protocol'
import { signUp } from '../../accounts/sign-up.ts'
import type { Account } from '../../store/contract/index.ts'
import type { Endpoint } from '../door.ts'
import { fieldErrors } from '../fields.ts'
import { type AdminContext, adminPath, forAdmin, noStore } from './context.ts'
import { optionalFlag, optionalText, readText } from './read.ts'

function accountBody({
  accountId,
  email,
  emailVerifiedAt,
  admin,
  homeTeamId,
  disabledAt,
}: Account): Readonly<Record<string, unknown>> {
  return {
    id: accountId,
    email,
    email_verified: emailVerifiedAt !== undefined,
    admin,
    home_team: homeTeamId,
    disabled: disabledAt !== undefined,
  }
}

/** Creates accounts. */
export function accountsEndpoint(admin: AdminContext): Endpoint {
  const { services } = admin
  return {
    path: `${adminPath}/accounts`,
    methods: {
      POST: forAdmin(admin, async ({ body, now, event }) => {
        const person = {
          email: readText(body, 'email'),
          password: optionalText(body, 'password'),
          plan: optionalText(body, 'plan') ?? 'Free',
          minPasswordLength: 8,
          emailVerified: optionalFlag(body, 'email_verified') ?? true,
          admin: optionalFlag(body, 'admin') ?? false,
        }
        const made = await signUp(person, {
          store: services.store,
          passwords: services.passwords,
          now,
          event,
        })
        if (made.outcome === 'refuse') throw fieldErrors(made.fields)
        return { status: 201, headers: noStore, body: accountBody(made.account) }
      }),
    },
  }
}

/** One account: read, disable, enable, delete. */
export function accountEndpoint(admin: AdminContext): Endpoint {
  const { accounts } = admin.services.store
  async function find(accountId: string): Promise<Account> {
    const account = await accounts.find(accountId)
    if (!account) throw new ProtocolError('not_found', 'no such account')
    return account
  }
  return {
    path: `${adminPath}/accounts/{accountId}`,
    methods: {
      GET: forAdmin(admin, async ({ param }) => ({
        status: 200,
        headers: noStore,
        body: accountBody(await find(param('accountId'))),
      })),
      PATCH: forAdmin(admin, async ({ param, body, now, event }) => {
        const { accountId } = await find(param('accountId'))
        const disabled = optionalFlag(body, 'disabled')
        if (disabled !== undefined) {
          const type = disabled ? 'account.disabled' : 'account.enabled'
          await accounts.setDisabled(
            accountId,
            disabled,
            event(type, { accountId, targetId: accountId }),
            now,
          )
        }
        return { status: 200, headers: noStore, body: accountBody(await find(accountId)) }
      }),
      DELETE: forAdmin(admin, async ({ param, now, event }) => {
        const { accountId } = await find(param('accountId'))
        await accounts.remove(accountId, event('account.removed', { accountId, targetId: accountId }), now)
        return { status: 204 }
      }),
    },
  }
}
