import { decideVouch, formatScope, idJagType, ProtocolError } from '@sallyport/protocol'
import { newSecret } from '../crypto/secret.ts'
import type { Account, Client } from '../store/contract/index.ts'
import type { GrantContext } from './context.ts'
import type { TokenRequest } from './grant.ts'
import type { Vouched } from './issue.ts'
import { accountOf, isPairwise, pairwiseSubject } from './subject.ts'
import { requestedScope } from './requested-scope.ts'

/** The type of an identity assertion grant. @see draft-ietf-oauth-identity-assertion-authz-grant §4.3 */
export const idJagTokenType = 'urn:ietf:params:oauth:token-type:id-jag'
const idTokenType = 'urn:ietf:params:oauth:token-type:id_token'

/** Long enough to be taken to the other server at once; it is not made to be kept. */
const lifetime = 300

/** The person of an ID token, who still lets this client act for them: an ID token outlives what it tells of. */
async function personOf(
  identity: Readonly<Record<string, unknown>>,
  client: Client,
  context: GrantContext,
): Promise<Account | undefined> {
  const { store } = context
  const { clientId } = client
  const account = await accountOf(identity, client, context)
  if (!account || account.disabledAt !== undefined) return undefined
  const consents = await store.clients.consentsOf(account.accountId)
  return consents.some((consent) => consent.clientId === clientId) ? account : undefined
}

/**
 * Vouches at another server for who signed in: an ID token of ours is exchanged for an assertion that buys a token there.
 * @see draft-ietf-oauth-identity-assertion-authz-grant §4.3
 */
export async function vouch(
  { client, params, targets }: TokenRequest,
  context: GrantContext,
): Promise<Vouched> {
  const { store, door, now, jkt, event } = context
  const presented = params.get('subject_token')
  if (presented === undefined || params.get('subject_token_type') !== idTokenType)
    throw new ProtocolError('invalid_request', 'subject_token must be an ID token, and said to be')
  if (params.has('actor_token')) throw new ProtocolError('invalid_request', 'actor_token is not taken here')
  if (params.has('authorization_details'))
    throw new ProtocolError('invalid_authorization_details', 'authorization_details can’t be taken elsewhere')
  const [resource, second] = targets
  if (second !== undefined) throw new ProtocolError('invalid_request', 'resource is repeated')
  const claims = context.openIdToken(presented)
  const ours = claims?.['iss'] === door.issuer ? claims : undefined
  const decision = decideVouch(
    {
      client,
      identity: ours && { audience: ours['aud'], expiresAt: ours['exp'] },
      audience: params.get('audience'),
      resource,
      scope: requestedScope(params),
      targets: door.vouchesFor ?? [],
    },
    now,
  )
  if (decision.outcome === 'refuse') {
    const { error, description, detail } = decision
    throw new ProtocolError(error, description, { ...(detail !== undefined && { detail }) })
  }
  const account = ours && (await personOf(ours, client, context))
  if (!ours || !account)
    throw new ProtocolError('invalid_request', 'subject_token is not valid', { detail: 'no longer allowed' })
  const { audience, clientId, scope } = decision
  const { accountId } = account
  const assertion = await context.sign(idJagType, {
    iss: door.issuer,
    // The client reads it on its way: then it is who the other server would know, by its own host.
    sub: isPairwise(client, context)
      ? pairwiseSubject(new URL(audience).hostname, accountId, context)
      : accountId,
    aud: audience,
    client_id: clientId,
    jti: newSecret().slice(0, 22),
    iat: now,
    exp: now + lifetime,
    ...(ours?.['auth_time'] !== undefined && { auth_time: ours['auth_time'] }),
    ...(scope.length > 0 && { scope: formatScope(scope) }),
    ...(resource !== undefined && { resource }),
    ...(jkt !== undefined && { cnf: { jkt } }),
  })
  const about = { accountId, clientId: client.clientId, targetId: accountId }
  const detail = `at ${audience} as ${clientId}: ${scope.join(' ')}`
  await store.audit.add(event('assertion.issued', { ...about, detail }), now)
  return { assertion, assertionType: idJagTokenType, expiresIn: lifetime, scope }
}
