import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

/** A network between two programs, which a test can break. */
export interface Relay {
  /** The address to use instead of the server's. */
  readonly address: string
  /** Lets nothing through any more, and says so to nobody: a partition. */
  hold(): void
  /** Ends every connection, and lets new ones through. */
  cut(): void
  /** Lets everything through again that comes from now on. */
  mend(): void
  close(): Promise<void>
}

/** Relays TCP to a server on this machine. */
export async function startRelay(target: string): Promise<Relay> {
  const { port } = new URL(target)
  const sockets = new Set<Socket>()
  let held = false
  const track = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    return socket
  }
  const server = createServer((near) => {
    track(near)
    if (held) return
    const far = track(connect(Number(port), '127.0.0.1'))
    near.on('data', (piece) => held || far.write(piece))
    far.on('data', (piece) => held || near.write(piece))
    near.on('close', () => held || far.destroy())
    far.on('close', () => held || near.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold: () => {
      held = true
    },
    cut,
    mend: () => {
      cut()
      held = false
    },
    async close() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
