import { freePort } from '../server.ts'
import { apache } from './apache.ts'
import { caddy } from './caddy.ts'
import { envoy } from './envoy.ts'
import { haproxy } from './haproxy.ts'
import { type Api, type Desk, startApi, startDesk } from './listeners.ts'
import { nginx } from './nginx.ts'
import { type ProxyKind, startProxy } from './program.ts'
import { traefik } from './traefik.ts'

/** Every proxy with a documented example. */
export const proxies: readonly ProxyKind[] = [nginx, caddy, haproxy, apache, traefik, envoy]

/** A proxy between callers and an API, and a desk between it and the server. */
export interface Stage {
  readonly port: number
  readonly base: string
  readonly desk: Desk
  readonly api: Api
  close(): Promise<void>
}

/** Starts a proxy by its documented example, before an API and a server. */
export async function openStage(
  kind: ProxyKind,
  server: { readonly base: string },
  brokenScript?: string,
): Promise<Stage> {
  const [desk, api] = [await startDesk(server.base), await startApi()]
  const port = await freePort()
  const leave = async () => {
    await desk.close()
    await api.close()
  }
  const ports = { listen: port, sallyport: desk.port, api: api.port }
  const proxy = await startProxy(kind, ports, brokenScript).catch(async (error: unknown) => {
    await leave()
    throw error
  })
  return {
    port,
    base: `http://127.0.0.1:${port}`,
    desk,
    api,
    async close() {
      await proxy.close()
      await leave()
    },
  }
}
