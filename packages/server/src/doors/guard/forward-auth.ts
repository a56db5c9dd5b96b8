import type { Guard, GuardRequest } from '@sallyport/guard'
import { isForwardedTo, parseForwardedPath, type Principal, ProtocolError } from '@sallyport/protocol'
import { newSecret } from '../../crypto/secret.ts'
import { signJwt } from '../../crypto/signing-key.ts'
import type { ForwardRoute } from '../../settings/forward.ts'
import { type Endpoint, type Handler, oneHeader, type Reply, type Request } from '../door.ts'
import type { Services } from '../services.ts'
import { guardPath, noStore } from './context.ts'
import { principalBody } from './principal.ts'

const tokenLifetime = 60

/** What names the request that a proxy holds: nginx by the first pair, Traefik and Caddy by the second. */
const pairs = [
  ['x-original-method', 'x-original-uri'],
  ['x-forwarded-method', 'x-forwarded-uri'],
] as const

const isSent = (request: Request, name: string) => request.header(name).some((value) => value !== '')

/**
 * What the proxy tells of the request that it holds. Proxies pass on the headers that they don't set: were a header of
 * each pair there, a caller could have written one of them and so chosen what is judged. That is refused.
 */
function forwarded(request: Request): { readonly method: string; readonly path: string } {
  const sent = pairs.filter((pair) => pair.some((name) => isSent(request, name)))
  const [methodName, uriName] = sent[0] ?? pairs[0]
  const [method, target] = [oneHeader(request, methodName), oneHeader(request, uriName)]
  if (sent.length !== 1 || !method || !target) {
    throw new ProtocolError(
      'invalid_request',
      'the proxy must send X-Original-Method and X-Original-URI, or X-Forwarded-Method and X-Forwarded-Uri: ' +
        'one pair, each header once, and none of the other pair',
    )
  }
  const path = parseForwardedPath(target)
  if (path === undefined) throw new ProtocolError('forbidden', 'this path can be read in two ways')
  return { method: method.toUpperCase(), path }
}

/** A route and its guard, one for good: what a guard remembers of tokens would be worth nothing for one request. */
interface Guarded {
  readonly route: ForwardRoute
  readonly guard: Guard
}

function guardRoute(route: ForwardRoute, services: Services): Guarded {
  const { origin } = route
  return { route, guard: services.guardFor(route, origin === undefined ? {} : { base: origin }) }
}

function routeOf(routes: readonly Guarded[], method: string, path: string): Guarded {
  const found = routes.find(
    ({ route }) => (route.methods?.includes(method) ?? true) && isForwardedTo(route.path, path),
  )
  if (!found) throw new ProtocolError('forbidden', 'no rule lets this path through')
  return found
}

/** Headers for the API behind. All of them, always: one that is empty overwrites what a caller made up. */
function principalHeaders(principal: Principal): Readonly<Record<string, string>> {
  const {
    kind,
    id,
    door,
    accountId = '',
    clientId = '',
    team,
    plan = '',
    role = '',
    scopes,
    environment,
  } = principal
  return {
    'x-auth-kind': kind,
    'x-auth-id': id,
    'x-auth-door': door,
    'x-auth-account': accountId,
    'x-auth-client': clientId,
    'x-auth-team': team?.id ?? '',
    'x-auth-plan': plan,
    'x-auth-role': role,
    'x-auth-scopes': scopes.join(' '),
    'x-auth-environment': environment,
  }
}

/** A statement of who is calling, for an API that wants proof and not a header. @see RFC 7519 §4.1 */
function internalToken(principal: Principal, audience: string, { signing, baseUrl, now }: Services): string {
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
  return signJwt('internal+jwt', claims, signing.current(at))
}

/** nginx takes 401 and 403 for refusals and everything else for its own failure, so that the rest is told in a header. */
function forNginx(reply: Reply, request: Request): Reply {
  if (!isSent(request, 'x-original-uri') || [200, 401, 403].includes(reply.status)) return reply
  return { ...reply, status: 403, headers: { ...reply.headers, 'x-auth-status': String(reply.status) } }
}

async function decide(request: Request, routes: readonly Guarded[], services: Services): Promise<Reply> {
  const { method, path } = forwarded(request)
  const { route, guard } = routeOf(routes, method, path)
  const asked: GuardRequest = { method, path, header: request.header, ip: request.ip }
  const check = await guard.check(asked, route.rule)
  if (check.outcome === 'refuse') return check
  const token = route.token && { 'x-auth-token': internalToken(check.principal, route.path, services) }
  return {
    status: 200,
    headers: { ...noStore, ...check.headers, ...principalHeaders(check.principal), ...token },
  }
}

/**
 * Forward authentication: a reverse proxy asks whether the request that it holds may pass, and learns who is calling. Nothing
 * passes for which there is no route.
 */
export function forwardAuthEndpoint(services: Services): Endpoint {
  const routes = services.forwardRoutes.map((route) => guardRoute(route, services))
  const handler: Handler = async (request) => forNginx(await decide(request, routes, services), request)
  // A proxy asks with the caller's own method or with GET.
  const methods = {
    GET: handler,
    POST: handler,
    PUT: handler,
    PATCH: handler,
    DELETE: handler,
    OPTIONS: handler,
  }
  return { path: `${guardPath}/forward-auth`, methods }
}
