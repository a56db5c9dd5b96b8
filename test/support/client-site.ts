import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'

/** The site of an app on this machine. */
export interface ClientSite {
  readonly origin: string
  /** What answers from now on: what an app is registered with has its address, which is known once it listens. */
  serve(listener: RequestListener): void
  close(): Promise<void>
}

/** Opens a site that answers nothing yet. */
export async function openClientSite(): Promise<ClientSite> {
  const server: Server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    origin: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    serve: (listener) => void server.removeAllListeners('request').on('request', listener),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
