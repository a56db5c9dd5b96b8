import { parseQuery, ProtocolError } from '@sallyport/protocol'
import { newSecret, secretHash } from '../../crypto/secret.ts'
import type { Endpoint, Request } from '../door.ts'
import { judge } from './authorization.ts'
import { type ClientRequest, readClientRequest } from './client.ts'
import { type AppsContext, noStore, pathOf } from './context.ts'
import { readProof } from './proof.ts'
import { openRequestObject, takesObjects } from './request-object.ts'
import { pushedPrefix, type RequestParams } from './request-source.ts'

/** How long a client has to send the browser with it. @see RFC 9126 §2.2: typically between 5 and 600 seconds */
const lifetime = 90

/** What proves the client is no part of its request. */
const credentials = ['client_secret', 'client_assertion', 'client_assertion_type']

/** The parameters, with the key that the request itself proved. @see RFC 9449 §10.1 */
async function bindToProof(
  params: ReadonlyMap<string, string>,
  request: Request,
  apps: AppsContext,
): Promise<ReadonlyMap<string, string>> {
  if (request.header('dpop').length === 0) return params
  const jkt = await readProof(request, apps)
  if (jkt === undefined) return params
  if ((params.get('dpop_jkt') ?? jkt) !== jkt)
    throw new ProtocolError('invalid_request', 'dpop_jkt is not the key of the DPoP proof')
  return new Map([...params, ['dpop_jkt', jkt]])
}

/** The parameters that are pushed: those of the form, or those of the request object in it, and then no other. @see RFC 9126 §3 */
async function readPushed(
  request: Request,
  { client, params, resources }: Pick<ClientRequest, 'client' | 'params' | 'resources'>,
  apps: AppsContext,
): Promise<RequestParams> {
  const object = params.get('request')
  if (object !== undefined && takesObjects(apps.door)) {
    const opened = await openRequestObject(object, client, apps.services.now(), apps)
    if (opened.outcome === 'ok') return { ...opened, repeated: [], source: 'pushed', signed: true }
    const { detail } = opened
    throw new ProtocolError('invalid_request_object', 'the request object is not valid', { detail })
  }
  // `scope=` is refused as at the authorization endpoint, so what was left empty must be known.
  const form = parseQuery(request.body)
  const emptied = form.outcome === 'ok' ? form.emptied : []
  const own = [...params].filter(([name]) => !credentials.includes(name))
  const named = new Map([...own, ['client_id', client.clientId]])
  return { params: named, repeated: [], emptied, resources, source: 'pushed', signed: false }
}

/**
 * Takes an authorization request from an authenticated client, after everything that the authorization endpoint would check,
 * and answers with the name to send the browser with.
 * @see RFC 9126 §2
 */
export function pushEndpoint(apps: AppsContext): Endpoint {
  const { door, services } = apps
  return {
    path: pathOf(apps, 'push'),
    methods: {
      async POST(request) {
        const { client, params: sent, resources, context } = await readClientRequest(request, apps, 'push')
        if (sent.has('request_uri')) throw new ProtocolError('invalid_request', 'request_uri can’t be pushed')
        const read = await readPushed(request, { client, params: sent, resources }, apps)
        const params = await bindToProof(read.params, request, apps)
        const judged = await judge({ ...read, params }, client, apps)
        if (judged.outcome !== 'ask') throw new ProtocolError(judged.error, judged.description)
        const name = newSecret()
        const pushed = {
          doorId: door.id,
          clientId: client.clientId,
          params: new URLSearchParams([
            ...params,
            ...read.resources.map((one): [string, string] => ['resource', one]),
          ]).toString(),
        }
        await services.store.requests.push(secretHash(name), pushed, context.now + lifetime, context.now)
        const body = { request_uri: pushedPrefix + name, expires_in: lifetime }
        return { status: 201, headers: noStore, body }
      },
    },
  }
}
