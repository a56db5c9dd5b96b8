import type { Principal } from '@sallyport/protocol'
import { peerCertificate } from './certificate.ts'
import type { Guard, GuardRule } from './guard.ts'
import { answerNode, targetOf } from './node-answer.ts'
import { rawValues } from './raw-headers.ts'
import type { GuardRequest } from './request.ts'
import { sameRequest } from './same-request.ts'

/** What the adapter needs of a request: Express 4 and 5, and `node:http` itself, have it. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly originalUrl?: string
  readonly rawHeaders: readonly string[]
  readonly socket: { readonly remoteAddress?: string | undefined }
}

/** What the adapter needs of a response. */
export interface NodeResponse {
  statusCode: number
  setHeader(name: string, value: string): unknown
  end(body: string): unknown
}

/** Settings of the adapter. */
export interface ExpressOptions<R extends NodeRequest> {
  /**
   * The caller's address. Left out, it is the other end of the connection: a header such as `X-Forwarded-For` is only
   * worth what the proxy that wrote it is, so trusting one is the application's to say.
   */
  readonly ipOf?: (request: R) => string
  /** The caller's certificate, as DER; left out, that of the TLS connection. The guard's `clientCertificate` goes before it. */
  readonly certificateOf?: (request: R) => Uint8Array | undefined
}

/** An Express middleware. */
export type Middleware<R extends NodeRequest> = (
  request: R,
  response: NodeResponse,
  next: (error?: unknown) => void,
) => Promise<void>

const principals = new WeakMap<NodeRequest, Principal>()

/** Who sent a guarded request. Throws `TypeError` where no guard let it in: that route was left open by mistake. */
export function principalOf(request: NodeRequest): Principal {
  const principal = principals.get(request)
  if (!principal) throw new TypeError('principalOf: no guard let this request in')
  return principal
}

/** The values of a request's headers as the guard reads them, for what an API compares with them itself. */
export function rawHeaderReader({ rawHeaders }: Pick<NodeRequest, 'rawHeaders'>): GuardRequest['header'] {
  return (name) => rawValues(rawHeaders, name)
}

function guardRequestOf<R extends NodeRequest>(
  request: R,
  { ipOf, certificateOf }: ExpressOptions<R>,
): GuardRequest {
  const { rawHeaders, socket } = request
  return sameRequest(request, {
    ...targetOf(request),
    header: (name) => rawValues(rawHeaders, name),
    ip: ipOf ? ipOf(request) : (socket.remoteAddress ?? ''),
    certificate: () => (certificateOf ? certificateOf(request) : peerCertificate(socket)),
  })
}

/**
 * Middleware that lets a request on when `guard` allows it and answers it otherwise. The principal is
 * `principalOf(request)`, and `request.principal`.
 */
export function expressGuard<R extends NodeRequest = NodeRequest>(
  guard: Guard,
  options: ExpressOptions<R> = {},
): (rule: GuardRule) => Middleware<R> {
  return (rule) => async (request, response, next) => {
    let check: Awaited<ReturnType<Guard['check']>>
    try {
      check = await guard.check(guardRequestOf(request, options), rule)
    } catch (error) {
      // A bug, in `ipOf` for one: the application's error handler answers, and the request goes no further.
      next(error)
      return
    }
    for (const [name, value] of Object.entries(check.headers)) response.setHeader(name, value)
    if (check.outcome === 'refuse') {
      response.statusCode = check.status
      response.setHeader('Content-Type', 'application/json; charset=utf-8')
      response.end(JSON.stringify(check.body))
      return
    }
    const { principal } = check
    principals.set(request, principal)
    // Not writable: what runs later can't change by accident who is calling.
    Object.defineProperty(request, 'principal', { value: principal, enumerable: true, configurable: true })
    next()
  }
}

/**
 * Middleware that answers requests for the metadata of the guard's resource and lets every other one on. It belongs before
 * what protects the rest: `app.use(expressMetadata(guard))`.
 * @see RFC 9728 §3
 */
export function expressMetadata(
  guard: Guard,
): (request: NodeRequest, response: NodeResponse, next: () => void) => void {
  return (request, response, next) => {
    if (!answerNode(guard.metadata(targetOf(request)), request, response)) next()
  }
}
