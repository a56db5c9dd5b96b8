import { ProtocolError } from '@sallyport/protocol'
import type { Endpoint, Handler } from '../door.ts'
import { idTokenClaims } from './claims.ts'
import { type AppsContext, noStore, pathOf } from './context.ts'

/** Who an access token with `openid` is for. @see OpenID Connect Core §5.3 */
export function userinfoEndpoint(apps: AppsContext): Endpoint {
  const { door, services, guard } = apps
  const handler: Handler = async (request) => {
    const check = await guard.check(request, { doors: [door.id], scopes: ['openid'], kinds: ['app'] })
    if (check.outcome === 'refuse') return check
    const { accountId, team, scopes, credentialId } = check.principal
    const account = accountId === undefined ? undefined : await services.store.accounts.find(accountId)
    const { claims = [] } = (await services.store.families.find(credentialId)) ?? {}
    const found = team && (await services.store.teams.find(team.id))
    if (!account) throw new ProtocolError('invalid_token', 'the person is gone')
    return {
      status: 200,
      headers: noStore,
      body: {
        sub: account.accountId,
        ...idTokenClaims(account, found, { scope: scopes, claims, place: 'userinfo' }),
      },
    }
  }
  return { path: pathOf(apps, 'userinfo'), methods: { GET: handler, POST: handler } }
}
