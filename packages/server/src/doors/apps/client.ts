import { ipBucket, ProtocolError, readClientCredentials } from '@sallyport/protocol'
import { authenticateClient, refuseClient } from '../../grants/authenticate-client.ts'
import type { GrantContext } from '../../grants/context.ts'
import type { Client } from '../../store/contract/index.ts'
import { readCertificate } from '../client-certificate.ts'
import type { Request } from '../door.ts'
import { spendOrRefuse } from '../limits.ts'
import { readFormAndLists } from '../read-body.ts'
import { issuerOf } from '../../settings/issuer.ts'
import { authContext, grantContext } from '../services.ts'
import { type AppsContext, pathOf } from './context.ts'
import { type ClientUse, findClient } from './find-client.ts'

/** A form request whose client is authenticated. */
export interface ClientRequest {
  readonly client: Client
  readonly params: ReadonlyMap<string, string>
  /** Every `resource`: it may come several times. @see RFC 8707 §2 */
  readonly resources: readonly string[]
  readonly context: GrantContext
}

/** Credentials in a query end up in logs; such a request is refused whole. @see RFC 6749 §2.3.1 */
function refuseQuery(request: Request): void {
  if (request.search !== '')
    throw new ProtocolError('invalid_request', 'parameters belong in the body, not in the query')
}

/** What the audience of an assertion may be at the endpoint that is asked. */
function audiencesOf(request: Request, apps: AppsContext): readonly string[] {
  const { door, services } = apps
  const issuer = issuerOf(door, services.baseUrl)
  if (door.insecureEndpointAudience !== true) return [issuer]
  return [issuer, services.baseUrl + pathOf(apps, 'token'), services.baseUrl + request.path]
}

/**
 * The client that a request proves itself to be, by its headers and `params`, however its endpoint is called. Every endpoint at
 * which clients prove themselves asks here.
 * @see RFC 6749 §2.3, RFC 7009 §2.1, RFC 7662 §2.1, RFC 9126 §2
 */
export async function authenticateRequest(
  request: Request,
  params: ReadonlyMap<string, string>,
  apps: AppsContext,
  use: ClientUse = 'prove',
): Promise<Client> {
  const { door, services } = apps
  const read = readClientCredentials(request.header('authorization'), params)
  if (read.outcome === 'malformed') throw new ProtocolError('invalid_request', read.description)
  if (read.outcome === 'refuse') throw refuseClient(read.method, read.detail)
  const taken = {
    id: door.id,
    audiences: audiencesOf(request, apps),
    audienceAsText: door.audienceAsText,
    algorithms: door.signatureAlgorithms,
    ...(door.clientAuth && { methods: door.clientAuth }),
  }
  const find = (clientId: string) => findClient(clientId, use, request, apps)
  const context = authContext(taken, services, readCertificate(request, services))
  return authenticateClient(read.credentials, context, find)
}

/** Reads a credential endpoint's form and proves its client. Attempts are counted by address, before anything is looked up. */
export async function readClientRequest(
  request: Request,
  apps: AppsContext,
  use?: ClientUse,
): Promise<ClientRequest> {
  const { door, services } = apps
  const context = await grantContext(door, request, services)
  await spendOrRefuse(
    services.limiter,
    `credentials:${door.id}:${ipBucket(request.ip)}`,
    door.credentialLimit,
    context.now,
  )
  refuseQuery(request)
  const { params, lists } = readFormAndLists(request, ['resource'])
  const client = await authenticateRequest(request, params, apps, use)
  return { client, params, resources: lists.get('resource') ?? [], context }
}
