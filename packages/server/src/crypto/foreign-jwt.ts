import { type CompactJws, type ForeignAlgorithm, signatureAlgorithms } from '@sallyport/protocol'
import { compactVerify, createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet } from 'jose'

/** Where the public keys of somebody else are: in the settings, or at an address of theirs. @see RFC 7517 §5 */
export interface ForeignKeys {
  readonly jwks?: JSONWebKeySet
  readonly jwksUri?: string
}

/** What a foreign signature came to; `unavailable`: the keys could not be had. */
export type ForeignVerdict = 'good' | 'bad' | 'unavailable'

const timeoutMs = 3000

type KeySet = ReturnType<typeof createLocalJWKSet> | ReturnType<typeof createRemoteJWKSet>

function openKeySet({ jwks, jwksUri }: ForeignKeys): KeySet {
  if (jwks) return createLocalJWKSet(jwks)
  if (jwksUri === undefined) throw new TypeError('a trusted issuer needs jwks or jwksUri')
  // Kept between requests, and asked for again for an unknown key, but not more than once in half a minute.
  return createRemoteJWKSet(new URL(jwksUri), { timeoutDuration: timeoutMs })
}

/** One set of keys for each entry of the settings, so there are no more than those. */
const keySets = new WeakMap<ForeignKeys, KeySet>()

/**
 * Whether a JWS is signed by one of somebody's keys, with one of `algorithms`: never a shared secret, never `none`. What its header says of keys (`jku`, `jwk`) is not
 * followed.
 * @see RFC 7515 §5.2, RFC 8725 §3.1
 */
export async function verifyForeign(
  jws: CompactJws,
  keys: ForeignKeys,
  algorithms: readonly ForeignAlgorithm[] = signatureAlgorithms,
): Promise<ForeignVerdict> {
  const keySet = keySets.get(keys) ?? openKeySet(keys)
  keySets.set(keys, keySet)
  const text = `${jws.signingInput}.${Buffer.from(jws.signature).toString('base64url')}`
  try {
    await compactVerify(text, keySet, { algorithms: [...algorithms] })
    return 'good'
  } catch (error) {
    // Every answer about the token is a JOSEError of its own kind; what is left is that the key set was not there.
    if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return 'unavailable'
    if (!(error instanceof errors.JOSEError)) return error instanceof TypeError ? 'unavailable' : 'bad'
    return error.code === 'ERR_JOSE_GENERIC' ? 'unavailable' : 'bad'
  }
}
