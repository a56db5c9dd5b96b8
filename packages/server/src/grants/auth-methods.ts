import { type ClientAuthMethod, signatureAlgorithms } from '@sallyport/protocol'
import { clientSecretJwt, privateKeyJwt } from './auth-assertion.ts'
import { selfSignedTlsClientAuth, tlsClientAuth } from './auth-certificate.ts'
import type { AuthMethod } from './auth-method.ts'
import { clientSecretBasic, clientSecretPost, noAuthentication } from './auth-secret.ts'

/** Every way for a client to prove itself that this server speaks; discovery and authentication both read this list. */
export const authMethods: readonly AuthMethod[] = [
  clientSecretBasic,
  clientSecretPost,
  privateKeyJwt,
  clientSecretJwt,
  tlsClientAuth,
  selfSignedTlsClientAuth,
  noAuthentication,
]

/** What a door takes that says nothing else. */
export const usualMethods: readonly ClientAuthMethod[] = ['client_secret_basic', 'client_secret_post', 'none']

/** What vendors may prove themselves by: a secret, however it comes. */
export const vendorMethods: readonly ClientAuthMethod[] = ['client_secret_basic', 'client_secret_post']

/** What a door takes, as it goes into discovery. @see RFC 8414 §2 */
export interface AuthMetadata {
  readonly methods: readonly ClientAuthMethod[]
  /** Left out of discovery when nothing is signed. */
  readonly algorithms: readonly string[]
}

/** The methods of a door that are registered here, with the algorithms of those that sign; with a key, by those of `by`. */
export function authMetadata(
  taken: readonly ClientAuthMethod[] = usualMethods,
  by: readonly string[] = signatureAlgorithms,
): AuthMetadata {
  const registered = authMethods.filter(({ name }) => taken.includes(name))
  return {
    methods: registered.map(({ name }) => name),
    algorithms: [...new Set(registered.flatMap(({ algorithms }) => algorithms))].filter(
      (one) => by.includes(one) || !(signatureAlgorithms as readonly string[]).includes(one),
    ),
  }
}
