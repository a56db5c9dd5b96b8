import { icon, stylesheet } from '../../pages/index.ts'
import type { Door, Endpoint } from '../door.ts'
import { refuseMessage } from '../refuse.ts'
import type { Services } from '../services.ts'
import { errorPageEndpoint } from './error-pages.ts'
import { jwksEndpoint, metadataEndpoints } from './metadata.ts'
import { widgetScriptEndpoint } from './widget-script.ts'

function assetEndpoints(): readonly Endpoint[] {
  return [stylesheet, icon].map(({ path, body, contentType }) => ({
    path,
    methods: {
      GET: () => ({
        status: 200,
        headers: { 'content-type': contentType, 'cache-control': 'public, max-age=31536000, immutable' },
        body,
      }),
    },
  }))
}

const noStore = { 'cache-control': 'no-store' }

/** Whether the process lives, whether it can serve, and what it has counted. @see Prometheus text format 0.0.4 */
function healthEndpoints({ store, feeds, now }: Services): readonly Endpoint[] {
  const alive: Endpoint = {
    path: '/livez',
    plainHttp: true,
    methods: { GET: () => ({ status: 200, headers: noStore, body: { status: 'ok' } }) },
  }
  const ready: Endpoint = {
    path: '/readyz',
    plainHttp: true,
    methods: {
      async GET() {
        await store.signing.list(now())
        return { status: 200, headers: noStore, body: { status: 'ok' } }
      },
    },
  }
  const metrics: Endpoint = {
    path: '/metrics',
    plainHttp: true,
    methods: {
      GET() {
        const lines = Object.entries(store.counts()).flatMap(([name, value]) => [
          `# TYPE sallyport_store_${name}_total counter`,
          `sallyport_store_${name}_total ${value}`,
        ])
        lines.push('# TYPE sallyport_guard_feeds gauge', `sallyport_guard_feeds ${feeds.size}`)
        return {
          status: 200,
          headers: { ...noStore, 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
          body: `${lines.join('\n')}\n`,
        }
      },
    },
  }
  return [alive, ready, metrics]
}

/** What belongs to no door: discovery, keys, health, assets, the script for pages, error pages. */
export function systemDoor(services: Services): Door {
  return {
    id: 'system',
    prefixes: ['/.well-known', '/errors', '/assets'],
    endpoints: [
      ...metadataEndpoints(services),
      jwksEndpoint(services),
      ...healthEndpoints(services),
      ...assetEndpoints(),
      ...(services.doors.some(({ kind }) => kind === 'widgets') ? [widgetScriptEndpoint()] : []),
      errorPageEndpoint(),
    ],
    refuse: refuseMessage,
  }
}
