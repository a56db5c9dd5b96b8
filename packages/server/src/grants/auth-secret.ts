import type { ClientCredentials } from '@sallyport/protocol'
import { sameHash, secretHash } from '../crypto/secret.ts'
import type { ClientWithSecrets } from '../store/contract/index.ts'
import type { AuthMethod, AuthVerdict } from './auth-method.ts'

function proveSecret({ secrets }: ClientWithSecrets, { secret }: ClientCredentials): AuthVerdict {
  if (secret === undefined) return { outcome: 'refuse', detail: 'no secret' }
  const hash = secretHash(secret)
  const known = secrets.find((one) => sameHash(one.hash, hash))
  return known
    ? { outcome: 'proven', secretId: known.secretId }
    : { outcome: 'refuse', detail: 'wrong secret' }
}

/** A secret by HTTP Basic. @see RFC 6749 §2.3.1 */
export const clientSecretBasic: AuthMethod = {
  name: 'client_secret_basic',
  by: 'basic',
  algorithms: [],
  prove: proveSecret,
}

/** A secret in the body. @see RFC 6749 §2.3.1 */
export const clientSecretPost: AuthMethod = {
  name: 'client_secret_post',
  by: 'post',
  algorithms: [],
  prove: proveSecret,
}

/** A public client, which proves nothing. @see RFC 6749 §2.1, §3.2.1 */
export const noAuthentication: AuthMethod = {
  name: 'none',
  by: 'none',
  algorithms: [],
  // One that has secrets has to show one: forgetting it must not make anybody a public client.
  prove: ({ type }) =>
    type === 'public' ? { outcome: 'proven' } : { outcome: 'refuse', detail: 'a confidential client' },
}
