import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'

/** A private key with the identifier it is published under in the JWKS. */
export interface SigningKey {
  readonly kid: string
  readonly alg: 'ES256'
  readonly privateKey: KeyObject
}

/** A new key pair as it is stored: PKCS #8 in PEM, and the public JWK as JSON. */
export interface NewSigningKey {
  readonly kid: string
  readonly alg: 'ES256'
  readonly privateKey: string
  readonly publicJwk: string
}

/** Makes an ES256 key; its `kid` is the JWK thumbprint. @see RFC 7518 §3.4, RFC 7638 */
export function newSigningKey(): NewSigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' })
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
  return {
    kid,
    alg: 'ES256',
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicJwk: JSON.stringify({ kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }),
  }
}

/** The private half, ready to sign. */
export function importSigningKey(kid: string, pem: string): SigningKey {
  return { kid, alg: 'ES256', privateKey: createPrivateKey(pem) }
}

/** The public half, from the JWK as stored. */
export function importPublicKey(publicJwk: string): KeyObject {
  return createPublicKey({ format: 'jwk', key: JSON.parse(publicJwk) })
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/**
 * Signs a JWT. `alg` is the first header member, so that tokens begin as clients have always seen them begin.
 * @see RFC 7515 §7.1, RFC 9068 §2.1 for `typ`
 */
export function signJwt(typ: string, claims: object, { kid, alg, privateKey }: SigningKey): string {
  const input = `${part({ alg, typ, kid })}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}
