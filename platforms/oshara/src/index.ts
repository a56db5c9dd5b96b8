import { createApi, type Platform } from 'sallyport'
import { characterRoutes, sessionRoute } from './api.ts'
import { Characters } from './character.ts'
import { doors } from './preset.ts'
import { readableByPages } from './readable-by-pages.ts'
import { migrations } from './tables.ts'

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
