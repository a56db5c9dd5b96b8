import { parseCompactJws } from '@sallyport/protocol'
import type { Sealer } from './seal.ts'

/** What a refresh token says: which family, which generation. `issuedAt` and `expiresAt` are only shown, never trusted. */
export interface RefreshTokenContent {
  readonly familyId: string
  readonly gen: number
  readonly issuedAt: number
  readonly expiresAt: number
}

/** How a door's refresh tokens look: an opaque string, or a JWT for clients that read `exp` from it. */
export type RefreshTokenFormat = 'opaque' | 'jwt'

const purpose = 'refresh-token'
const jwtHeader = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'rt+jwt' })).toString('base64url')
const opaqueShape = /^(fam_[0-9A-Za-z-]{1,64})\.([1-9][0-9]{0,9})\.([0-9A-Za-z_-]{43})$/

/**
 * A refresh token is derived from its family and generation and never stored: the same generation gives the same token,
 * so that an answer that was lost can be given again.
 */
export function formatRefreshToken(
  content: RefreshTokenContent,
  format: RefreshTokenFormat,
  sealer: Sealer,
): string {
  const { familyId, gen, issuedAt, expiresAt } = content
  if (format === 'opaque') return `${familyId}.${gen}.${sealer.seal(purpose, [familyId, gen])}`
  const claims = { token_type: 'refresh', fam: familyId, gen, iat: issuedAt, exp: expiresAt }
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url')
  return `${jwtHeader}.${payload}.${sealer.seal(purpose, [jwtHeader, payload])}`
}

/** Reads a refresh token in either format; `undefined` when we did not make it. No I/O. */
export function parseRefreshToken(
  text: string,
  sealer: Sealer,
): { readonly familyId: string; readonly gen: number } | undefined {
  const opaque = opaqueShape.exec(text)
  if (opaque) {
    const [, familyId = '', gen = '', mac = ''] = opaque
    return sealer.isSeal(mac, purpose, [familyId, gen]) ? { familyId, gen: Number(gen) } : undefined
  }
  const [header, payload, mac] = text.split('.')
  if (header !== jwtHeader || payload === undefined || mac === undefined) return undefined
  if (!sealer.isSeal(mac, purpose, [header, payload])) return undefined
  const { fam, gen } = parseCompactJws(text)?.payload ?? {}
  return typeof fam === 'string' && typeof gen === 'number' ? { familyId: fam, gen } : undefined
}
