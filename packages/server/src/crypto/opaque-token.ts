import { isOpaqueToken, opaqueTokenPrefix, parseJsonObject } from '@sallyport/protocol'
import type { Sealer } from './seal.ts'

const purpose = 'access-token'

/**
 * An access token that says nothing to whoever holds it: the claims that a JWT would have, hidden. Nothing is stored for it,
 * so it costs no more to make or to check than a JWT.
 * @see RFC 6749 §1.4
 */
export function formatOpaqueToken(claims: object, sealer: Sealer): string {
  return opaqueTokenPrefix + sealer.hide(purpose, JSON.stringify(claims))
}

/** The claims of an opaque access token; `undefined` when we did not make it. They may be over. No I/O. */
export function parseOpaqueToken(
  text: string,
  sealer: Sealer,
): Readonly<Record<string, unknown>> | undefined {
  if (!isOpaqueToken(text)) return undefined
  const revealed = sealer.reveal(purpose, text.slice(opaqueTokenPrefix.length))
  const claims = revealed === undefined ? undefined : parseJsonObject(revealed)
  return claims?.outcome === 'ok' ? claims.value : undefined
}
