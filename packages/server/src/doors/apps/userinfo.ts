import { type Principal, ProtocolError } from '@sallyport/protocol'
import { isPairwise, mostPrivate, subjectFor } from '../../grants/subject.ts'
import { issuerOf } from '../../settings/issuer.ts'
import type { Client, Family } from '../../store/contract/index.ts'
import type { Endpoint, Handler, Reply } from '../door.ts'
import { idTokenClaims } from './claims.ts'
import { type AppsContext, noStore, pathOf } from './context.ts'

/** Who has the token, and the family that it hangs from. */
interface Held {
  readonly client: Client
  readonly family: Family
}

async function findHeld(
  { clientId, credentialId }: Principal,
  { services: { store, now } }: AppsContext,
): Promise<Held | undefined> {
  const [client, family] = await Promise.all([
    clientId === undefined ? undefined : store.clients.find(clientId, now()),
    store.families.find(credentialId),
  ])
  return client && family && { client, family }
}

async function claimsFor(
  { accountId = '', team, scopes, actor }: Principal,
  { client, family }: Held,
  { door, services }: AppsContext,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { store } = services
  const [account, found] = await Promise.all([
    store.accounts.find(accountId),
    team && store.teams.find(team.id),
  ])
  if (!account) return undefined
  const context = { ...services, door, now: services.now() }
  const held = [family.clientId, ...(actor?.earlier ?? []).map((one) => one.clientId)]
  const known = await mostPrivate(client, held, context)
  const pairwise = isPairwise(known, context)
  return {
    sub: subjectFor(known, account.accountId, context),
    ...idTokenClaims(account, found, { scope: scopes, claims: family.claims, place: 'userinfo', pairwise }),
  }
}

/**
 * As JSON, or as a JWT for a client that registered for one. Its type keeps it from being taken for an ID token.
 * @see OpenID Connect Core §5.3.2, RFC 8725 §3.11
 */
async function answer(
  claims: Readonly<Record<string, unknown>>,
  { clientId, choices }: Client,
  { door, services }: AppsContext,
): Promise<Reply> {
  const algorithm = choices?.userinfoAlg
  if (algorithm === undefined) return { status: 200, headers: noStore, body: claims }
  const all = { iss: issuerOf(door, services.baseUrl), aud: clientId, ...claims }
  const body = await services.signing.sign('userinfo+jwt', all, services.now(), algorithm)
  return { status: 200, headers: { ...noStore, 'content-type': 'application/jwt' }, body }
}

/** Who an access token with `openid` is for. @see OpenID Connect Core §5.3 */
export function userinfoEndpoint(apps: AppsContext): Endpoint {
  const { door, guard } = apps
  const handler: Handler = async (request) => {
    const check = await guard.check(request, { doors: [door.id], scopes: ['openid'], kinds: ['app'] })
    if (check.outcome === 'refuse') return check
    const held = await findHeld(check.principal, apps)
    const claims = held && (await claimsFor(check.principal, held, apps))
    if (!claims) throw new ProtocolError('invalid_token', 'the person is gone')
    return answer(claims, held.client, apps)
  }
  return { path: pathOf(apps, 'userinfo'), methods: { GET: handler, POST: handler } }
}
