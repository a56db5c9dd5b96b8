/** Every way for a client to prove itself, by its registered name. @see RFC 7591 §2, OpenID Connect Core §9, RFC 8705 §2 */
export const clientAuthMethods = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'none',
] as const

/** One of them. */
export type ClientAuthMethod = (typeof clientAuthMethods)[number]
