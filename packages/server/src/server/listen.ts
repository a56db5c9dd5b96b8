import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { ProtocolError } from '@sallyport/protocol'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import type { Reply } from '../doors/door.ts'
import { createDispatcher, type DispatchOptions } from './dispatch.ts'
import { serveMount } from './mount.ts'
import type { Mount } from './platform.ts'
import { callerIp, hostOf, requestIdOf, requestRecord, targetOf } from './request.ts'
import { isBelow } from './router.ts'

/** What the HTTP server needs to know. Sizes in bytes. */
export interface ListenOptions extends DispatchOptions {
  readonly mounts: readonly Mount[]
  readonly baseUrl: string
  readonly trustedProxies: number
  readonly maxBody: number
  /** Resolves when everything that a reply may rest on is durable. */
  durable(): Promise<void>
}

function send(reply: FastifyReply, { status, headers = {}, body }: Reply): FastifyReply {
  reply.code(status).headers({ 'x-content-type-options': 'nosniff', ...headers })
  if (reply.request.method === 'HEAD' && body instanceof Readable) {
    // A stream may never end, and none of it would be sent: whoever asks for the head would wait for as long.
    body.destroy()
    return reply.send()
  }
  if (body === undefined || typeof body === 'string' || body instanceof Readable) return reply.send(body)
  return reply.header('content-type', 'application/json').send(JSON.stringify(body))
}

/** A URL or header block that Node's parser refused never becomes a request; it is answered on the socket. */
function clientError(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable) return
  const overflow = error.code === 'HPE_HEADER_OVERFLOW'
  const status = overflow ? '431 Request Header Fields Too Large' : '400 Bad Request'
  const body = '{"error":"invalid_request","message":"request could not be read"}'
  const headers = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close`
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`)
}

/**
 * Ends, when the server stops, connections that have never asked for anything. Node counts them as busy and would wait for
 * them for a minute; browsers and HTTP clients open such connections ahead of need.
 */
function endUnused(app: FastifyInstance): void {
  const unused = new Set<Socket>()
  let closing = false
  app.server.on('connection', (socket: Socket) => {
    if (closing) return void socket.destroy()
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  app.server.on('request', ({ socket }: IncomingMessage) => unused.delete(socket))
  app.addHook('preClose', (done) => {
    closing = true
    for (const socket of unused) socket.destroy()
    done()
  })
}

/** For how long a stop waits for requests that are under way. */
const graceMs = 5000

/**
 * Ends, some seconds into a stop, every connection that is left: one that doesn't read its answer, or that has sent half of a
 * request, would keep the server from stopping for as long as it likes. Once it stops Node no longer times requests out.
 */
function endAll(app: FastifyInstance): void {
  app.addHook('preClose', (done) => {
    const timer = setTimeout(() => app.server.closeAllConnections(), graceMs)
    timer.unref()
    app.server.once('close', () => clearTimeout(timer))
    done()
  })
}

type Refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply

function createFastify({ log, maxBody }: ListenOptions, refuse: Refuse): FastifyInstance {
  const app = Fastify({
    loggerInstance: log,
    // One line a request is enough, and it must not have the query in it; the hook below writes it.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBody,
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
    genReqId: requestIdOf,
    clientErrorHandler: clientError,
    // An address that can't be decoded is still below somebody's prefix.
    frameworkErrors: refuse,
  })
  // Bodies arrive as bytes and are parsed strictly by whoever reads them.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.addHook('onResponse', ({ raw, id: requestId }, { statusCode: status, elapsedTime }, done) => {
    // The path only: a query may hold a code or a state.
    const { path } = targetOf(raw)
    log.info({ requestId, method: raw.method, path, status, ms: Math.round(elapsedTime) }, 'request')
    done()
  })
  return app
}

/** Serves doors and platforms over HTTP. */
export function createHttpServer(options: ListenOptions): FastifyInstance {
  const { mounts, baseUrl, trustedProxies } = options
  const { route, answer, refuse } = createDispatcher(options)
  const https = baseUrl.startsWith('https:')
  /** What failed before or outside a handler: an address, a body over the limit, a broken platform. */
  function refuseEarly(error: unknown, { raw, id: requestId }: FastifyRequest, reply: FastifyReply) {
    const request = requestRecord(raw, { body: undefined, ip: callerIp(raw, trustedProxies), requestId })
    reply.header('x-request-id', requestId)
    return send(reply, refuse(error, route(request.path, request.host), request))
  }
  const app = createFastify(options, refuseEarly)

  function mountOf(path: string, host: string): Mount | undefined {
    const isHere = ({ hosts }: Mount) => hosts === undefined || hosts.includes(host)
    return mounts.find((mount) => isHere(mount) && mount.paths.some((prefix) => isBelow(path, prefix)))
  }

  async function handle(fastifyRequest: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { raw, id: requestId, body } = fastifyRequest
    const about = { ip: callerIp(raw, trustedProxies), requestId }
    const { path } = targetOf(raw)
    const match = route(path, hostOf(raw))
    reply.header('x-request-id', requestId)
    const overTls = https && (trustedProxies === 0 || raw.headers['x-forwarded-proto'] === 'https')
    // RFC 6797 §7.2: said only where it can't have been put there on the way.
    if (overTls) reply.header('strict-transport-security', 'max-age=31536000')
    // A request that reached the proxy without TLS has already shown its credentials; it must fail, not be redirected.
    const needsTls =
      https && trustedProxies > 0 && !(match.outcome === 'endpoint' && match.endpoint.plainHttp)
    const insecure = needsTls && raw.headers['x-forwarded-proto'] !== 'https'
    const mount = match.outcome === 'unknown' && !insecure ? mountOf(path, hostOf(raw)) : undefined
    if (mount)
      return serveMount(mount, { ...about, fastifyRequest, reply, baseUrl, durable: options.durable })

    let result: Reply
    try {
      if (insecure) throw new ProtocolError('forbidden', 'use https', { detail: 'plain http' })
      result = await answer(match, requestRecord(raw, { ...about, body }))
    } catch (error) {
      result = refuse(error, match, requestRecord(raw, { ...about, body: undefined }))
    }
    await options.durable()
    return send(reply, result)
  }

  endUnused(app)
  endAll(app)
  app.all('/*', handle)
  app.setNotFoundHandler(handle)
  app.setErrorHandler(refuseEarly)
  return app
}

/** Starts listening; resolves with the port. */
export async function listen(app: FastifyInstance, port: number, host: string): Promise<number> {
  await app.listen({ port, host })
  const [address] = app.addresses()
  return typeof address === 'object' ? address.port : port
}
