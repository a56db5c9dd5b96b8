import type { Guard, GuardRule } from '@sallyport/guard'
import { fetchGuard } from '@sallyport/guard/fetch'
import { decodeUtf8, parseJsonObject, type Principal, ProtocolError, type Shape } from '@sallyport/protocol'
import { refuseIn } from '../doors/refuse.ts'
import { matchPath } from './match-path.ts'
import type { CallInfo, FetchMount } from './platform.ts'

/** One guarded call of a platform's API. */
export interface ApiCall {
  readonly request: Request
  readonly principal: Principal
  /** Values of the `{name}` segments of the route's path. */
  readonly params: Readonly<Record<string, string>>
  readonly info: CallInfo
  /** The body as a JSON object; throws the refusal where it is none. */
  json(): Promise<Readonly<Record<string, unknown>>>
}

/** One route of a platform's API: who may call it, and what answers. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Such as `/brands/{brandId}`; a trailing slash makes no difference. */
  readonly path: string
  readonly rule: GuardRule
  handle(call: ApiCall): Promise<Response> | Response
}

/** An API of guarded routes. */
export interface ApiOptions {
  readonly guard: Guard
  readonly shape: Shape
  readonly paths: readonly string[]
  readonly routes: readonly ApiRoute[]
}

/** A JSON answer that nobody keeps. */
export function jsonAnswer(status: number, body: unknown): Response {
  return Response.json(body, { status, headers: { 'cache-control': 'no-store' } })
}

async function readJson(request: Request): Promise<Readonly<Record<string, unknown>>> {
  const type = (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json')
    throw new ProtocolError('unsupported_media_type', 'Content-Type must be application/json')
  const body = decodeUtf8(new Uint8Array(await request.arrayBuffer()))
  if (body === undefined) throw new ProtocolError('invalid_request', 'body is not UTF-8')
  const parsed = parseJsonObject(body)
  if (parsed.outcome === 'ok') return parsed.value
  throw new ProtocolError('invalid_request', parsed.description)
}

/** An API as routes behind one guard, as fetch handlers; refusals of every kind come in the API's own shape. */
export function createApi({ guard, shape, paths, routes }: ApiOptions): FetchMount {
  const word = refuseIn(shape)
  const protect = fetchGuard(guard)
  const refuse = (error: ProtocolError) => {
    const { status, headers = {}, body } = word(error)
    return Response.json(body, {
      status,
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]),
    })
  }

  async function run(route: ApiRoute, call: Omit<ApiCall, 'json'>): Promise<Response> {
    try {
      return await route.handle({ ...call, json: () => readJson(call.request) })
    } catch (error) {
      // A refusal becomes an answer; a bug is the server's to report.
      if (error instanceof ProtocolError) return refuse(error)
      throw error
    }
  }

  return {
    paths,
    async fetch(request, info) {
      const { pathname } = new URL(request.url)
      const here = routes.flatMap((route) => {
        const params = matchPath(route.path, pathname)
        return params ? [{ route, params }] : []
      })
      if (here.length === 0) return refuse(new ProtocolError('not_found', 'Not found.'))
      const asked = request.method === 'HEAD' ? 'GET' : request.method
      const found = here.find(({ route }) => route.method === asked)
      if (!found) {
        const allow = here.map(({ route }) => route.method).join(', ')
        return refuse(new ProtocolError('method_not_allowed', `use ${allow}`, { headers: { allow } }))
      }
      const { route, params } = found
      const guarded = protect<CallInfo>(route.rule, (_request, principal) =>
        run(route, { request, principal, params, info }),
      )
      return guarded(request, info)
    },
  }
}
