import { methodReferences, ProtocolError } from '@sallyport/protocol'
import { sidOf } from '../../crypto/presence.ts'
import type { GrantContext, Unsigned } from '../../grants/context.ts'
import { grantsOf } from '../../grants/index.ts'
import { acrOf, issue, tokenResponse, vouchedResponse } from '../../grants/issue.ts'
import { requestedResources } from '../../grants/requested-resources.ts'
import { isPairwise, subjectFor } from '../../grants/subject.ts'
import type { Family } from '../../store/contract/index.ts'
import type { Endpoint } from '../door.ts'
import { refuseToken } from '../refuse.ts'
import { idTokenClaims } from './claims.ts'
import { takesDetails } from './details.ts'
import { readClientRequest } from './client.ts'
import { type AppsContext, noStore, pathOf } from './context.ts'
import { nonceHeader, readBinding } from './proof.ts'

const idTokenLifetime = 3600

/** How the person signed in. @see OpenID Connect Core §2, RFC 8176 §1 */
function signInClaims(family: Family, door: GrantContext['door']): Readonly<Record<string, unknown>> {
  const [acr, amr] = [acrOf(family, door), methodReferences(family.signIn)]
  return { ...(acr !== undefined && { acr }), ...(amr && { amr }) }
}

/**
 * The ID token of a grant that holds `openid` and came from a sign-in. A later one tells the same sign-in, without the nonce:
 * that belongs to the request which was answered then.
 * @see OpenID Connect Core §3.1.3.6, §12.2
 */
async function idToken(
  { family, scope, handedOn }: Unsigned,
  grantType: string,
  context: GrantContext,
): Promise<string | undefined> {
  const { accountId, clientId, teamId, presence } = family
  // Nobody signed in for what was handed on, nor for what somebody else vouched for.
  if (handedOn || family.kind === 'machine') return undefined
  const { store, door, now, client, sealer } = context
  if (!scope.includes('openid') || accountId === undefined || !client || clientId === undefined)
    return undefined
  const [account, team] = await Promise.all([
    store.accounts.find(accountId),
    teamId === undefined ? undefined : store.teams.find(teamId),
  ])
  if (!account) return undefined
  const claims = {
    iss: door.issuer,
    sub: subjectFor(client, accountId, context),
    aud: clientId,
    iat: now,
    exp: now + idTokenLifetime,
    auth_time: family.authenticatedAt,
    ...(presence && { sid: sidOf(presence.presenceId, clientId, sealer) }),
    ...(door.acrValues && signInClaims(family, door)),
    ...(grantType === 'authorization_code' && family.nonce !== undefined && { nonce: family.nonce }),
    // By a pairwise subject alone the server would not find the account again.
    ...(isPairwise(client, context) && { fam: family.familyId }),
    ...idTokenClaims(account, team, {
      scope,
      claims: family.claims,
      place: 'id_token',
      pairwise: isPairwise(client, context),
    }),
  }
  return context.sign('JWT', claims, client.choices?.idTokenAlg)
}

/** The token endpoint. @see RFC 6749 §3.2, RFC 9449 §5 */
export function tokenEndpoint(apps: AppsContext): Endpoint {
  const byType = new Map(grantsOf(apps.door).map((grant) => [grant.grantType, grant]))
  return {
    path: pathOf(apps, 'token'),
    refuse: refuseToken,
    methods: {
      async POST(request) {
        const { client, params, resources: asked, context } = await readClientRequest(request, apps)
        const grantType = params.get('grant_type')
        if (grantType === undefined) throw new ProtocolError('invalid_request', 'grant_type is missing')
        const grant = byType.get(grantType)
        if (!grant) throw new ProtocolError('unsupported_grant_type', 'grant_type is not supported')
        if (!client.grantTypes.includes(grantType)) {
          throw new ProtocolError('unauthorized_client', 'client may not use this grant type')
        }
        const resources = grant.readsTargets ? [] : requestedResources(asked, context.door)
        const asking = { ...context, client }
        const bound: GrantContext = {
          ...asking,
          ...(await readBinding(request, client, apps)),
          idToken: (unsigned) => idToken(unsigned, grantType, asking),
        }
        const takes = (name: string) =>
          grant.params.includes(name) && (name !== 'authorization_details' || takesDetails(apps.door))
        const known = new Map([...params].filter(([name]) => takes(name)))
        const granted = await grant.exchange({ client, params: known, resources, targets: asked }, bound)
        const body = 'assertion' in granted ? vouchedResponse(granted) : tokenResponse(issue(granted, bound))
        return { status: 200, headers: { ...noStore, ...nonceHeader(apps) }, body }
      },
    },
  }
}
