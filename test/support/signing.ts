import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createSafe } from '../../packages/server/src/crypto/safe.ts'
import { type TestServer, testSecret } from './server.ts'

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The private key that a server signs with, out of its store: what it refuses then is not refused for the signature. */
export function signingKeyOf({ dataFolder }: TestServer): KeyObject {
  const database = new DatabaseSync(join(dataFolder, 'sallyport.db'), { readOnly: true })
  const row = database
    .prepare('SELECT kid, private_key FROM signing_key ORDER BY active_at DESC LIMIT 1')
    .get()
  database.close()
  const opened = createSafe(testSecret).open(
    'signing-key',
    String(row?.['kid']),
    String(row?.['private_key']),
  )
  return createPrivateKey(opened?.text ?? '')
}

/** A key that the server has never seen, with its public half as a JWK. */
export function strangersKey(kid: string): { readonly key: KeyObject; readonly jwk: object } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { key: privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' } }
}

/** A JWT with any header and claims under a good ES256 signature. @see RFC 7515 §7.1, RFC 7518 §3.4 */
export function signedBy(key: KeyObject, header: object, claims: object): string {
  const input = `${part(header)}.${part(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
