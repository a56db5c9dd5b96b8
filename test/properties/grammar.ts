import { encoded, type Knock, type Pairs } from './knock.ts'
import { appsGrammar, type Grammar, posted } from './grammar-apps.ts'
import type { Live } from './live.ts'
import { callback } from '../support/ocs.ts'
import type { World } from './world.ts'

type Good = Omit<Knock, 'path'>
const reads: Good = { method: 'GET' }
const preflight: Good = { method: 'OPTIONS', headers: [['Origin', 'https://mysite.com']] }
const bearer = (token: string): Pairs => [['Authorization', `Bearer ${token}`]]
const sent = (method: string, json: unknown, headers: Pairs = []): Good => ({ method, json, headers })

function peopleGrammar({ victim }: World, live: Live): Grammar {
  const { email, password, refresh } = victim.person
  const own = bearer(victim.person.access)
  return {
    '/api/auth/signup': [sent('POST', { email: 'new@example.com', password: 'correct horse' })],
    '/api/auth/login': [sent('POST', { email, password })],
    '/api/auth/refresh': [sent('POST', { refresh })],
    '/api/auth/me': [{ method: 'GET', headers: own }],
    '/api/auth/logout': [sent('POST', { refresh }, own)],
    '/api/auth/password/change': [sent('POST', { old_password: password, new_password: password }, own)],
    '/api/auth/google': [reads],
    '/api/auth/google/callback': [
      {
        method: 'GET',
        query: live.upstream.query,
        headers: [['Cookie', live.upstream.cookie]],
      },
    ],
    '/api/agents/agent-session': [
      sent('POST', { agent: 'support-bot' }, [['Origin', 'https://mysite.com']]),
      preflight,
    ],
    '/api/agents/{slug}/appearance': [{ ...preflight, method: 'GET' }, preflight],
  }
}

function keysGrammar({ server }: World, live: Live): Grammar {
  const own = bearer(live.person.access)
  const manage = ['/api/auth/api-keys', '/api/api-keys', '/v1/api-keys'].flatMap((path) => [
    [path, [{ method: 'GET', headers: own }, sent('POST', { name: 'k', scopes: [] }, own)]] as const,
    [
      `${path}/{keyId}`,
      [
        { method: 'GET', headers: own },
        sent('PATCH', { name: 'n' }, own),
        { method: 'DELETE', headers: own },
      ],
    ] as const,
  ])
  const key: Pairs = [['X-API-Key', server.demo.keys['readonly'] ?? '']]
  return {
    ...Object.fromEntries(manage),
    '/v1/session-tokens': [sent('POST', { scope: 'domains:read' }, key), { method: 'POST', headers: own }],
  }
}

function vendorsGrammar({ vendor, admin }: World, live: Live): Grammar {
  const { client_id, client_secret } = vendor
  const refresh_token = live.vendor.refresh
  const own = bearer(admin)
  const json = { name: 'v', email: 'v@example.com', plan: 'Free', credits: 0 }
  return {
    '/auth/token': [sent('POST', { client_id, client_secret })],
    '/auth/refresh': [sent('POST', { refresh_token }), posted({ refresh_token })],
    '/auth/revoke': [sent('POST', { token: refresh_token })],
    '/vendors': [sent('POST', json, own)],
    '/vendors/{vendorId}': [
      { method: 'GET', headers: own },
      sent('PATCH', { plan: 'Standard', status: 'active' }, own),
      { method: 'DELETE', headers: own },
    ],
  }
}

function portalGrammar({ victim }: World, live: Live): Grammar {
  const headers: Pairs = [['Cookie', live.cookie]]
  const { csrf } = live
  const { email, password } = victim.person
  const back: Pairs = [['return', `/o/authorize?${encoded(live.standing)}`]]
  const disconnect = posted({ csrf }, headers)
  return {
    '/sign-in': [
      { method: 'GET', query: back },
      { method: 'GET', query: back, headers },
      { method: 'GET', query: [...back, ['again', '1']], headers },
      posted({ csrf, email, password, return: back[0]?.[1] ?? '' }, headers),
    ],
    '/sign-up': [
      { method: 'GET', query: back },
      posted({ csrf, email: 'up@example.com', password, return: '/device' }, headers),
    ],
    '/sign-out': [posted({ csrf }, headers)],
    '/account': [{ method: 'GET', headers }],
    '/account/apps/{clientId}/disconnect': [disconnect],
    '/account/keys': [posted({ csrf, name: 'k', environment: 'test' }, headers)],
    '/account/keys/{keyId}/revoke': [disconnect],
    '/demo/callback': [
      {
        method: 'GET',
        query: [
          ['code', 'x'],
          ['iss', live.flow.authorize],
        ],
      },
    ],
  }
}

