import { parseCompactJws } from '@sallyport/protocol'
import { parseOpaqueToken } from '../crypto/opaque-token.ts'
import type { Services } from './services.ts'

/**
 * The claims of a JWT of ours; they may be over. RFC 8725 §3.11: one type for one purpose, so that an ID token or a refresh token
 * never passes for an access token.
 */
export function openJwt(
  typ: 'at+jwt' | 'JWT',
  token: string,
  { signing, now }: Services,
): Readonly<Record<string, unknown>> | undefined {
  const jws = parseCompactJws(token)
  return jws?.header['typ'] === typ && signing.verify(jws, now()) ? jws.payload : undefined
}

/** The claims of an access token of ours; both forms, whichever its door makes now: the setting may have changed since. */
export function openAccessToken(
  token: string,
  services: Services,
): Readonly<Record<string, unknown>> | undefined {
  return parseOpaqueToken(token, services.sealer) ?? openJwt('at+jwt', token, services)
}
