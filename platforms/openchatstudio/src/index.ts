import { createApi, type Platform } from 'sallyport'
import { chatbotRoutes, meRoute, sessionRoutes } from './api.ts'
import { doors, limits } from './preset.ts'
import { migrations } from './tables.ts'

/** OpenChatStudio: apps that act for people in teams, on chatbots and their sessions. */
export function openChatStudio(): Platform {
  return {
    name: 'openchatstudio',
    doors,
    limits,
    async api(host) {
      const tables = await host.tables(migrations)
      const routes = [...chatbotRoutes(tables, host), ...sessionRoutes(tables, host), meRoute]
      return [
        createApi({
          guard: host.guard({ shape: 'detail' }),
          shape: 'detail',
          paths: ['/api/chatbots', '/api/sessions', '/api/user'],
          routes,
        }),
      ]
    },
  }
}
