import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Mount } from './platform.ts'

/** One request to a mounted API. */
export interface MountCall {
  readonly fastifyRequest: FastifyRequest
  readonly reply: FastifyReply
  readonly ip: string
  readonly requestId: string
  readonly baseUrl: string
  /** Resolves once all that was written before is on the disk. */
  durable(): Promise<void>
}

function fetchRequest({ fastifyRequest: { raw, body }, baseUrl }: MountCall): Request {
  const headers = new Headers()
  for (let index = 0; index + 1 < raw.rawHeaders.length; index += 2) {
    headers.append(raw.rawHeaders[index] ?? '', raw.rawHeaders[index + 1] ?? '')
  }
  const hasBody = Buffer.isBuffer(body) && body.length > 0 && raw.method !== 'GET' && raw.method !== 'HEAD'
  return new Request(new URL(raw.url ?? '/', baseUrl), {
    method: raw.method ?? 'GET',
    headers,
    ...(hasBody && { body: new Uint8Array(body) }),
  })
}

/** Hands a request to a mounted API and its answer back. */
export async function serveMount(mount: Mount, call: MountCall): Promise<FastifyReply> {
  const { fastifyRequest, reply, ip, requestId } = call
  const info = { ip, requestId }
  if ('node' in mount) {
    const { body } = fastifyRequest
    reply.hijack()
    reply.raw.setHeader('x-request-id', requestId)
    reply.raw.setHeader('x-content-type-options', 'nosniff')
    // The body has been read already, within the limit; a Node listener finds it where body parsers leave it.
    mount.node(
      Object.assign(fastifyRequest.raw, {
        sallyport: info,
        rawBody: Buffer.isBuffer(body) ? body : undefined,
      }),
      reply.raw,
    )
    return reply
  }
  const response = await mount.fetch(fetchRequest(call), info)
  await call.durable()
  reply.code(response.status).header('x-content-type-options', 'nosniff')
  for (const [name, value] of response.headers) reply.header(name, value)
  return reply.send(Buffer.from(await response.arrayBuffer()))
}
