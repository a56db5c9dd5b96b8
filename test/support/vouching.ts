import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

/** Somebody elsewhere whose word a server takes. */
export interface Voucher {
  readonly issuer: string
  readonly jwks: { readonly keys: readonly JWK[] }
  /** Where it publishes its keys, until it is closed. */
  readonly jwksUri: string
  /** Signs claims that are good but for `more`; `undefined` takes one out. */
  sign(claims: Readonly<Record<string, unknown>>, header?: object, key?: CryptoKey): Promise<string>
  close(): void
}

/** An issuer with an ES256 key; `now` is the clock that its assertions go by. */
export async function startVoucher(now: () => number): Promise<Voucher> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'v1', alg: 'ES256', use: 'sig' }] }
  const http = createServer((_request, response) => {
    response.setHeader('content-type', 'application/jwk-set+json')
    response.end(JSON.stringify(jwks))
  }).listen(0, '127.0.0.1')
  await once(http, 'listening')
  const address = http.address()
  const issuer = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  return {
    issuer,
    jwks,
    jwksUri: `${issuer}/jwks`,
    sign(claims, header = {}, key = privateKey) {
      const all = { iss: issuer, iat: now(), exp: now() + 300, jti: randomUUID(), ...claims }
      return new SignJWT(all).setProtectedHeader({ alg: 'ES256', kid: 'v1', ...header }).sign(key)
    },
    close() {
      http.closeAllConnections()
      http.close()
    },
  }
}
