import { audienceOf, type AuthorizationDetail, formatScope, type Scope } from '@sallyport/protocol'
import { newSecret } from '../crypto/secret.ts'
import { formatOpaqueToken } from '../crypto/opaque-token.ts'
import { formatRefreshToken } from '../crypto/refresh-token.ts'
import type { RefreshSettings } from '../settings/door.ts'
import type { Family } from '../store/contract/index.ts'
import type { GrantContext, Unsigned } from './context.ts'

/** What a grant won, signed. */
export interface Granted extends Unsigned {
  readonly accessToken: string
  readonly idToken: string | undefined
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
}

/** What a token is bound to: the key that its request proved, the certificate of a client that is registered for that, or both. @see RFC 9449 §6.1, RFC 8705 §3.1 */
function confirmation({ jkt, x5t, bindsCertificate = false }: GrantContext): object {
  const cnf = {
    ...(jkt !== undefined && { jkt }),
    ...(bindsCertificate && x5t !== undefined && { 'x5t#S256': x5t }),
  }
  return Object.keys(cnf).length === 0 ? {} : { cnf }
}

/** When the newest refresh token of a family ends: left unused too long, or with its family. */
export function refreshExpiresAt(family: Family, { idle }: Pick<RefreshSettings, 'idle'>): number {
  return Math.min(family.issuedAt + idle, family.expiresAt ?? Number.MAX_SAFE_INTEGER)
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
  const { family, scope, resources = [], details = [] } = unsigned
  const { sealer, door, now } = context
  const { familyId, accountId, clientId, teamId } = family
  const claims = {
    iss: door.issuer,
    aud: audienceOf(resources, door.issuer),
    sub: accountId ?? clientId,
    ...(clientId !== undefined && { client_id: clientId }),
    scope: formatScope(scope),
    ...(teamId !== undefined && { team: teamId }),
    door: door.id,
    fam: familyId,
    auth_time: family.authenticatedAt,
    iat: now,
    exp: now + door.accessLifetime,
    jti: newSecret().slice(0, 22),
    ...confirmation(context),
    ...(details.length > 0 && { authorization_details: details }),
  }
  const [accessToken, idToken] = await Promise.all([
    door.accessFormat === 'opaque' ? formatOpaqueToken(claims, sealer) : context.sign('at+jwt', claims),
    context.idToken?.(unsigned),
  ])
  return { ...unsigned, accessToken, idToken }
}

/** The tokens of a grant; where its family refreshes, with the refresh token that is derived from it. */
export function issue(
  { family, scope, details = [], accessToken, idToken }: Granted,
  context: GrantContext,
): Issued {
  const { sealer, door, jkt } = context
  const refreshes = family.kind !== 'machine'
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
    expiresIn: door.accessLifetime,
    refreshToken: refreshes ? formatRefreshToken(content, door.refresh.format, sealer) : undefined,
    scope,
    details,
  }
}

/** The token response. @see RFC 6749 §5.1, OpenID Connect Core §3.1.3.3, RFC 9396 §7 */
export function tokenResponse(issued: Issued): Readonly<Record<string, unknown>> {
  return {
    access_token: issued.accessToken,
    token_type: issued.tokenType,
    expires_in: issued.expiresIn,
    ...(issued.refreshToken !== undefined && { refresh_token: issued.refreshToken }),
    ...(issued.details.length > 0 && { authorization_details: issued.details }),
    ...(issued.scope.length > 0 && { scope: formatScope(issued.scope) }),
    ...(issued.idToken !== undefined && { id_token: issued.idToken }),
  }
}
