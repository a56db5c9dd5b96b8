import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A connection between a client and a server that listens in, and fails as lines do. */
export interface WireTap {
  readonly url: string
  /** Request lines and bodies as they went to the server, in order. */
  readonly requests: readonly string[]
  /** Answers that never reached the client. */
  readonly dropped: readonly string[]
  /** Cuts the connection instead of delivering the next answers; the server has done its part by then. */
  dropAnswers(count: number): void
  /** From now on answers are held; returns what lets them through. */
  holdAnswers(): () => void
  close(): Promise<void>
}

/** The JSON or form body of a request that was listened to. */
export function bodyOf(request: string | undefined): string {
  return request?.slice(request.indexOf('\r\n\r\n') + 4) ?? ''
}

/** Starts a tap in front of `target`. */
export async function startWireTap(target: string): Promise<WireTap> {
  const { hostname, port } = new URL(target)
  const requests: string[] = []
  const dropped: string[] = []
  const sockets = new Set<Socket>()
  let toDrop = 0
  let gate: Promise<void> = Promise.resolve()

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      // What one side does to its connection the other side sees as the end of its own.
      socket.on('error', () => undefined)
    }
    client.on('data', (chunk: Buffer) => {
      const text = chunk.toString()
      if (/^[A-Z]+ \//.test(text)) requests.push(text)
      else requests.push((requests.pop() ?? '') + text)
      upstream.write(chunk)
    })
    upstream.on('data', (chunk: Buffer) => {
      if (toDrop > 0) {
        toDrop -= 1
        dropped.push(chunk.toString())
        client.destroy()
        upstream.destroy()
      } else void gate.then(() => client.write(chunk))
    })
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => void gate.then(() => client.end()))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    requests,
    dropped,
    dropAnswers(count) {
      toDrop = count
    },
    holdAnswers() {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
