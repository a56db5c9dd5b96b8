import {
  accessTokenType,
  actorChain,
  audienceOf,
  type AuthorizationDetail,
  formatScope,
  type Scope,
} from '@sallyport/protocol'
import { newSecret } from '../crypto/secret.ts'
import { formatOpaqueToken } from '../crypto/opaque-token.ts'
import { formatRefreshToken } from '../crypto/refresh-token.ts'
import type { RefreshSettings } from '../settings/door.ts'
import type { Family } from '../store/contract/index.ts'
import type { GrantContext, Unsigned } from './context.ts'
import { isPairwise, mostPrivate } from './subject.ts'

/** What a grant won, signed. */
export interface Granted extends Unsigned {
  readonly accessToken: string
  readonly idToken: string | undefined
}

/** What a client can take to another server, where it is worth a token; nothing here. */
export interface Vouched {
  readonly assertion: string
  readonly assertionType: string
  readonly expiresIn: number
  readonly scope: Scope
}

/** Tokens, before a door words them. */
export interface Issued {
  readonly accessToken: string
  /** @see RFC 9449 §5 */
  readonly tokenType: 'Bearer' | 'DPoP'
  readonly expiresIn: number
  readonly refreshToken: string | undefined
  readonly idToken: string | undefined
  readonly scope: Scope
  readonly details: readonly AuthorizationDetail[]
  /** What it is, where it was exchanged for another. @see RFC 8693 §2.2.1 */
  readonly issuedTokenType: string | undefined
}

/** What a token is bound to: the key that its request proved, the certificate of a client that is registered for that, or both. @see RFC 9449 §6.1, RFC 8705 §3.1 */
function confirmation({ jkt, x5t, bindsCertificate = false }: GrantContext): object {
  const cnf = {
    ...(jkt !== undefined && { jkt }),
    ...(bindsCertificate && x5t !== undefined && { 'x5t#S256': x5t }),
  }
  return Object.keys(cnf).length === 0 ? {} : { cnf }
}

/** How the person of a family signed in, by its door's name for that. @see RFC 9068 §2.2.1, RFC 9470 §6.1 */
export function acrOf(
  { signIn }: Pick<Family, 'signIn'>,
  { acrValues }: Pick<GrantContext['door'], 'acrValues'>,
): string | undefined {
  return signIn && acrValues?.[signIn]
}

/**
 * Whether a family came of a sign-in here, so that there is a moment of it to tell. Software can make itself a token at any time, and
 * what others vouch for they vouch for. @see RFC 9068 §2.2.1, RFC 9470 §6.1
 */
export function isSignedIn({ accountId, kind }: Pick<Family, 'accountId' | 'kind'>): boolean {
  return accountId !== undefined && kind !== 'machine'
}

/** When the newest refresh token of a family ends: left unused too long, or with its family. */
export function refreshExpiresAt(family: Family, { idle }: Pick<RefreshSettings, 'idle'>): number {
  return Math.min(family.issuedAt + idle, family.expiresAt ?? Number.MAX_SAFE_INTEGER)
}

/** When an access token ends: with its lifetime, or with the one that it was exchanged for. */
const accessExpiresAt = ({ handedOn }: Unsigned, { door, now }: GrantContext) =>
  Math.min(now + door.accessLifetime, handedOn?.notAfter ?? Number.MAX_SAFE_INTEGER)

/**
 * Whether nobody but the server may read the access token: by its door's choice, or since a client that holds it may not learn the id
 * of the account. Guards go on to see the account, which is in it. @see RFC 9068 §6, OpenID Connect Core §8
 */
async function isHidden({ family, handedOn }: Unsigned, context: GrantContext): Promise<boolean> {
  const { door, client } = context
  if (door.accessFormat === 'opaque') return true
  if (!client || family.accountId === undefined) return false
  const held = [family.clientId, ...actorChain(handedOn?.act).map((one) => one.client_id)]
  return isPairwise(await mostPrivate(client, held, context), context)
}

