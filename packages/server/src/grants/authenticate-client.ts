import { ProtocolError } from '@sallyport/protocol'
import { sameHash, secretHash } from '../crypto/secret.ts'
import type { Client, ClientWithSecrets } from '../store/contract/index.ts'
import type { GrantContext, GrantDoor } from './context.ts'

/** How a client named and proved itself. */
export interface ClientCredentials {
  readonly clientId: string | undefined
  readonly secret: string | undefined
  /** How the credentials came: the challenge of a refusal answers in kind. @see RFC 6749 §5.2 */
  readonly method: 'basic' | 'post' | 'none'
}

function isProven(client: ClientWithSecrets, secret: string | undefined): boolean {
  if (client.type === 'public') return secret === undefined
  if (secret === undefined) return false
  const hash = secretHash(secret)
  return client.secrets.some((known) => sameHash(known.hash, hash))
}

/**
 * Proves that a request comes from the client it names, at the door the client belongs to. Unknown client, other door
 * and wrong secret are one answer.
 * @see RFC 6749 §2.3.1
 */
export async function authenticateClient(
  credentials: ClientCredentials,
  context: Pick<GrantContext, 'store' | 'now'> & { readonly door: Pick<GrantDoor, 'id'> },
): Promise<Client> {
  const { store, door, now } = context
  const { clientId, secret, method } = credentials
  const client = clientId === undefined ? undefined : await store.clients.find(clientId, now)
  if (client && client.doorId === door.id && isProven(client, secret)) return client
  const detail = !client
    ? 'unknown client'
    : client.doorId === door.id
      ? 'wrong secret'
      : 'client of another door'
  const challenge = method === 'basic' ? 'Basic realm="oauth"' : 'Bearer error="invalid_client"'
  throw new ProtocolError('invalid_client', 'client authentication failed', {
    detail,
    headers: { 'www-authenticate': challenge },
  })
}
