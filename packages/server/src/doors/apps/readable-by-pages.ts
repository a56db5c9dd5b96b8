import { parseAuthorization, parseQuery, ProtocolError, readClientCredentials } from '@sallyport/protocol'
import { documentDoorId } from '../../accounts/client-documents.ts'
import { type Endpoint, type Handler, oneHeader, type Reply, type Request } from '../door.ts'
import { openAccessToken } from '../open-token.ts'
import type { AppsContext } from './context.ts'

type Headers = Readonly<Record<string, string>>

/** Nothing that could not be an origin is looked up, or goes back into a header. */
const originShape = /^https?:\/\/[\x21-\x7e]{1,290}$/
const varies: Headers = { vary: 'Origin' }
/** What a page has to see of an answer: the nonce for its next proof, why it was refused, and when to come again. */
const exposed = 'DPoP-Nonce, WWW-Authenticate, Retry-After'

/** The client that a request says it is from: by its form, or by the access token that it brings. Proves nothing. */
function namedClient(request: Request, { services }: AppsContext): string | undefined {
  const presented = parseAuthorization(oneHeader(request, 'authorization') ?? '')
  if (presented && presented.scheme !== 'basic') {
    const clientId = openAccessToken(presented.value, services)?.['client_id']
    return typeof clientId === 'string' ? clientId : undefined
  }
  const form = parseQuery(request.body)
  const params = form.outcome === 'ok' ? form.params : new Map<string, string>()
  const read = readClientCredentials(request.header('authorization'), params)
  return read.outcome === 'credentials' ? read.credentials.clientId : undefined
}

/**
 * What lets the page that asks read the answer: its origin is that of a redirect address of the public client that it says it is, or
 * of any public client of the door where it does not say. Cookies are never part of it, so a page learns nothing that it could not
 * ask by itself.
 */
async function readableFor(request: Request, namesClient: boolean, apps: AppsContext): Promise<Headers> {
  const { door, services } = apps
  const origin = oneHeader(request, 'origin')
  if (origin === undefined || !originShape.test(origin)) return varies
  const doorIds = [door.id, ...(door.clientDocuments ? [documentDoorId] : [])]
  const clientId = namesClient ? namedClient(request, apps) : undefined
  const listed = await services.store.clients.hasOrigin(origin, doorIds, clientId)
  return listed ? { ...varies, 'access-control-allow-origin': origin } : varies
}

function readable(handler: Handler, apps: AppsContext): Handler {
  return async (request) => {
    const headers = await readableFor(request, true, apps)
    const all =
      'access-control-allow-origin' in headers
        ? { ...headers, 'access-control-expose-headers': exposed }
        : headers
    try {
      const reply = await handler(request)
      return { ...reply, headers: { ...reply.headers, ...all } }
    } catch (error) {
      // The same refusal, for the page to read as well.
      throw error instanceof ProtocolError ? error.withHeaders(all) : error
    }
  }
}

/** A preflight can't say which client asks, so the page of any of them may go on. @see Fetch Standard §3.2.2, §4.8 */
async function preflight(request: Request, methods: readonly string[], apps: AppsContext): Promise<Reply> {
  const headers = {
    ...(await readableFor(request, false, apps)),
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': 'authorization, content-type, dpop',
    'access-control-max-age': '600',
  }
  return { status: 204, headers }
}

/** Lets pages of a door's public clients ask an endpoint and read its answers, refusals included. @see Fetch Standard §3.2 */
export function readableByPages(endpoint: Endpoint, apps: AppsContext): Endpoint {
  const handlers = Object.entries(endpoint.methods)
  const methods = handlers.map(([method, handler]) => [method, readable(handler, apps)] as const)
  const names = handlers.map(([method]) => method)
  return {
    ...endpoint,
    methods: { ...Object.fromEntries(methods), OPTIONS: (request) => preflight(request, names, apps) },
  }
}
