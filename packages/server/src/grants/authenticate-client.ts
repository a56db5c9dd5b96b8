import { type ClientAuthMethod, type ClientCredentials, ProtocolError } from '@sallyport/protocol'
import type { Client, ClientWithSecrets } from '../store/contract/index.ts'
import type { AuthContext, AuthVerdict } from './auth-method.ts'
import { authMethods } from './auth-methods.ts'

const byName = new Map(authMethods.map((method) => [method.name, method]))

/** The method that a client has to use: the registered one, or else a secret in the way that it came. */
function methodOf(
  { type, authentication }: ClientWithSecrets,
  { method }: ClientCredentials,
): ClientAuthMethod {
  if (authentication?.method !== undefined) return authentication.method
  if (type === 'public') return 'none'
  return method === 'basic' ? 'client_secret_basic' : 'client_secret_post'
}

async function prove(
  client: ClientWithSecrets | undefined,
  credentials: ClientCredentials,
  context: AuthContext,
): Promise<AuthVerdict> {
  const refuse = (detail: string): AuthVerdict => ({ outcome: 'refuse', detail })
  if (!client) return refuse('unknown client')
  if (client.doorId !== context.door.id) return refuse('client of another door')
  const name = methodOf(client, credentials)
  const method = byName.get(name)
  if (!method || !context.door.methods.includes(name)) return refuse(`${name} is not taken at this door`)
  if (method.by !== credentials.method) return refuse(`the client is registered for ${name}`)
  return method.prove(client, credentials, context)
}

/** The one refusal of a client, whatever was wrong: `detail` is for the log. @see RFC 6749 §5.2 */
export function refuseClient(method: ClientCredentials['method'], detail: string): ProtocolError {
  const challenge = method === 'basic' ? 'Basic realm="oauth"' : 'Bearer error="invalid_client"'
  return new ProtocolError('invalid_client', 'client authentication failed', {
    detail,
    headers: { 'www-authenticate': challenge },
  })
}

/**
 * Proves that a request comes from the client it names, at the door the client belongs to, by the method the client is registered
 * for. Unknown client, other door, other method and wrong proof are one answer.
 * @see RFC 6749 §2.3, RFC 7591 §2 (`token_endpoint_auth_method`)
 */
export async function authenticateClient(
  credentials: ClientCredentials,
  context: AuthContext,
  find = (clientId: string): Promise<ClientWithSecrets | undefined> =>
    context.store.clients.find(clientId, context.now),
): Promise<Client> {
  const { clientId } = credentials
  const client = clientId === undefined ? undefined : await find(clientId)
  const verdict = await prove(client, credentials, context)
  if (verdict.outcome === 'refuse' || !client)
    throw refuseClient(credentials.method, verdict.outcome === 'refuse' ? verdict.detail : 'unknown client')
  if (verdict.secretId !== undefined) context.secretUsed(verdict.secretId)
  return client
}
