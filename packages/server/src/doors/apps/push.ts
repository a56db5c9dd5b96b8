import { parseQuery, ProtocolError } from '@sallyport/protocol'
import { newSecret, secretHash } from '../../crypto/secret.ts'
import type { Endpoint, Request } from '../door.ts'
import { judge } from './authorization.ts'
import { readClientRequest } from './client.ts'
import { type AppsContext, noStore, pathOf } from './context.ts'
import { readProof } from './proof.ts'
import { pushedPrefix } from './request-source.ts'

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
        const { client, params: sent, resources, context } = await readClientRequest(request, apps)
        if (sent.has('request_uri')) throw new ProtocolError('invalid_request', 'request_uri can’t be pushed')
        // `scope=` is refused as at the authorization endpoint, so what was left empty must be known.
        const form = parseQuery(request.body)
        const emptied = form.outcome === 'ok' ? form.emptied : []
        const own = [...sent].filter(([name]) => !credentials.includes(name))
        const named = new Map([...own, ['client_id', client.clientId]])
        const params = await bindToProof(named, request, apps)
        const judged = await judge(
          { params, repeated: [], emptied, resources, source: 'pushed' },
          client,
          apps,
        )
        if (judged.outcome !== 'ask') throw new ProtocolError(judged.error, judged.description)
        const name = newSecret()
        const pushed = {
          doorId: door.id,
          clientId: client.clientId,
          params: new URLSearchParams([
            ...params,
            ...resources.map((one): [string, string] => ['resource', one]),
          ]).toString(),
        }
        await services.store.requests.push(secretHash(name), pushed, context.now + lifetime, context.now)
        const body = { request_uri: pushedPrefix + name, expires_in: lifetime }
        return { status: 201, headers: noStore, body }
      },
    },
  }
}