function adminGrammar({ admin }: World): Grammar {
  const own = bearer(admin)
  const makes = (json: unknown) => [sent('POST', json, own)]
  const read: Good = { method: 'GET', headers: own }
  const gone: Good = { method: 'DELETE', headers: own }
  const client = { door: 'openchatstudio', name: 'a', redirect_uris: [callback], scope: 'chatbot:read' }
  const all: Grammar = {
    '/accounts': makes({ email: 'made@example.com', password: 'correct horse', plan: 'Free' }),
    '/accounts/{accountId}': [read, sent('PATCH', { disabled: false }, own), gone],
    '/teams': makes({ slug: 'made', name: 'Made', plan: 'Free' }),
    '/teams/{teamId}': [read, sent('PATCH', { plan: 'Free', status: 'active' }, own), gone],
    '/teams/{teamId}/members/{accountId}': [sent('PUT', { role: 'member' }, own), gone],
    '/clients': makes(client),
    '/clients/{clientId}': [read, sent('PATCH', { name: 'b', scope: 'chatbot:read' }, own), gone],
    '/clients/{clientId}/secrets': [read, sent('POST', { overlap_seconds: 60 }, own)],
    '/clients/{clientId}/secrets/{secretId}': [gone],
    '/registration-tokens': [read, ...makes({ door: 'osir-oauth', name: 'n', uses: 1 })],
    '/registration-tokens/{tokenId}': [gone],
    '/guards': makes({ name: 'g' }),
    '/signing-keys': [{ method: 'POST', headers: own }],
    '/audit': [
      {
        ...read,
        query: [
          ['limit', '10'],
          ['type', 'request.refused'],
        ],
      },
    ],
  }
  return Object.fromEntries(Object.entries(all).map(([path, goods]) => [`/admin${path}`, goods]))
}

function guardGrammar({ guard, server, victim }: World, live: Live): Grammar {
  const own: Pairs = [['Authorization', guard.basic]]
  const rule = { doors: ['openchatstudio'], scopes: ['chatbot:read'] }
  const headers = { authorization: `Bearer ${live.tokens.access}`, origin: 'https://mysite.com' }
  const check = { method: 'GET', path: '/x', headers, ip: '127.0.0.1', rule, shape: 'oauth' }
  const held = (method: string): Good => ({
    method,
    headers: [['X-Forwarded-Method', 'GET'], ['X-Forwarded-Uri', '/chat/one'], ...bearer(live.tokens.access)],
  })
  const original: Good = {
    method: 'GET',
    headers: [
      ['X-Original-Method', 'GET'],
      ['X-Original-URI', '/v1/domains'],
      ['X-API-Key', server.demo.keys['live'] ?? ''],
    ],
  }
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
  const envoy = methods.map((method): Good => ({ method, headers: original.headers ?? [] }))
  return {
    '/guard/check': [sent('POST', check, own)],
    '/guard/checks': [sent('POST', { checks: [check, check] }, own)],
    '/guard/metadata': [{ method: 'GET', headers: own }],
    '/guard/facts': [
      sent(
        'POST',
        {
          facts: [
            ['account', victim.person.id],
            ['team', victim.teamId],
          ],
        },
        own,
      ),
    ],
    '/guard/uses': [sent('POST', { uses: [['api-key', 'a'.repeat(43), server.now()]] }, own)],
    '/guard/spend': [sent('POST', { id: 'x', team_id: victim.teamId, limits: ['ocs-api'] }, own)],
    '/guard/feed': [{ method: 'GET', headers: [...own, ['Last-Event-ID', '0']] }],
    '/guard/forward-auth': [...methods.map(held), original],
    '/guard/envoy/*': envoy,
    '/guard/openapi.json': [reads],
  }
}

/** What has no parameters of its own, and is told by its address alone. */
const toldAlone = /^\/(?:\.well-known\/.*|livez|readyz|metrics|assets\/.*|widget\.js|errors\/\{code\})$/

/** Requests that get far at an endpoint of a server; of a path that nobody has thought of, none. */
export function goodRequests(path: string, world: World, live: Live): readonly Good[] {
  if (toldAlone.test(path)) return [reads, preflight]
  const all: Grammar = {
    ...appsGrammar(world, live),
    ...peopleGrammar(world, live),
    ...keysGrammar(world, live),
    ...vendorsGrammar(world, live),
    ...portalGrammar(world, live),
    ...adminGrammar(world),
    ...guardGrammar(world, live),
  }
  return all[path] ?? []
}

/** What can stand for the names in a path: ids of what may come to harm, and nothing secret, since paths are logged. */
export function idsOf(
  name: string,
  path: string,
  { victim, registered, scene }: World,
  live: Live,
): readonly string[] {
  const door = path.slice(0, path.indexOf('/', 1))
  const own = live.keys[path.replace('/{keyId}', '')]?.id
  const self = path.includes('/register/') ? registered[door]?.clientId : undefined
  const known: Readonly<Record<string, readonly string[]>> = {
    clientId:
      self === undefined
        ? [victim.app.clientId, scene.app.clientId].slice(0, path.startsWith('/admin') ? 1 : 2)
        : [self],
    accountId: [victim.person.id],
    teamId: [victim.teamId],
    vendorId: [victim.vendorId],
    keyId: own === undefined ? Object.values(live.keys).map(({ id }) => id) : [own],
    secretId: [live.secretId],
    tokenId: [live.initial.id],
    requestId: [live.asked.id, scene.teamId],
    slug: ['support-bot'],
    code: ['invalid_grant', 'toString'],
  }
  return known[name] ?? []
}
