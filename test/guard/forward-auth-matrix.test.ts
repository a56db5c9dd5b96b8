/** Every kind of credential in every state, through forward authentication as each kind of proxy asks. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ForwardRoute } from '../../packages/server/src/settings/forward.ts'
import { administer, call } from '../support/actors.ts'
import { type Held, type Kind, kinds } from '../support/credentials.ts'
import type { Answer } from '../support/http.ts'
import { newScene, newTokens } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

const doors = [...new Set(kinds.map(({ door }) => door))]
const plans = ['Free', 'Standard', 'Enterprise']
const shape = 'message'
const forwardAuth: readonly ForwardRoute[] = [
  { path: '/any', shape, rule: { doors }, token: true },
  { path: '/enough', shape, rule: { doors, plan: 'Free', plans } },
  { path: '/plan', shape, rule: { doors, plan: 'Enterprise', plans } },
  { path: '/scope', shape, rule: { doors, scopes: ['billing:write'] } },
  { path: '/admin', shape, rule: { doors, admin: true } },
  ...doors.map(
    (door): ForwardRoute => ({
      path: `/not/${door}`,
      shape,
      rule: { doors: doors.filter((other) => other !== door) },
    }),
  ),
]

let server: TestServer
before(async () => (server = await startServer({ forwardAuth, trustedProxies: 1 })))
after(() => server.close())

/** How a kind of proxy asks about a request for a path. */
interface Way {
  readonly name: string
  ask(path: string, headers: Readonly<Record<string, string>>): Promise<Answer>
}

const ways: readonly Way[] = [
  {
    name: 'nginx',
    ask: (path, headers) =>
      call(server, '/guard/forward-auth', {
        headers: { 'X-Original-Method': 'GET', 'X-Original-URI': path, ...headers },
      }),
  },
  {
    name: 'the others',
    ask: (path, headers) =>
      call(server, '/guard/forward-auth', {
        headers: { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': path, ...headers },
      }),
  },
  { name: 'Envoy', ask: (path, headers) => call(server, `/guard/envoy${path}`, { headers }) },
]

/** Changes a letter in the middle of what is secret of it. */
function tampered(secret: string): string {
  const at = secret.includes('.') ? secret.lastIndexOf('.') + 5 : secret.length - 12
  return `${secret.slice(0, at)}${secret[at] === 'A' ? 'B' : 'A'}${secret.slice(at + 1)}`
}

type State = readonly [
  name: string,
  path: (kind: Kind) => string,
  spoil: (held: Held) => Promise<string> | string,
  status: number,
]

const same = ({ secret }: Held) => secret
const states: readonly State[] = [
  ['valid', () => '/any', same, 200],
  ['valid on a plan that is enough', () => '/enough', same, 200],
  [
    'expired',
    () => '/any',
    async (held) => {
      await held.expire()
      return held.secret
    },
    401,
  ],
  [
    'revoked',
    () => '/any',
    async (held) => {
      await held.revoke()
      return held.secret
    },
    401,
  ],
  ['tampered', () => '/any', ({ secret }) => tampered(secret), 401],
  ['at another door', ({ door }) => `/not/${door}`, same, 401],
  ['without the scope', () => '/scope', same, 403],
  ['on a plan that is not enough', () => '/plan', same, 403],
  ['of no administrator', () => '/admin', same, 403],
]

const words: Readonly<Record<number, object>> = {
  401: { error: 'unauthorized', message: 'Invalid or missing API key' },
  403: { error: 'forbidden', message: 'Insufficient permissions for this action' },
}

function assertAnswer({ status, headers, json }: Answer, expected: number, { kind, door }: Kind): void {
  assert.equal(status, expected, JSON.stringify(json))
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers['x-auth-kind'], expected === 200 ? kind : undefined)
  assert.equal(headers['x-auth-door'], expected === 200 ? door : undefined)
  if (expected !== 200) assert.deepEqual(json, words[expected])
  const challenge = headers['www-authenticate']
  if (expected === 401) assert.equal(challenge, 'Bearer error="invalid_token"')
}

for (const one of kinds) {
  for (const [name, path, spoil, status] of states) {
    test(`${one.name} ${name}: ${status}, however a proxy asks`, async () => {
      const secret = await spoil(await one.make(server))
      const headers: Readonly<Record<string, string>> = one.header
        ? { [one.header]: secret }
        : { Authorization: `Bearer ${secret}` }
      for (const way of ways) assertAnswer(await way.ask(path(one), headers), status, one)
    })
  }
}

test('no credential is no error: the challenge names the scheme alone', async () => {
  for (const way of ways) {
    const answer = await way.ask('/any', {})
    assert.equal(answer.status, 401)
    assert.equal(answer.headers['www-authenticate'], 'Bearer')
  }
})

test('a plan in any letters is told in those that a header can have', async () => {
  const scene = await newScene(server)
  const { access } = await newTokens(scene)
  const headers = { Authorization: `Bearer ${access}` }
  await administer(server, 'PATCH', `/teams/${scene.teamId}`, { plan: 'Größe 金' })
  for (const way of ways) {
    const answer = await way.ask('/any', headers)
    assert.deepEqual([answer.status, answer.headers['x-auth-plan']], [200, 'Gr%C3%B6%C3%9Fe %E9%87%91'])
    assert.equal((await way.ask('/plan', headers)).status, 403)
  }
})

test('headers have no say in what Envoy asks', async () => {
  const [kind] = kinds
  const { secret } = (await kind?.make(server)) ?? assert.fail('no kinds')
  const made = {
    'X-Original-Method': 'GET',
    'X-Original-URI': '/any',
    'X-Forwarded-Method': 'GET',
    'X-Forwarded-Uri': '/any',
  }
  const headers = { Authorization: `Bearer ${secret}`, ...made }
  for (const [path, status] of [
    ['/any', 200],
    ['/any?x=/admin', 200],
    ['/any/', 200],
    ['/admin', 403],
    ['', 403],
    ['/', 403],
    ['//any', 403],
    ['/%61ny', 403],
    ['/ANY', 403],
  ] as const)
    assert.equal((await call(server, `/guard/envoy${path}`, { headers })).status, status, path)
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])
    assert.equal((await call(server, '/guard/envoy/any', { method, headers })).status, 200, method)
  assert.equal((await call(server, '/guard/forward-auth/any', { headers })).status, 404)
})
