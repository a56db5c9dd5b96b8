import {
  decideGrantAssertion,
  decideTeam,
  type GrantAssertion,
  intersectScope,
  ProtocolError,
  parseEmail,
  parseGrantAssertion,
  type Scope,
  scopeWithin,
} from '@sallyport/protocol'
import { verifyForeign } from '../crypto/foreign-jwt.ts'
import { newId } from '../crypto/id.ts'
import { secretHash } from '../crypto/secret.ts'
import type { TrustedIssuer } from '../settings/apps-door.ts'
import type { Account, Client, Family, Store } from '../store/contract/index.ts'
import { machineScope } from './client-credentials.ts'
import type { GrantContext } from './context.ts'
import type { Grant } from './grant.ts'
import { signTokens } from './issue.ts'
import { grantedDetails, requestedDetails } from './requested-details.ts'
import { grantedResources } from './requested-resources.ts'
import { requestedScope } from './requested-scope.ts'
import { lostStanding } from './standing.ts'
import { newFamily } from './start-family.ts'

/** Which check failed is for the log: the issuer is told no more than that it did. @see RFC 7521 §4.1.1 */
const invalid = (detail: string) => new ProtocolError('invalid_grant', 'assertion is not valid', { detail })

/** The account that an assertion speaks of. */
async function accountOf(
  { issuer, subject, email }: GrantAssertion,
  by: Exclude<TrustedIssuer['subject'], 'client'>,
  { accounts }: Store,
): Promise<Account | undefined> {
  switch (by) {
    case 'account':
      return accounts.find(subject)
    case 'upstream':
      return accounts.findByUpstream(issuer, subject)
    case 'email': {
      const address = email === undefined ? undefined : parseEmail(email)
      const found = address === undefined ? undefined : await accounts.findByEmail(address)
      // Whoever signed up with somebody else's address must not get what is meant for them.
      return found?.emailVerifiedAt === undefined ? undefined : found
    }
  }
}

/** Whom and which team a token is for. @see RFC 7523 §3 rule 2 */
async function partiesOf(
  assertion: GrantAssertion,
  trust: TrustedIssuer,
  client: Client,
  { store }: GrantContext,
): Promise<Pick<Family, 'accountId' | 'teamId'>> {
  if (trust.subject === 'client') {
    if (assertion.subject !== client.clientId) throw invalid('sub is not the client')
    // A machine token without a team would reach every team's data.
    if (client.teamId === undefined) throw invalid('client belongs to no team')
    return { accountId: undefined, teamId: client.teamId }
  }
  const account = await accountOf(assertion, trust.subject, store)
  if (!account) throw invalid('no such subject here')
  const memberships = await store.teams.membershipsOf(account.accountId)
  const { homeTeamId } = account
  const question = {
    mode: 'home' as const,
    clientTeamId: client.teamId,
    askedSlug: undefined,
    memberships,
    homeTeamId,
  }
  const decision = decideTeam(question)
  if (decision.outcome !== 'fixed') throw invalid('not a member of the team')
  return { accountId: account.accountId, teamId: decision.teamId }
}

function scopeOf(
  assertion: GrantAssertion,
  { trust, client, asked }: { trust: TrustedIssuer; client: Client; asked: Scope | undefined },
): Scope {
  // Nobody signed in here, so there is nothing to say of a sign-in and nothing to stay for.
  const limits = [trust.scope, assertion.scope].filter((one) => one !== undefined)
  const most = limits.reduce<Scope>(intersectScope, machineScope(client))
  const scope = asked ?? most
  if (scope.length === 0 || !scopeWithin(scope, most))
    throw new ProtocolError(
      'invalid_scope',
      'scope exceeds the assertion or what the client is registered for',
    )
  return scope
}

/** Verifies an assertion; which issuer it is from decides by whose keys. */
async function verified(
  presented: string,
  client: Client,
  { door, now, jkt }: GrantContext,
): Promise<{ readonly assertion: GrantAssertion; readonly trust: TrustedIssuer }> {
  const parsed = parseGrantAssertion(presented)
  if (parsed.outcome === 'refuse') throw invalid(parsed.detail)
  const { assertion } = parsed
  const trust = door.trusts?.find(({ issuer }) => issuer === assertion.issuer)
  if (!trust) throw invalid('unknown issuer')
  const { profile, clients, subjects } = trust
  const { issuer: audience, resources } = door
  const use = { profile, clients, subjects, audience, resources, clientId: client.clientId, jkt }
  const decision = decideGrantAssertion(assertion, use, now)
  if (decision.outcome === 'refuse') throw invalid(decision.detail)
  switch (await verifyForeign(assertion.jws, trust, door.signatureAlgorithms)) {
    case 'good':
      return { assertion, trust }
    case 'bad':
      throw invalid('signature not valid')
    case 'unavailable':
      throw new ProtocolError('unavailable', 'the keys of the issuer can’t be had; try again later', {
        retryAfter: 30,
      })
  }
}

/**
 * The JWT bearer grant: somebody who is trusted vouches for whom a client acts. Used once; no refresh token, because the next
 * assertion is the next time that they vouch. Identity assertion grants come this way too.
 * @see RFC 7523 §2.1, §3, draft-ietf-oauth-identity-assertion-authz-grant §4.4
 */
export const jwtBearer: Grant = {
  grantType: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  params: ['assertion', 'scope', 'authorization_details'],

  async exchange({ client, params, resources: asked }, context) {
    const { store, now, event } = context
    if (client.type === 'public')
      throw new ProtocolError('unauthorized_client', 'client must authenticate to use an assertion')
    const presented = params.get('assertion')
    if (presented === undefined) throw new ProtocolError('invalid_request', 'assertion is missing')
    // Details are what a person allowed, and nobody was asked.
    grantedDetails([], requestedDetails(params))
    const { assertion, trust } = await verified(presented, client, context)
    const parties = await partiesOf(assertion, trust, client, context)
    const scope = scopeOf(assertion, { trust, client, asked: requestedScope(params) })
    const resources = grantedResources(assertion.resources, asked)
    const start = {
      familyId: newId('fam_', now),
      kind: 'machine' as const,
      clientId: client.clientId,
      scope,
      ...parties,
    }
    const family = newFamily(start, context, assertion.authenticatedAt ?? assertion.issuedAt)
    const lost = await lostStanding(family, store, now)
    if (lost !== undefined) throw invalid(lost)
    const granted = await signTokens({ family, scope, resources }, context)
    const { issuer, subject, jti, expiresAt } = assertion
    const use = { hash: secretHash(JSON.stringify([issuer, jti])), until: expiresAt }
    const about = {
      targetId: family.familyId,
      clientId: client.clientId,
      ...(parties.accountId !== undefined && { accountId: parties.accountId }),
      ...(parties.teamId !== undefined && { teamId: parties.teamId }),
      detail: `${issuer} says ${subject}`,
    }
    if (!(await store.families.createOnce(family, use, event('token.issued', about), now)))
      throw invalid('used before')
    return granted
  },
}
