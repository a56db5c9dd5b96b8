/** What an ID token says of a person; besides `sub` by the scopes that were granted. */
export interface IdTokenClaims {
  readonly sub: string
  readonly [name: string]: unknown
}

/** What an ID token must be for. */
export interface ExpectedIdToken {
  readonly issuer: string
  readonly clientId: string
  readonly nonce: string
}

/** Clocks of two machines may differ by so many seconds. */
const skew = 60

function parsePayload(token: unknown): Readonly<Record<string, unknown>> | undefined {
  const part = typeof token === 'string' ? token.split('.')[1] : undefined
  if (part === undefined || !/^[\w-]{1,16384}$/.test(part)) return undefined
  try {
    const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    )
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    // Not base64, not UTF-8 or not JSON: no ID token.
    return undefined
  }
}

function isFor(clientId: string, { aud, azp }: Readonly<Record<string, unknown>>): boolean {
  const others = Array.isArray(aud) && aud.length > 1
  return (Array.isArray(aud) ? aud.includes(clientId) : aud === clientId) && (!others || azp === clientId)
}

/**
 * The claims of an ID token that came straight from the token endpoint over TLS, which stands in for checking its
 * signature. Never use this on a token that came through a browser.
 * @see OpenID Connect Core §3.1.3.7
 */
export function readIdToken(
  token: unknown,
  { issuer, clientId, nonce }: ExpectedIdToken,
  now: number,
): IdTokenClaims | undefined {
  const claims = parsePayload(token)
  if (!claims || claims['iss'] !== issuer || !isFor(clientId, claims) || claims['nonce'] !== nonce)
    return undefined
  const { sub, exp } = claims
  if (typeof sub !== 'string' || sub === '' || typeof exp !== 'number' || exp + skew <= now) return undefined
  return { ...claims, sub }
}
