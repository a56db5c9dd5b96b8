import {
  type CompactJws,
  type Environment,
  isOpaqueToken,
  type KeyFormat,
  opaqueTokenPrefix,
  parseAuthorization,
  parseCompactJws,
  recogniseApiKey,
} from '@sallyport/protocol'

/** A credential by its shape. That it has one says nothing about whether it is valid. */
export type Credential =
  | {
      readonly type: 'jwt'
      readonly secret: string
      readonly jws: CompactJws
      readonly scheme?: 'dpop'
    }
  | {
      readonly type: 'api-key'
      readonly secret: string
      readonly environment: Environment
      readonly doorId: string
    }
  | { readonly type: 'session-token'; readonly secret: string }
  | { readonly type: 'opaque-token'; readonly secret: string; readonly scheme?: 'dpop' }
  | { readonly type: 'unknown'; readonly secret: string }

/** Something presented that can be no credential of ours. */
export interface Malformed {
  readonly type: 'malformed'
  readonly detail: string
}

/** The values of the two headers that may carry a credential. */
export interface Presented {
  readonly authorization: readonly string[]
  readonly apiKey: readonly string[]
}

/** What a request presents. `two` means two different ones: `a` from `Authorization`, `b` from `X-API-Key`. */
export type Recognised =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'malformed'; readonly detail: string }
  | { readonly outcome: 'one'; readonly credential: Credential }
  | { readonly outcome: 'two'; readonly a: Credential | Malformed; readonly b: Credential | Malformed }

/** The key formats of all doors. */
export type DoorKeyFormats = readonly (KeyFormat & { readonly doorId: string })[]

/** What the secrets of session tokens start with. */
export const sessionTokenPrefix = 'osk_'

const threeSegments = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/
// Longer than any credential of ours; keeps hashing and parsing of noise cheap.
const maxLength = 8192

function malformed(detail: string): Malformed {
  return { type: 'malformed', detail }
}

function credentialOf(secret: string, formats: DoorKeyFormats): Credential | Malformed {
  if (secret.length > maxLength) return malformed('credential too long')
  const key = recogniseApiKey(secret, formats)
  if (key === 'malformed') return malformed('key with a wrong length, alphabet or checksum')
  if (key) {
    const { environment, format } = key
    return { type: 'api-key', secret, environment, doorId: format.doorId }
  }
  if (secret.startsWith(sessionTokenPrefix)) return { type: 'session-token', secret }
  if (secret.startsWith(opaqueTokenPrefix))
    return isOpaqueToken(secret)
      ? { type: 'opaque-token', secret }
      : malformed('no opaque token looks like this')
  if (!threeSegments.test(secret)) return { type: 'unknown', secret }
  const jws = parseCompactJws(secret)
  return jws ? { type: 'jwt', secret, jws } : malformed('three segments that are no acceptable JWS')
}

function readAuthorization(header: string, formats: DoorKeyFormats): Credential | Malformed {
  const parsed = parseAuthorization(header)
  if (!parsed) return malformed('Authorization is not a scheme and one token')
  // RFC 9110 §11.1: the scheme is compared without regard to case.
  if (parsed.scheme !== 'bearer' && parsed.scheme !== 'dpop')
    return malformed('Authorization scheme is neither Bearer nor DPoP')
  const found = credentialOf(parsed.value, formats)
  if (parsed.scheme === 'bearer' || found.type === 'malformed') return found
  return found.type === 'jwt' || found.type === 'opaque-token'
    ? { ...found, scheme: 'dpop' }
    : malformed('nothing but an access token goes under DPoP')
}

function readApiKey(header: string, formats: DoorKeyFormats): Credential | Malformed {
  const found = credentialOf(header, formats)
  return found.type === 'api-key' || found.type === 'malformed' ? found : malformed('X-API-Key holds no key')
}

function one(found: Credential | Malformed): Recognised {
  return found.type === 'malformed'
    ? { outcome: 'malformed', detail: found.detail }
    : { outcome: 'one', credential: found }
}

/**
 * Tells what a request presents from its shape alone, before anything is looked up: noise costs no read.
 *
 * A repeated header is refused rather than picked from: a proxy before us may have looked at the other value.
 *
 * @see RFC 6750 §2, RFC 9449 §7.1
 */
export function recognise({ authorization, apiKey }: Presented, formats: DoorKeyFormats): Recognised {
  if (authorization.length > 1) return { outcome: 'malformed', detail: 'Authorization repeated' }
  if (apiKey.length > 1) return { outcome: 'malformed', detail: 'X-API-Key repeated' }
  const [bearer] = authorization
  const [key] = apiKey
  const a = bearer === undefined ? undefined : readAuthorization(bearer, formats)
  const b = key === undefined ? undefined : readApiKey(key, formats)
  if (a && b) {
    const same = a.type === 'api-key' && b.type === 'api-key' && a.secret === b.secret
    return same ? one(b) : { outcome: 'two', a, b }
  }
  const found = a ?? b
  return found ? one(found) : { outcome: 'none' }
}
