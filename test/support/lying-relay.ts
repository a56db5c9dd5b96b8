import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** What a relay does with a connection: pass it on, cut it, hold it without a word, or answer these bytes. */
export type RelayMode = 'pass' | 'cut' | 'hold' | { readonly answer: string }

/** A stretch of network between two programs, to be broken at will. */
export interface LyingRelay {
  readonly url: string
  /** Connections that were opened so far. */
  opened(): number
  /** Changes what happens, and cuts every connection that is open. */
  become(mode: RelayMode): void
  close(): Promise<void>
}

/** A complete HTTP answer. */
export function httpAnswer(status: string, body: string, headers = ''): string {
  return `HTTP/1.1 ${status}\r\n${headers}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** Starts a relay to a port of this machine. */
export async function startLyingRelay(port: number): Promise<LyingRelay> {
  const sockets = new Set<Socket>()
  let mode: RelayMode = 'pass'
  let count = 0
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
  }
  const listener = createServer((socket) => {
    keep(socket)
    count += 1
    if (mode === 'cut') socket.destroy()
    else if (mode === 'pass') {
      const onward = connect(port, '127.0.0.1')
      keep(onward)
      socket.pipe(onward).pipe(socket)
      onward.on('close', () => socket.destroy())
      socket.on('close', () => onward.destroy())
    } else if (mode !== 'hold') {
      const { answer } = mode
      socket.once('data', () => socket.end(answer))
    }
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    opened: () => count,
    become(next) {
      mode = next
      for (const socket of sockets) socket.destroy()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      listener.close()
      await once(listener, 'close')
    },
  }
}
