import { parseForwardedPath, ProtocolError } from '@sallyport/protocol'
import { oneHeader, type Request } from '../door.ts'
import { guardPath } from './context.ts'

/** Where Envoy asks: below it comes the path of the request that it holds, by that request's own method. */
export const envoyPath = `${guardPath}/envoy`

/** The request that a proxy holds. */
export interface Forwarded {
  readonly method: string
  readonly path: string
}

/** What names the request that a proxy holds: nginx by the first pair, all others by the second. */
const pairs = [
  ['x-original-method', 'x-original-uri'],
  ['x-forwarded-method', 'x-forwarded-uri'],
] as const

const isSent = (request: Request, name: string) => request.header(name).some((value) => value !== '')

/** Whether the proxy that asks is nginx, by the name that it gives the path. A caller of another proxy is none. */
export function asksAsNginx(request: Request): boolean {
  return isSent(request, 'x-original-uri') && !isSent(request, 'x-forwarded-uri')
}

function checked(method: string, target: string): Forwarded {
  // Methods are case-sensitive (RFC 9110 §9.1), but not to every server: `get` may be no method or GET.
  if (!/^[A-Z]+(?:-[A-Z]+)*$/.test(method))
    throw new ProtocolError('forbidden', 'this method can be read in two ways')
  const path = parseForwardedPath(target)
  if (path === undefined) throw new ProtocolError('forbidden', 'this path can be read in two ways')
  return { method, path }
}

/**
 * What the proxy tells in headers of the request that it holds. Proxies pass on the headers that they don't set: were a header
 * of each pair there, a caller could have written one of them and so chosen what is judged. That is refused.
 */
export function readForwardedHeaders(request: Request): Forwarded {
  const sent = pairs.filter((pair) => pair.some((name) => isSent(request, name)))
  const [methodName, uriName] = sent[0] ?? pairs[0]
  const [method, target] = [oneHeader(request, methodName), oneHeader(request, uriName)]
  if (sent.length === 1 && method && target) return checked(method, target)
  throw new ProtocolError(
    'invalid_request',
    'the proxy must send X-Original-Method and X-Original-URI, or X-Forwarded-Method and X-Forwarded-Uri: ' +
      'one pair, each header once, and none of the other pair',
  )
}

/** What Envoy tells: its request is the one that it holds, moved below our path. No header has a say in it. */
export function readForwardedTarget({ method, path }: Request): Forwarded {
  return checked(method, path.slice(envoyPath.length))
}
