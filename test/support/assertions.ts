import { randomBytes } from 'node:crypto'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { type Answer, type Ask, send } from './http.ts'
import type { TestServer } from './server.ts'

/** A client's key pair. */
export interface ClientKey {
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

/** Makes one with `jose`. */
export async function newClientKey(kid: string, alg = 'ES256'): Promise<ClientKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid } }
}

/** What an assertion says, and how it differs from a good one. */
export interface AssertionWish {
  readonly clientId: string
  readonly aud: string | readonly string[]
  readonly now: number
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
}

/** A client's assertion by a key, or by a secret. @see RFC 7523 §3 */
export function assertionBy(
  key: ClientKey | string,
  { clientId, aud, now, claims, header }: AssertionWish,
): Promise<string> {
  const jti = randomBytes(12).toString('base64url')
  const jwt = new SignJWT({
    iss: clientId,
    sub: clientId,
    aud,
    iat: now,
    exp: now + 60,
    jti,
    ...claims,
  } as never)
  if (typeof key === 'string')
    return jwt.setProtectedHeader({ alg: 'HS256', ...header }).sign(Buffer.from(key))
  const { alg, privateKey, jwk } = key
  return jwt
    .setProtectedHeader({ alg, ...(jwk.kid !== undefined && { kid: jwk.kid }), ...header })
    .sign(privateKey)
}

/** The parameters that carry an assertion. @see RFC 7521 §4.2 */
export function byAssertion(assertion: string): Readonly<Record<string, string>> {
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  }
}

/** A token request of a machine. */
export function machineToken(
  server: TestServer,
  form: Readonly<Record<string, string>>,
  ask: Ask = {},
): Promise<Answer> {
  return send(`${server.base}/o/token/`, { form: { grant_type: 'client_credentials', ...form }, ...ask })
}
