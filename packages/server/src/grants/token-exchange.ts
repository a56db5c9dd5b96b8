import {
  accessTokenType,
  type AuthorizationDetail,
  decideExchange,
  type ExchangeToken,
  isDetails,
  type MayAct,
  parseActor,
  parseScope,
  parseTokenBinding,
  ProtocolError,
  readResources,
  type Resources,
} from '@sallyport/protocol'
import type { Family } from '../store/contract/index.ts'
import type { GrantContext, GrantDoor } from './context.ts'
import type { Grant } from './grant.ts'
import { idJagTokenType, vouch } from './id-jag.ts'
import { signTokens } from './issue.ts'
import { grantedDetails, requestedDetails } from './requested-details.ts'
import { grantedResources, requestedResources } from './requested-resources.ts'
import { requestedScope } from './requested-scope.ts'
import { lostStanding } from './standing.ts'

type Claims = Readonly<Record<string, unknown>>

/** A token with the family that it hangs from. */
interface Found {
  readonly token: ExchangeToken
  readonly family: Family
  /** What it may be used for, in detail. @see RFC 9396 §9.1 */
  readonly details: readonly AuthorizationDetail[]
  /** The APIs that it is for; empty: all that the issuer speaks for. @see RFC 8707 §2.2 */
  readonly resources: Resources
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

function mayActOf({ may_act: value }: Claims): MayAct | undefined {
  if (value === undefined) return undefined
  const { sub, client_id: clientId }: Claims =
    typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
  return { sub: textOf(sub), clientId: textOf(clientId) }
}

/** The APIs that a token is for, as a grant names them; `undefined` for one that is not for here. */
function resourcesOf(aud: unknown, { issuer, resources }: GrantDoor): Resources | undefined {
  if (aud === issuer) return []
  const all: unknown = typeof aud === 'string' ? [aud] : aud
  return Array.isArray(all) && all.length > 0 ? readResources(all, resources) : undefined
}

/** Finds a token that is genuine, of this door and in its time, with everybody behind it in good standing. @see RFC 8693 §2.1 */
async function find(presented: string, context: GrantContext): Promise<Found | undefined> {
  const { store, door, now } = context
  const claims = context.openToken(presented)
  const familyId = textOf(claims?.['fam'])
  if (!claims || familyId === undefined || claims['door'] !== door.id || claims['iss'] !== door.issuer)
    return undefined
  const resources = resourcesOf(claims['aud'], door)
  const { exp, scope, client_id: clientId, authorization_details: details = [] } = claims
  const [binding, act] = [parseTokenBinding(claims['cnf']), parseActor(claims['act'])]
  if (
    typeof exp !== 'number' ||
    exp <= now ||
    binding === 'unknown' ||
    !resources ||
    act === 'malformed' ||
    !isDetails(details)
  )
    return undefined
  const family = await store.families.find(familyId)
  if (!family || family.doorId !== door.id || family.endedAt !== undefined) return undefined
  const holder = textOf(clientId)
  if (await lostStanding(family, store, now)) return undefined
  if (holder !== undefined && !(await store.clients.find(holder, now))) return undefined
  const token = {
    subject: family.accountId ?? family.clientId ?? '',
    clientId: holder,
    teamId: family.teamId,
    scope: parseScope(textOf(scope) ?? '') ?? [],
    expiresAt: exp,
    ...binding,
    act,
    mayAct: mayActOf(claims),
  }
  return { token, family, details, resources }
}

/** The token of a parameter, whose type must be said and be ours. @see RFC 8693 §2.1 */
async function read(
  name: 'subject_token' | 'actor_token',
  params: ReadonlyMap<string, string>,
  context: GrantContext,
): Promise<Found | 'invalid' | undefined> {
  const [presented, type] = [params.get(name), params.get(`${name}_type`)]
  if (presented === undefined && type === undefined) return undefined
  if (presented === undefined || type === undefined)
    throw new ProtocolError('invalid_request', `${name} and ${name}_type come together`)
  if (type !== accessTokenType) throw new ProtocolError('invalid_request', `${name}_type is not supported`)
  return (await find(presented, context)) ?? 'invalid'
}

/**
 * Token exchange: a client that was handed an access token gets one of its own to act with, for the same subject, which can do
 * no more. It hangs from the family of the subject token, so what ends that ends this.
 * @see RFC 8693
 */
export const tokenExchange: Grant = {
  grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
  params: [
    'subject_token',
    'subject_token_type',
    'actor_token',
    'actor_token_type',
    'requested_token_type',
    'audience',
    'scope',
    'authorization_details',
  ],
  readsTargets: true,

  async exchange(request, context) {
    const { client, params, targets } = request
    const { store, door, now, jkt, x5t, bindsCertificate = false, event } = context
    const wanted = params.get('requested_token_type') ?? accessTokenType
    if (wanted === idJagTokenType) return vouch(request, context)
    if (wanted !== accessTokenType)
      throw new ProtocolError('invalid_request', 'requested_token_type is not supported')
    const asked = requestedDetails(params)
    // Where a door knows no resources there is one target, its issuer.
    const known = door.resources.length > 0
    const named = requestedResources(targets, door)
    const audience = params.get('audience')
    const subject = await read('subject_token', params, context)
    if (subject === undefined) throw new ProtocolError('invalid_request', 'subject_token is missing')
    const actor = await read('actor_token', params, context)
    const found = subject === 'invalid' ? undefined : subject
    const decision = decideExchange({
      client,
      subject: found?.token,
      actor: actor === undefined || actor === 'invalid' ? actor : actor.token,
      scope: requestedScope(params),
      targets: [audience, ...(known ? [] : targets)].filter((one) => one !== undefined),
      audience: door.issuer,
      jkt,
      x5t,
    })
    if (decision.outcome === 'refuse') {
      const { error, description, detail } = decision
      throw new ProtocolError(error, description, { ...(detail !== undefined && { detail }) })
    }
    if (!found) throw new Error('an exchange without a subject')
    const { family, token } = found
    const details = grantedDetails(found.details, asked)
    // Of a token for one API the issuer as an audience is more than it was for.
    const whole = found.resources.length > 0 && audience !== undefined ? [audience] : []
    const resources = grantedResources(found.resources, [...named, ...whole])
    const { clientId } = client
    const { scope, act, notAfter } = decision
    const about = {
      targetId: family.familyId,
      clientId,
      ...(family.accountId !== undefined && { accountId: family.accountId }),
      ...(family.teamId !== undefined && { teamId: family.teamId }),
      detail: `from ${token.clientId ?? 'nobody'} by ${act.sub}: ${scope.join(' ')}`,
    }
    const granted = await signTokens(
      { family, scope, resources, details, handedOn: { clientId, act, notAfter } },
      // What comes of a token that is bound to a certificate is bound to it too, whatever the client is registered for.
      { ...context, bindsCertificate: bindsCertificate || token.x5t !== undefined },
    )
    await store.audit.add(event('token.exchanged', about), now)
    return granted
  },
}
