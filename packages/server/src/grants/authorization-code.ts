import {
  type CodeExchange,
  decideCode,
  narrowDetails,
  narrowResources,
  ProtocolError,
  type Resources,
} from '@sallyport/protocol'
import { secretHash } from '../crypto/secret.ts'
import type { Family } from '../store/contract/index.ts'
import { bindRefresh } from './bind-refresh.ts'
import type { GrantContext } from './context.ts'
import type { Grant } from './grant.ts'
import { type Granted, signTokens } from './issue.ts'
import { grantedDetails, type RequestedDetails, requestedDetails } from './requested-details.ts'
import { grantedResources } from './requested-resources.ts'
import { lostStanding } from './standing.ts'

function invalid(detail: string): ProtocolError {
  return new ProtocolError('invalid_grant', 'authorization code is not valid', { detail })
}

/** What a token request names of what was granted. */
interface Asked {
  readonly resources: Resources
  readonly details: RequestedDetails
}

/**
 * Whether the person has signed out since they approved. The client has been told of that by then, so that it must not get an ID token
 * of that session afterwards.
 */
async function signedOut({ presence }: Family, { store, now }: GrantContext): Promise<string | undefined> {
  if (!presence || (await store.accounts.isPresent(presence.presenceId, now))) return undefined
  return 'signed out before the code was used'
}

/** Signs what a code that is still good will buy, so that it is not burned where nothing can be signed. */
async function signAhead(
  hash: string,
  { exchange, asked }: { readonly exchange: CodeExchange; readonly asked: Asked },
  context: GrantContext,
): Promise<Granted | undefined> {
  const code = await context.store.families.findCode(hash)
  if (!code) return undefined
  const decision = decideCode({ ...code, endedAt: code.family.endedAt }, exchange, context.now)
  if (decision.outcome !== 'exchange') return undefined
  const { family } = code
  const resources = narrowResources(family.resources, asked.resources)
  const details = narrowDetails(family.details, asked.details)
  return resources && details && signTokens({ family, scope: family.scope, resources, details }, context)
}

/**
 * The `authorization_code` grant with PKCE. Taking the code is the first thing done with it, but for signing what a good one
 * buys: whatever fails afterwards has burned it, so a verifier can be guessed once.
 * @see RFC 6749 §4.1.3, RFC 7636 §4.5, RFC 9700 §4.5, RFC 9449 §10
 */
export const authorizationCode: Grant = {
  grantType: 'authorization_code',
  params: ['code', 'code_verifier', 'redirect_uri', 'authorization_details'],

  async exchange({ client, params, resources }, context: GrantContext) {
    const { store, door, now, event, jkt } = context
    const presented = params.get('code')
    if (presented === undefined) throw new ProtocolError('invalid_request', 'code is missing')

    const exchange = {
      clientId: client.clientId,
      doorId: door.id,
      redirectUri: params.get('redirect_uri'),
      codeVerifier: params.get('code_verifier'),
      jkt,
    }
    const asked = { resources, details: requestedDetails(params) }
    const hash = secretHash(presented)
    const signed = await signAhead(hash, { exchange, asked }, context)
    const code = await store.families.takeCode(hash, now)
    if (!code) throw invalid('unknown code')
    const decision = decideCode({ ...code, endedAt: code.family.endedAt }, exchange, now)
    const about = { targetId: code.family.familyId, clientId: client.clientId }
    if (decision.outcome === 'end-family') {
      await store.families.end(
        code.family.familyId,
        event('code.replayed', { ...about, detail: decision.detail }),
        now,
      )
    }
    if (decision.outcome !== 'exchange') throw invalid(decision.detail)
    const lost = (await lostStanding(code.family, store, now)) ?? (await signedOut(code.family, context))
    if (lost !== undefined) throw invalid(lost)
    const within = {
      resources: grantedResources(code.family.resources, asked.resources),
      details: grantedDetails(code.family.details, asked.details),
    }
    if (!(await bindRefresh(client, code.family, context))) throw invalid('bound to another key')
    await store.audit.add(
      event('token.issued', { ...about, ...(code.family.accountId && { accountId: code.family.accountId }) }),
      now,
    )
    const { family } = code
    return signed ? { ...signed, family } : signTokens({ family, scope: family.scope, ...within }, context)
  },
}
