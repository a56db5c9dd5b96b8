import { once } from 'node:events'
import { createServer } from 'node:https'
import { fresh } from './actors.ts'
import { newAuthority } from './certificates.ts'
import type { ServerOptions } from './server.ts'

/** A host of documents that a server under test may fetch. */
export interface DocumentHost {
  readonly origin: string
  /** What a server needs to be given to reach it. */
  readonly options: Pick<ServerOptions, 'privateNetworks' | 'extraCertificates'>
  /** Puts JSON at an address of its own; the address. */
  publish(json: unknown, status?: number): string
  /** Puts metadata of a client there, with the address as its id. */
  describe(metadata: object): string
  close(): Promise<void>
}

/** Starts one on loopback, with a certificate by an authority that only `options` make a server trust. */
export async function startDocumentHost(): Promise<DocumentHost> {
  const authority = await newAuthority()
  const { cert, key } = await authority.issue({ subject: '/CN=documents', names: ['IP:127.0.0.1'] })
  const served = new Map<string, { readonly status: number; readonly body: string }>()
  const host = createServer({ cert, key }, (request, response) => {
    const { status, body } = served.get(request.url ?? '') ?? { status: 404, body: '' }
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  host.listen(0, '127.0.0.1')
  await once(host, 'listening')
  const address = host.address()
  const origin = `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  return {
    origin,
    options: { privateNetworks: ['127.0.0.0/8'], extraCertificates: authority.certPath },
    publish(json, status = 200) {
      const path = `/${fresh('document')}.json`
      served.set(path, { status, body: typeof json === 'string' ? json : JSON.stringify(json) })
      return origin + path
    },
    describe(metadata) {
      const path = `/${fresh('client')}.json`
      const body = JSON.stringify({ client_id: origin + path, ...metadata })
      served.set(path, { status: 200, body })
      return origin + path
    },
    async close() {
      host.closeAllConnections()
      host.close()
      await authority.close()
    },
  }
}
