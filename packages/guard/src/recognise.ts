import {
  type CompactJws,
  type KeyFormat,
  parseAuthorization,
  parseCompactJws,
  recogniseApiKey,
} from '@sallyport/protocol'

/** A credential, known by its shape alone. Recognised is not accepted. */
export type Credential =
  | { readonly type: 'jwt'; readonly token: string; readonly jws: CompactJws }
  | { readonly type: 'api-key'; readonly secret: string; readonly doorId: string }
  | { readonly type: 'session-token'; readonly secret: string }
  | { readonly type: 'malformed'; readonly detail: string }

/** What a request presents. */
export type Recognised =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'one'; readonly credential: Credential }
  | { readonly outcome: 'two'; readonly bearer: Credential; readonly key: Credential }

type Formats = readonly (KeyFormat & { readonly doorId: string })[]

const malformed = (detail: string): Credential => ({ type: 'malformed', detail })

function bySecret(secret: string, formats: Formats): Credential {
  const key = recogniseApiKey(secret, formats)
  if (key === 'malformed') return malformed('API key with a wrong length or checksum')
  if (key) return { type: 'api-key', secret, doorId: key.format.doorId }
  if (secret.startsWith('osk_')) return { type: 'session-token', secret }
  const jws = parseCompactJws(secret)
  return jws ? { type: 'jwt', token: secret, jws } : malformed('no credential that we make')
}

function byAuthorization([header = '', second]: readonly string[], formats: Formats): Credential {
  if (second !== undefined) return malformed('Authorization is repeated')
  const parsed = parseAuthorization(header)
  if (parsed?.scheme !== 'bearer') return malformed('not a bearer credential')
  return bySecret(parsed.value, formats)
}

function byApiKey([header = '', second]: readonly string[], formats: Formats): Credential {
  if (second !== undefined) return malformed('X-API-Key is repeated')
  const found = bySecret(header, formats)
  return found.type === 'api-key' ? found : malformed('X-API-Key holds no API key')
}

/**
 * Recognises what a request presents, by shape and without I/O: a key with a wrong checksum costs nothing. The same key in
 * both headers is one credential.
 * @see RFC 6750 §2.1
 */
export function recognise(
  authorization: readonly string[],
  apiKey: readonly string[],
  formats: Formats,
): Recognised {
  const bearer = authorization.length > 0 ? byAuthorization(authorization, formats) : undefined
  const key = apiKey.length > 0 ? byApiKey(apiKey, formats) : undefined
  if (bearer && key) {
    const same = bearer.type === 'api-key' && key.type === 'api-key' && bearer.secret === key.secret
    return same ? { outcome: 'one', credential: key } : { outcome: 'two', bearer, key }
  }
  const credential = bearer ?? key
  return credential ? { outcome: 'one', credential } : { outcome: 'none' }
}
