import { formatScope, type Scope } from '@sallyport/protocol'
import { newSecret } from '../crypto/secret.ts'
import { formatOpaqueToken } from '../crypto/opaque-token.ts'
import { formatRefreshToken } from '../crypto/refresh-token.ts'
import { signJwt } from '../crypto/signing-key.ts'
import type { RefreshSettings } from '../settings/door.ts'
import type { Family } from '../store/contract/index.ts'
import type { GrantContext } from './context.ts'

/** What a grant won: the family, and the scope of the access token (never wider than the family's). */
export interface Granted {
  readonly family: Family
  readonly scope: Scope
}

/** Tokens, before a door words them. */
export interface Issued {
  readonly accessToken: string
  /** @see RFC 9449 §5 */
  readonly tokenType: 'Bearer' | 'DPoP'
  readonly expiresIn: number
  readonly refreshToken: string | undefined
  readonly scope: Scope
}

/** When the newest refresh token of a family ends: left unused too long, or with its family. */
export function refreshExpiresAt(family: Family, { idle }: Pick<RefreshSettings, 'idle'>): number {
  return Math.min(family.issuedAt + idle, family.expiresAt ?? Number.MAX_SAFE_INTEGER)
}

/**
 * Makes the access token of a family in its door's format and, where the family refreshes, derives its refresh token.
 *
 * The token says who and what was granted; whether that still holds is read from live facts (the family, the person,
 * the team), which is why neither plan nor role is in it.
 * @see RFC 9068 §2.2, RFC 9449 §6.1
 */
export function issue({ family, scope }: Granted, context: GrantContext): Issued {
  const { signingKey, sealer, door, now, jkt } = context
  const { familyId, accountId, clientId, teamId } = family
  const claims = {
    iss: door.issuer,
    aud: door.issuer,
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
    ...(jkt !== undefined && { cnf: { jkt } }),
  }
  const refreshes = family.kind !== 'machine'
  const content = {
    familyId,
    gen: family.gen,
    issuedAt: family.issuedAt,
    expiresAt: refreshExpiresAt(family, door.refresh),
  }
  return {
    accessToken:
      door.accessFormat === 'opaque'
        ? formatOpaqueToken(claims, sealer)
        : signJwt('at+jwt', claims, signingKey),
    tokenType: jkt === undefined ? 'Bearer' : 'DPoP',
    expiresIn: door.accessLifetime,
    refreshToken: refreshes ? formatRefreshToken(content, door.refresh.format, sealer) : undefined,
    scope,
  }
}

/** The token response of RFC 6749 §5.1. */
export function tokenResponse(issued: Issued): Readonly<Record<string, string | number>> {
  return {
    access_token: issued.accessToken,
    token_type: issued.tokenType,
    expires_in: issued.expiresIn,
    ...(issued.refreshToken !== undefined && { refresh_token: issued.refreshToken }),
    ...(issued.scope.length > 0 && { scope: formatScope(issued.scope) }),
  }
}
