import { createHash, randomBytes } from 'node:crypto'
import { calculateJwkThumbprint, type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

/** A client's key, which tokens can be bound to. */
export interface ProofKey {
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
  readonly jkt: string
}

/** Makes a key with `jose`, which is not the code under test. */
export async function newProofKey(alg = 'ES256'): Promise<ProofKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(publicKey)
  return { alg, privateKey, jwk, jkt: await calculateJwkThumbprint(jwk) }
}

/** What a proof is for, and how it differs from a good one. */
export interface ProofFor {
  readonly method?: string
  readonly url: string
  readonly now: number
  readonly token?: string
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
}

/** A DPoP proof, signed by `jose`. @see RFC 9449 §4.2 */
export function proofOf({ alg, privateKey, jwk }: ProofKey, request: ProofFor): Promise<string> {
  const { method = 'GET', url, now, token, claims, header } = request
  const ath = token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') }
  const jti = randomBytes(12).toString('base64url')
  return new SignJWT({ jti, htm: method, htu: url, iat: now, ...ath, ...claims })
    .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk, ...header })
    .sign(privateKey)
}
