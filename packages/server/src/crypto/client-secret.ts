import type { Sealer } from './seal.ts'

const purpose = 'client-secret'

/**
 * A client's secret as it is stored where the server must have it to verify what the client signs with it; what was sealed for one
 * client is nothing for another. Every other client's secret is kept as a hash alone.
 * @see OpenID Connect Core §9 (`client_secret_jwt`), §16.19
 */
export function sealClientSecret(secret: string, clientId: string, sealer: Sealer): string {
  return sealer.hide(purpose, secret, clientId)
}

/** The secret again; `undefined` when it was not sealed here for this client. */
export function revealClientSecret(sealed: string, clientId: string, sealer: Sealer): string | undefined {
  return sealer.reveal(purpose, sealed, clientId)
}
