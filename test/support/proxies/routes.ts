import type { ForwardRoute } from '../../../packages/server/src/settings/forward.ts'
import type { ServerOptions } from '../server.ts'

const shape = 'message'

/** Routes that the tests with real proxies share. */
export const routes: readonly ForwardRoute[] = [
  {
    path: '/v1/domains',
    methods: ['GET'],
    shape,
    rule: { doors: ['osir'], scopes: ['domains:read'] },
    token: true,
  },
  { path: '/v1/domains', shape, rule: { doors: ['osir'], scopes: ['domains:write'] }, preflight: true },
  { path: '/v1/admin', shape, rule: { doors: ['osir'], admin: true } },
  { path: '/v1/business', shape, rule: { doors: ['osir'], plan: 'Business', plans: ['Free', 'Business'] } },
  { path: '/v1/slow', shape, rule: { doors: ['osir'], limits: ['slow'] } },
  { path: '/me/*', shape: 'detail', rule: { doors: ['oshara'] } },
  { path: '/bots/*', shape: 'oauth', rule: { doors: ['openchatstudio'] } },
  { path: '/v1/*', shape, rule: { doors: ['osir'] } },
]

/** The server that they ask. */
export const options: ServerOptions = {
  trustedProxies: 1,
  forwardAuth: routes,
  limits: { slow: { style: 'unix', plans: {}, otherwise: [{ limit: 1, window: 60 }] } },
}
