import { createApi, type FetchMount, type Platform } from 'sallyport'
import { characterRoutes, sessionRoute } from './api.ts'
import { Characters } from './character.ts'
import { doors } from './preset.ts'
import { migrations } from './tables.ts'

/** Lets pages of any origin read what a widget's token opens; cookies are never part of it. */
function readableByPages(mount: FetchMount): FetchMount {
  return {
    ...mount,
    async fetch(request, info) {
      const origin = request.headers.get('origin')
      const cors = { vary: 'Origin', ...(origin !== null && { 'access-control-allow-origin': origin }) }
      if (request.method === 'OPTIONS') {
        const allowed = {
          'access-control-allow-methods': 'GET',
          'access-control-allow-headers': 'authorization',
        }
        return new Response(null, { status: 204, headers: { ...cors, ...allowed } })
      }
      const response = await mount.fetch(request, info)
      for (const [name, value] of Object.entries(cors)) response.headers.set(name, value)
      return response
    },
  }
}

/** Oshara: people, their characters, and the pages these run on. */
export function oshara(): Platform {
  return {
    name: 'oshara',
    doors,
    async api(host) {
      const characters = new Characters(await host.tables(migrations))
      const guard = host.guard({ shape: 'detail', onTwo: 'api-key-wins' })
      const shape = 'detail'
      return [
        createApi({ guard, shape, paths: ['/api/ai-characters'], routes: characterRoutes(host, characters) }),
        readableByPages(createApi({ guard, shape, paths: ['/api/agents'], routes: [sessionRoute] })),
      ]
    },
  }
}
