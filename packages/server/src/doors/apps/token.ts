import { ProtocolError } from '@sallyport/protocol'
import type { GrantContext, Unsigned } from '../../grants/context.ts'
import { grantsOf } from '../../grants/index.ts'
import { issue, tokenResponse, vouchedResponse } from '../../grants/issue.ts'
import type { Endpoint } from '../door.ts'
import { refuseToken } from '../refuse.ts'
import { idTokenClaims } from './claims.ts'
import { readClientRequest } from './client.ts'
import { type AppsContext, noStore, pathOf } from './context.ts'
import { nonceHeader, readProof } from './proof.ts'

const idTokenLifetime = 3600

/** The ID token of a grant that holds `openid` and came from a sign-in. @see OpenID Connect Core §3.1.3.6, §12.2 */
async function idToken(
  { family, scope, handedOn }: Unsigned,
  context: GrantContext,
): Promise<string | undefined> {
  const { accountId, clientId, teamId } = family
  // Nobody signed in for what was handed on, nor for what somebody else vouched for.
  if (handedOn || family.kind === 'machine') return undefined
  if (!scope.includes('openid') || accountId === undefined || clientId === undefined) return undefined
  const { store, door, now } = context
  const [account, team] = await Promise.all([
    store.accounts.find(accountId),
    teamId === undefined ? undefined : store.teams.find(teamId),
  ])
  if (!account) return undefined
  const claims = {
    iss: door.issuer,
    sub: accountId,
    aud: clientId,
    iat: now,
    exp: now + idTokenLifetime,
    auth_time: family.authenticatedAt,
    ...(family.nonce !== undefined && { nonce: family.nonce }),
    ...idTokenClaims(account, team, scope),
  }
  return context.sign('JWT', claims)
}

/** The token endpoint. @see RFC 6749 §3.2, RFC 9449 §5 */
export function tokenEndpoint(apps: AppsContext): Endpoint {
  const byType = new Map(grantsOf(apps.door).map((grant) => [grant.grantType, grant]))
  return {
    path: pathOf(apps, 'token'),
    refuse: refuseToken,
    methods: {
      async POST(request) {
        const { client, params, context } = await readClientRequest(request, apps)
        const grantType = params.get('grant_type')
        if (grantType === undefined) throw new ProtocolError('invalid_request', 'grant_type is missing')
        const grant = byType.get(grantType)
        if (!grant) throw new ProtocolError('unsupported_grant_type', 'grant_type is not supported')
        if (!client.grantTypes.includes(grantType)) {
          throw new ProtocolError('unauthorized_client', 'client may not use this grant type')
        }
        const jkt = await readProof(request, apps)
        const bound: GrantContext = {
          ...context,
          jkt,
          idToken: (unsigned) => idToken(unsigned, context),
        }
        const known = new Map([...params].filter(([name]) => grant.params.includes(name)))
        const granted = await grant.exchange({ client, params: known }, bound)
        const body = 'assertion' in granted ? vouchedResponse(granted) : tokenResponse(issue(granted, bound))
        return { status: 200, headers: { ...noStore, ...nonceHeader(apps) }, body }
      },
    },
  }
}
