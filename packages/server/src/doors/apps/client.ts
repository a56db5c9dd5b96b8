import { ipBucket, parseBasic, ProtocolError } from '@sallyport/protocol'
import { authenticateClient, type ClientCredentials } from '../../grants/authenticate-client.ts'
import type { GrantContext } from '../../grants/context.ts'
import type { Client } from '../../store/contract/index.ts'
import type { Request } from '../door.ts'
import { spendOrRefuse } from '../limits.ts'
import { readFormAndLists } from '../read-body.ts'
import { grantContext } from '../services.ts'
import type { AppsContext } from './context.ts'

/** A form request whose client is authenticated. */
export interface ClientRequest {
  readonly client: Client
  readonly params: ReadonlyMap<string, string>
  /** Every `resource`: it may come several times. @see RFC 8707 §2 */
  readonly resources: readonly string[]
  readonly context: GrantContext
}

/** The credentials of a request, by exactly one method. @see RFC 6749 §2.3: a client MUST NOT use more than one */
function credentialsOf(request: Request, params: ReadonlyMap<string, string>): ClientCredentials {
  const [header, second] = request.header('authorization')
  if (second !== undefined) throw new ProtocolError('invalid_request', 'Authorization is repeated')
  if (header === undefined) {
    const secret = params.get('client_secret')
    return { clientId: params.get('client_id'), secret, method: secret === undefined ? 'none' : 'post' }
  }
  const basic = parseBasic(header)
  if (params.has('client_secret'))
    throw new ProtocolError('invalid_request', 'use one way of client authentication')
  const named = params.get('client_id')
  if (basic && named !== undefined && named !== basic.clientId) {
    throw new ProtocolError('invalid_request', 'client_id differs from the Authorization header')
  }
  return { clientId: basic?.clientId, secret: basic?.secret, method: 'basic' }
}

/** Credentials in a query end up in logs; such a request is refused whole. @see RFC 6749 §2.3.1 */
function refuseQuery(request: Request): void {
  if (request.search !== '')
    throw new ProtocolError('invalid_request', 'parameters belong in the body, not in the query')
}

/** Reads a credential endpoint's form and proves its client. Attempts are counted by address, before anything is looked up. */
export async function readClientRequest(
  request: Request,
  { door, services }: AppsContext,
): Promise<ClientRequest> {
  const context = await grantContext(door, request, services)
  await spendOrRefuse(
    services.limiter,
    `credentials:${door.id}:${ipBucket(request.ip)}`,
    door.credentialLimit,
    context.now,
  )
  refuseQuery(request)
  const { params, lists } = readFormAndLists(request, ['resource'])
  const client = await authenticateClient(credentialsOf(request, params), context)
  return { client, params, resources: lists.get('resource') ?? [], context }
}
