import type { Guard, GuardRequest } from '@sallyport/guard'
import { findForwardRoute, type Principal, ProtocolError } from '@sallyport/protocol'
import { newSecret } from '../../crypto/secret.ts'
import type { ForwardRoute } from '../../settings/forward.ts'
import { type Endpoint, type Handler, oneHeader, type Reply, type Request } from '../door.ts'
import { refuseIn } from '../refuse.ts'
import type { Services } from '../services.ts'
import { refuseOauth } from '../refuse.ts'
import { guardPath, noStore } from './context.ts'
import {
  asksAsNginx,
  envoyPath,
  type Forwarded,
  readForwardedHeaders,
  readForwardedTarget,
} from './forwarded.ts'
import { hidesAccount } from './hidden-account.ts'
import { principalBody } from './principal.ts'

const tokenLifetime = 60

/** A route and its guard, one for good: what a guard remembers of tokens would be worth nothing for one request. */
interface Guarded extends ForwardRoute {
  readonly guard: Guard
}

function guardRoute(route: ForwardRoute, services: Services): Guarded {
  const { origin } = route
  return { ...route, guard: services.guardFor(route, origin === undefined ? {} : { base: origin }) }
}

function routeOf(routes: readonly Guarded[], { method, path }: Forwarded): Guarded {
  const found = findForwardRoute(routes, method, path)
  if (!found) throw new ProtocolError('forbidden', 'no rule lets this path through')
  return found
}

/** Every header for the API behind, for a request that speaks for nobody. */
const nobody = {
  'x-auth-kind': '',
  'x-auth-id': '',
  'x-auth-door': '',
  'x-auth-account': '',
  'x-auth-client': '',
  'x-auth-team': '',
  'x-auth-plan': '',
  'x-auth-role': '',
  'x-auth-scopes': '',
  'x-auth-environment': '',
  'x-auth-token': '',
}

/** Text for a header: what is no visible ASCII is escaped. Administrators name plans as they like. @see RFC 9110 §5.5 */
function headerText(text: string | undefined): string {
  return (text ?? '').toWellFormed().replace(/[^\u0020-\u007e]+/g, encodeURIComponent)
}

/** Headers for the API behind. All of them, always: one that is empty overwrites what a caller made up. */
function principalHeaders(principal: Principal): typeof nobody {
  const { kind, id, door, accountId, clientId, team, plan, role, scopes, environment } = principal
  return {
    ...nobody,
    'x-auth-kind': kind,
    'x-auth-id': id,
    'x-auth-door': door,
    'x-auth-account': accountId ?? '',
    'x-auth-client': clientId ?? '',
    'x-auth-team': team?.id ?? '',
    'x-auth-plan': headerText(plan),
    'x-auth-role': headerText(role),
    'x-auth-scopes': scopes.join(' '),
    'x-auth-environment': environment,
  }
}

/**
 * What an internal token is good for: the route and the method that were judged, or a token for reading would do for writing.
 * HEAD is GET without the body (RFC 9110 §9.3.2), and judged as it.
 */
function audienceOf({ method }: Forwarded, { path }: ForwardRoute): string {
  return `${method === 'HEAD' ? 'GET' : method} ${path}`
}

/** A statement of who is calling, for an API that wants proof and not a header. @see RFC 7519 §4.1 */
function internalToken(
  principal: Principal,
  audience: string,
  { signing, baseUrl, now }: Services,
): Promise<string> {
  const at = now()
  const claims = {
    iss: `${baseUrl}${guardPath}`,
    aud: audience,
    sub: principal.id,
    principal: principalBody(principal),
    iat: at,
    exp: at + tokenLifetime,
    jti: newSecret().slice(0, 22),
  }
  return signing.sign('internal+jwt', claims, at)
}

/** JSON that fits in a header. */
function headerJson(body: Reply['body']): string {
  const escaped = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(body ?? {}).replace(/[^\u0020-\u007e]/g, escaped)
}

