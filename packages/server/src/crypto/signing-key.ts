import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  sign,
} from 'node:crypto'
import { promisify } from 'node:util'
import type { SigningAlgorithm } from '@sallyport/protocol'

/** A private key with the identifier it is published under in the JWKS. */
export interface SigningKey {
  readonly kid: string
  readonly alg: SigningAlgorithm
  readonly privateKey: KeyObject
}

/** A new key pair as it is stored: PKCS #8 in PEM, and the public JWK as JSON. */
export interface NewSigningKey {
  readonly kid: string
  readonly alg: SigningAlgorithm
  readonly privateKey: string
  readonly publicJwk: string
}

const generate = promisify(generateKeyPair)

// Not on this thread: an RSA key can take a second. 2048 bits outlast the months for which a key is published, and sign
// three times faster than 3072. @see RFC 7518 §3.3, NIST SP 800-57 Part 1 §5.6.3
function makePair(alg: SigningAlgorithm): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  switch (alg) {
    case 'ES256':
      return generate('ec', { namedCurve: 'P-256' })
    case 'EdDSA':
    case 'Ed25519':
      return generate('ed25519')
    case 'RS256':
    case 'PS256':
      return generate('rsa', { modulusLength: 2048 })
  }
}

/** The members that RFC 7638 §3.2 and RFC 8037 §2 name for each type, in the order of the alphabet; all of them are public. */
function publicMembers(jwk: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const names = ['crv', 'e', 'kty', 'n', 'x', 'y']
  return Object.fromEntries(names.flatMap((name) => (name in jwk ? [[name, jwk[name]]] : [])))
}

/** A public JWK as it is published, whatever else the given one holds. */
export function publicJwkOf(
  jwk: Readonly<Record<string, unknown>>,
  kid: string,
  alg: SigningAlgorithm,
): string {
  const { kty, ...rest } = publicMembers(jwk)
  return JSON.stringify({ kty, ...rest, kid, alg, use: 'sig' })
}

/** Makes a key; its `kid` is the JWK thumbprint. @see RFC 7638 §3.2, RFC 8037 §2 */
export async function newSigningKey(alg: SigningAlgorithm): Promise<NewSigningKey> {
  const { privateKey, publicKey } = await makePair(alg)
  const members = publicMembers({ ...publicKey.export({ format: 'jwk' }) })
  const kid = createHash('sha256').update(JSON.stringify(members)).digest('base64url')
  return {
    kid,
    alg,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicJwk: publicJwkOf(members, kid, alg),
  }
}

/** The private half, ready to sign. */
export function importSigningKey(kid: string, alg: SigningAlgorithm, pem: string): SigningKey {
  return { kid, alg, privateKey: createPrivateKey(pem) }
}

/** The public half, from the JWK as stored. */
export function importPublicKey(publicJwk: string): KeyObject {
  return createPublicKey({ format: 'jwk', key: JSON.parse(publicJwk) })
}

/** The signature of a JWS. @see RFC 7518 §3.3 to §3.5, RFC 8037 §3.1 */
function signatureOf(input: Buffer, { alg, privateKey: key }: SigningKey): Buffer {
  switch (alg) {
    case 'ES256':
      return sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' })
    case 'EdDSA':
    case 'Ed25519':
      return sign(null, input, key)
    case 'RS256':
      return sign('sha256', input, { key, padding: constants.RSA_PKCS1_PADDING })
    case 'PS256':
      return sign('sha256', input, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      })
  }
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/**
 * What is signed of a JWT. `alg` is the first header member, so that tokens begin as clients have always seen them begin.
 * @see RFC 7515 §7.1, RFC 9068 §2.1 for `typ`
 */
export function jwtInput(typ: string, claims: object, { kid, alg }: Pick<SigningKey, 'kid' | 'alg'>): string {
  return `${part({ alg, typ, kid })}.${part(claims)}`
}

/** Signs a JWT. */
export function signJwt(typ: string, claims: object, key: SigningKey): string {
  const input = jwtInput(typ, claims, key)
  return `${input}.${signatureOf(Buffer.from(input), key).toString('base64url')}`
}
