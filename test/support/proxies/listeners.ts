import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'

/** What arrived at a listener, with nothing joined or repaired. */
export interface Arrived {
  readonly method: string
  readonly target: string
  /** Name, value, name, value. */
  readonly rawHeaders: readonly string[]
  readonly trailers: readonly string[]
  readonly bodyBytes: number
  readonly bodyHash: string
}

/** Every value of a header, in order. */
export function valuesOf(arrived: Pick<Arrived, 'rawHeaders'> | undefined, name: string): readonly string[] {
  const raw = arrived?.rawHeaders ?? []
  return raw.filter((_, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === name)
}

async function arrivedWith(request: IncomingMessage): Promise<Arrived> {
  const hash = createHash('sha256')
  let bodyBytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bodyBytes += chunk.length
  }
  const { method = '', url: target = '', rawHeaders, rawTrailers: trailers } = request
  return { method, target, rawHeaders, trailers, bodyBytes, bodyHash: hash.digest('hex') }
}

async function open(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function shut(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

/** The API behind a proxy: it answers everybody and remembers everything. */
export interface Api {
  readonly port: number
  readonly seen: Arrived[]
  close(): Promise<void>
}

// RFC 6455 §4.2.2: some proxies look at it.
const webSocketGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

function acceptance({ headers }: IncomingMessage): string {
  const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${webSocketGuid}`).digest('base64')
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    `Upgrade: ${headers.upgrade}`,
    `Sec-WebSocket-Accept: ${accept}`,
    '\r\n',
  ].join('\r\n')
}

/** Starts an API; an upgrade to whatever was asked is accepted, and then every byte is sent back. */
export async function startApi(): Promise<Api> {
  const seen: Arrived[] = []
  const server = createServer((request, response) => {
    // A request that breaks off has not arrived.
    arrivedWith(request).then(
      (arrived) => {
        seen.push(arrived)
        response.setHeader('content-type', 'application/json').end('{"from":"the API"}')
      },
      () => response.destroy(),
    )
  })
  server.on('upgrade', (request, socket, head) => {
    const { method = '', url: target = '', rawHeaders } = request
    seen.push({ method, target, rawHeaders, trailers: [], bodyBytes: 0, bodyHash: '' })
    socket.write(acceptance(request))
    socket.write(head)
    socket.on('error', () => socket.destroy()).pipe(socket)
  })
  return { port: await open(server, 0), seen, close: () => shut(server) }
}

/** One question of a proxy and what it was told. */
export interface Asked extends Arrived {
  readonly status: number
  readonly told: Readonly<Record<string, string>>
  readonly words: string
}

/** A listener between a proxy and the server that passes questions and answers on and remembers both. */
export interface Desk {
  readonly port: number
  readonly asked: Asked[]
  /** From now on answers with these bytes and hangs up; with `undefined` never answers. */
  answerWith(bytes: string | undefined): void
  /** From now on nobody listens. */
  leave(): Promise<void>
  close(): Promise<void>
}

type Answer = Pick<Asked, 'status' | 'told' | 'words'> & { readonly rawHeaders: readonly string[] }

async function passOn(base: string, { method, target, rawHeaders }: Arrived): Promise<Answer> {
  const sent = httpRequest(base, { method, path: target, headers: [...rawHeaders], agent: false }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let words = ''
  for await (const chunk of response) words += String(chunk)
  const { statusCode: status = 0, headers, rawHeaders: raw } = response
  const told = Object.entries(headers).map(([name, value]) => [name, String(value)])
  return { status, told: Object.fromEntries(told), words, rawHeaders: raw }
}

/** Starts a desk before the server at `base`. */
export async function startDesk(base: string): Promise<Desk> {
  const asked: Asked[] = []
  let instead: { readonly bytes: string | undefined } | undefined
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrived = await arrivedWith(request)
    if (instead) {
      asked.push({ ...arrived, status: 0, told: {}, words: '' })
      if (instead.bytes !== undefined) request.socket.end(instead.bytes)
      return
    }
    const { rawHeaders, ...told } = await passOn(base, arrived)
    asked.push({ ...arrived, ...told })
    response.writeHead(told.status, [...rawHeaders]).end(told.words)
  }
  const server = createServer((request, response) => {
    // What can't be passed on is no answer.
    answer(request, response).catch(() => response.destroy())
  })
  const port = await open(server, 0)
  return {
    port,
    asked,
    answerWith: (bytes) => (instead = { bytes }),
    leave: () => shut(server),
    close: () => (server.listening ? shut(server) : Promise.resolve()),
  }
}