/** nginx takes 401 and 403 for refusals, everything else for its own failure, and no body: it is told the rest in headers. */
function forNginx(reply: Reply, request: Request): Reply {
  if (!asksAsNginx(request) || reply.status === 200) return reply
  const told = { 'x-auth-status': String(reply.status), 'x-auth-body': headerJson(reply.body) }
  return { ...reply, status: reply.status === 401 ? 401 : 403, headers: { ...reply.headers, ...told } }
}

/** Whether a browser asks beforehand if a page may send a request, and by which method. @see Fetch §3.2.2 */
function preflightFor(request: Request, { method }: Forwarded): string | undefined {
  if (method !== 'OPTIONS' || oneHeader(request, 'origin') === undefined) return undefined
  return oneHeader(request, 'access-control-request-method')
}

/** Lets through a browser's question about a route that says so: it never has a credential. */
function answerPreflight(
  request: Request,
  held: Forwarded,
  routes: readonly ForwardRoute[],
): Reply | undefined {
  const method = preflightFor(request, held)
  const route = method === undefined ? undefined : findForwardRoute(routes, method, held.path)
  return route?.preflight ? { status: 200, headers: { ...noStore, ...nobody } } : undefined
}

interface Desk {
  readonly routes: readonly Guarded[]
  readonly services: Services
}

async function decide(request: Request, held: Forwarded, { routes, services }: Desk): Promise<Reply> {
  const preflight = answerPreflight(request, held, routes)
  if (preflight) return preflight
  const route = routeOf(routes, held)
  const asked: GuardRequest = { ...held, header: request.header, ip: request.ip }
  const check = await route.guard.check(asked, route.rule)
  if (check.outcome === 'refuse') return check
  const { principal } = check
  // Whoever has the credential can ask this themselves, unless the operator says that they can't.
  if (!route.tellsAccounts && (await hidesAccount(principal, services)))
    return refuseIn(route.shape)(
      new ProtocolError('forbidden', 'this path is not for clients that know people by sector'),
    )
  const headers = { ...noStore, ...check.headers, ...principalHeaders(principal) }
  if (!route.token) return { status: 200, headers }
  try {
    const token = await internalToken(principal, audienceOf(held, route), services)
    return { status: 200, headers: { ...headers, 'x-auth-token': token } }
  } catch (error) {
    // Nobody can sign now: told as the route tells its refusals, and so that nginx passes it on.
    if (!(error instanceof ProtocolError)) throw error
    services.log.error({ err: error.cause ?? error, requestId: request.requestId }, 'request failed')
    return refuseIn(route.shape)(error)
  }
}

/** How one kind of proxy asks, and is told. */
interface Manner {
  readonly path: string
  readonly read: (request: Request) => Forwarded
  readonly tell: (reply: Reply, request: Request) => Reply
}

function forwardEndpoint({ path, read, tell }: Manner, services: Services): Endpoint {
  const desk: Desk = { services, routes: services.forwardRoutes.map((route) => guardRoute(route, services)) }
  const handler: Handler = async (request) => tell(await decide(request, read(request), desk), request)
  // A proxy asks with the caller's own method or with GET.
  const methods = {
    GET: handler,
    POST: handler,
    PUT: handler,
    PATCH: handler,
    DELETE: handler,
    OPTIONS: handler,
  }
  return { path, methods, refuse: (error, request) => tell(refuseOauth(error), request) }
}

/**
 * Forward authentication: a reverse proxy asks whether the request that it holds may pass, and learns who is calling. Nothing
 * passes for which there is no route.
 */
export function forwardAuthEndpoint(services: Services): Endpoint {
  const manner = { path: `${guardPath}/forward-auth`, read: readForwardedHeaders, tell: forNginx }
  return forwardEndpoint(manner, services)
}

/** The same for Envoy, which asks by path. At an address of its own, so that no header is ever read there. */
export function envoyEndpoint(services: Services): Endpoint {
  const manner = { path: `${envoyPath}/*`, read: readForwardedTarget, tell: (reply: Reply) => reply }
  return forwardEndpoint(manner, services)
}