/**
 * Makes the access token of a family in its door's format, and the ID token where its door has one. A grant does this before
 * it takes a code, moves a generation or starts a family: a signer that is not there then costs nobody anything.
 *
 * The token says who and what was granted; whether that still holds is read from live facts (the family, the person,
 * the team), which is why neither plan nor role is in it.
 * @see RFC 9068 §2.2, RFC 9449 §6.1
 */
export async function signTokens(unsigned: Unsigned, context: GrantContext): Promise<Granted> {
  const { family, scope, resources = [], details = [], handedOn } = unsigned
  const { sealer, door, now } = context
  const { familyId, accountId, teamId } = family
  const clientId = handedOn?.clientId ?? family.clientId
  const acr = acrOf(family, door)
  const claims = {
    iss: door.issuer,
    aud: audienceOf(resources, door.issuer),
    sub: accountId ?? family.clientId,
    ...(clientId !== undefined && { client_id: clientId }),
    scope: formatScope(scope),
    ...(teamId !== undefined && { team: teamId }),
    door: door.id,
    fam: familyId,
    ...(isSignedIn(family) && { auth_time: family.authenticatedAt }),
    ...(acr !== undefined && { acr }),
    iat: now,
    exp: accessExpiresAt(unsigned, context),
    jti: newSecret().slice(0, 22),
    ...confirmation(context),
    ...(details.length > 0 && { authorization_details: details }),
    ...(handedOn && { act: handedOn.act }),
  }
  const [accessToken, idToken] = await Promise.all([
    (await isHidden(unsigned, context)) ? formatOpaqueToken(claims, sealer) : context.sign('at+jwt', claims),
    context.idToken?.(unsigned),
  ])
  return { ...unsigned, accessToken, idToken }
}

/** The tokens of a grant; where its family refreshes, with the refresh token that is derived from it. */
export function issue(granted: Granted, context: GrantContext): Issued {
  const { family, scope, details = [], accessToken, idToken, handedOn } = granted
  const { sealer, door, jkt } = context
  const refreshes = family.kind !== 'machine' && !handedOn
  const content = {
    familyId: family.familyId,
    gen: family.gen,
    issuedAt: family.issuedAt,
    expiresAt: refreshExpiresAt(family, door.refresh),
  }
  return {
    accessToken,
    idToken,
    tokenType: jkt === undefined ? 'Bearer' : 'DPoP',
    expiresIn: accessExpiresAt(granted, context) - context.now,
    refreshToken: refreshes ? formatRefreshToken(content, door.refresh.format, sealer) : undefined,
    scope,
    details,
    issuedTokenType: handedOn && accessTokenType,
  }
}

/** The token response. @see RFC 6749 §5.1, OpenID Connect Core §3.1.3.3, RFC 9396 §7 */
export function tokenResponse(issued: Issued): Readonly<Record<string, unknown>> {
  return {
    access_token: issued.accessToken,
    ...(issued.issuedTokenType !== undefined && { issued_token_type: issued.issuedTokenType }),
    token_type: issued.tokenType,
    expires_in: issued.expiresIn,
    ...(issued.refreshToken !== undefined && { refresh_token: issued.refreshToken }),
    ...(issued.details.length > 0 && { authorization_details: issued.details }),
    ...(issued.scope.length > 0 && { scope: formatScope(issued.scope) }),
    ...(issued.idToken !== undefined && { id_token: issued.idToken }),
  }
}

/** The response that holds no access token, but has to put what it holds where one would be. @see RFC 8693 §2.2.1 */
export function vouchedResponse(vouched: Vouched): Readonly<Record<string, string | number>> {
  return {
    issued_token_type: vouched.assertionType,
    access_token: vouched.assertion,
    token_type: 'N_A',
    expires_in: vouched.expiresIn,
    ...(vouched.scope.length > 0 && { scope: formatScope(vouched.scope) }),
  }
}
