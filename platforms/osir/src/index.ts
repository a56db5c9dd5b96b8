import type { Platform } from 'sallyport'
import { osirApp } from './app.ts'
import { doors, limits } from './preset.ts'
import { migrations } from './tables.ts'

/** OSIR: servers with API keys, on domains, servers, email and billing. */
export function osir(): Platform {
  return {
    name: 'osir',
    doors,
    limits,
    async api(host) {
      return [
        {
          paths: ['/v1', '/mcp', '/.well-known/oauth-protected-resource/mcp'],
          node: osirApp(await host.tables(migrations), host),
        },
      ]
    },
  }
}
