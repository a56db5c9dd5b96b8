import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'

/** A web server with a page for each path. */
export interface WebSite {
  readonly origin: string
  close(): Promise<void>
}

/** What a path of a site answers. */
export interface WebFile {
  readonly body: string
  readonly type?: string
  readonly policy?: string
  readonly status?: number
  /** Where it redirects to. */
  readonly location?: string
}

/** Serves `answer` at `host`, which names this machine: each host and port is an origin of its own. */
export async function startWebSite(
  host: '127.0.0.1' | 'localhost',
  answer: (path: string, request: IncomingMessage) => WebFile,
): Promise<WebSite> {
  const server = createServer((request, response) => {
    const {
      body,
      type = 'text/html; charset=utf-8',
      policy,
      status = 200,
      location,
    } = answer(request.url ?? '/', request)
    response.statusCode = status
    if (location !== undefined) response.setHeader('location', location)
    response.setHeader('content-type', type)
    if (policy !== undefined) response.setHeader('content-security-policy', policy)
    response.end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    origin: `http://${host}:${typeof address === 'object' && address ? address.port : 0}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
