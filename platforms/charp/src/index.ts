import { createApi, type Platform } from 'sallyport'
import { brandRoutes, campaignRoutes, toolRoutes } from './api.ts'
import { doors, limits } from './preset.ts'
import { migrations } from './tables.ts'

/** Charp.ai: vendors with plans, and the brands, campaigns and tools that these open. */
export function charp(): Platform {
  return {
    name: 'charp',
    doors,
    limits,
    async api(host) {
      const tables = await host.tables(migrations)
      const routes = [...brandRoutes(tables, host), ...campaignRoutes(tables, host), ...toolRoutes(tables)]
      return [
        createApi({
          guard: host.guard({ shape: 'oauth' }),
          shape: 'oauth',
          paths: ['/brands', '/campaigns', '/tools'],
          routes,
        }),
      ]
    },
  }
}
