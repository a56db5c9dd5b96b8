import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { after, before, describe, test } from 'node:test'
import { call, newPerson } from '../support/actors.ts'
import { type Answer, send, text } from '../support/http.ts'
import { nginx } from '../support/proxies/nginx.ts'
import { skipWithout, startProxy } from '../support/proxies/program.ts'
import { freePort, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await startServer({
    trustedProxies: 1,
    limits: { slow: { style: 'unix', plans: {}, otherwise: [{ limit: 1, window: 60 }] } },
    forwardAuth: [
      {
        path: '/v1/domains',
        methods: ['GET'],
        shape: 'message',
        rule: { doors: ['osir'], scopes: ['domains:read'] },
        token: true,
      },
      {
        path: '/v1/domains',
        methods: ['POST'],
        shape: 'message',
        rule: { doors: ['osir'], scopes: ['domains:write'] },
      },
      { path: '/v1/slow', shape: 'message', rule: { doors: ['osir'], limits: ['slow'] } },
      { path: '/me/*', shape: 'detail', rule: { doors: ['oshara'] } },
    ],
  })
})
after(() => server.close())

type Headers = Readonly<Record<string, string>>
const key = (name: string) => ({ 'X-API-Key': server.demo.keys[name] ?? '' })
const ask = (method: string, uri: string, headers: Headers = {}) =>
  call(server, '/guard/forward-auth', {
    headers: { 'X-Forwarded-Method': method, 'X-Forwarded-Uri': uri, ...headers },
  })
const askAsNginx = (method: string, uri: string, headers: Headers = {}) =>
  call(server, '/guard/forward-auth', {
    headers: { 'X-Original-Method': method, 'X-Original-URI': uri, ...headers },
  })

const told = ['kind', 'id', 'door', 'account', 'client', 'team', 'plan', 'role', 'scopes', 'environment']

test('ONE-19 what a caller says of itself is overwritten by what is true', async () => {
  const made = Object.fromEntries(told.map((name) => [`X-Auth-${name}`, 'made-up']))
  const answer = await ask('GET', '/v1/domains?x=1', { ...key('readonly'), ...made, 'X-User-Id': 'admin' })
  assert.equal(answer.status, 200)
  for (const name of told) {
    const value = answer.headers[`x-auth-${name}`]
    assert.equal(typeof value, 'string', `${name} is always there`)
    assert.notEqual(value, 'made-up')
  }
  assert.equal(answer.headers['x-auth-kind'], 'api-key')
  assert.equal(answer.headers['x-auth-plan'], 'Free')
  assert.equal(answer.headers['x-auth-client'], '', 'empty where there is none')
  assert.equal(answer.headers['x-user-id'], undefined)
})

test('each route has its own rule and its own words', async () => {
  const { access } = await newPerson(server)
  assert.equal((await ask('GET', '/me/profile', { Authorization: `Bearer ${access}` })).status, 200)
  const foreign = await ask('GET', '/me/profile', key('live'))
  assert.equal(foreign.status, 401)
  assert.equal(foreign.json['code'], 'token_not_valid')
  const written = await ask('POST', '/v1/domains', key('readonly'))
  assert.equal(written.status, 403)
  assert.deepEqual(written.json, { error: 'forbidden', message: 'Insufficient permissions for this action' })
  assert.match(written.headers['www-authenticate'] ?? '', /insufficient_scope/)
  assert.equal((await ask('POST', '/v1/domains', key('live'))).status, 200)
})

test('nothing passes without a route, nor by a path that can be read in two ways', async () => {
  for (const uri of [
    '/',
    '/v1',
    '/v1/domains/x',
    '/admin',
    '/v1/../v1/domains',
    '/v1/%2e%2e/v1/domains',
    '//v1/domains',
    '/v1/domains%2f..',
    'v1/domains',
    '/me/..;/x',
  ]) {
    assert.equal((await ask('GET', uri, key('live'))).status, 403, uri)
  }
  assert.equal((await ask('DELETE', '/v1/domains', key('live'))).status, 403)
  // A route for all methods is for those that there are.
  for (const method of ['get', 'Get', 'GET,POST', '*'])
    assert.equal((await ask(method, '/v1/slow', key('live'))).status, 403, method)
  assert.equal((await call(server, '/guard/forward-auth', { headers: key('live') })).status, 400)
  const twice = await call(server, '/guard/forward-auth', {
    headers: { ...key('live'), 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': ['/v1/domains', '/admin'] },
  })
  assert.equal(twice.status, 400)
})

test('a caller cannot choose what is judged: a header of the other pair is refused', async () => {
  const allowed = { ...key('live'), 'X-Original-Method': 'GET', 'X-Original-URI': '/v1/domains' }
  assert.equal((await ask('DELETE', '/admin', allowed)).status, 400)
  for (const [name, value] of [
    ['X-Original-Method', 'GET'],
    ['X-Original-URI', '/v1/domains'],
  ] as const) {
    assert.equal((await ask('POST', '/v1/domains', { ...key('live'), [name]: value })).status, 400, name)
  }
  const other = { ...key('live'), 'X-Forwarded-Uri': '/v1/domains' }
  assert.equal((await askAsNginx('GET', '/admin', other)).status, 400)
  const blanked = { ...key('live'), 'X-Forwarded-Method': '', 'X-Forwarded-Uri': '' }
  assert.equal((await askAsNginx('GET', '/v1/domains', blanked)).status, 200, 'blanked by the proxy')
})

test('nginx, which knows two refusals, is told the others in a header', async () => {
  assert.equal((await askAsNginx('GET', '/v1/slow', key('live'))).status, 200)
  const over = await askAsNginx('GET', '/v1/slow', key('live'))
  assert.equal(over.status, 403)
  assert.equal(over.headers['x-auth-status'], '429')
  assert.equal((await ask('GET', '/v1/slow', key('live'))).status, 429)
})

test('Envoy is told the refusal itself, whatever headers of nginx a caller made up', async () => {
  const headers = { ...key('live'), 'X-Original-URI': '/x' }
  await call(server, '/guard/envoy/v1/slow', { headers })
  const over = await call(server, '/guard/envoy/v1/slow', { headers })
  assert.equal(over.status, 429)
  assert.equal(over.headers['x-auth-status'], undefined)
})

test('the API behind can have a signed statement of who is calling', async () => {
  const answer = await ask('GET', '/v1/domains', key('live'))
  const jwks = createRemoteJWKSet(new URL(`${server.base}/.well-known/jwks.json`))
  const { payload } = await jwtVerify(String(answer.headers['x-auth-token']), jwks, {
    issuer: `${server.base}/guard`,
    audience: 'GET /v1/domains',
    typ: 'internal+jwt',
    currentDate: new Date(server.now() * 1000),
  })
  assert.equal(payload.sub, answer.headers['x-auth-id'])
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 60)
  assert.equal(
    (await call(server, '/v1/domains', { bearer: String(answer.headers['x-auth-token']) })).status,
    401,
    'and is no credential',
  )
})

describe('behind a real nginx, by the documented example', { skip: skipWithout(nginx) }, () => {
  const seen: { url: string; headers: IncomingHttpHeaders }[] = []
  const api = createServer((request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers })
    response.end('{"from":"the API"}')
  })
  let proxy: { close(): Promise<void> }
  let base = ''
  before(async () => {
    api.listen(0, '127.0.0.1')
    await once(api, 'listening')
    const address = api.address()
    const listen = await freePort()
    base = `http://127.0.0.1:${listen}`
    proxy = await startProxy(nginx, {
      listen,
      sallyport: Number(new URL(server.base).port),
      api: typeof address === 'object' && address ? address.port : 0,
    })
  })
  after(async () => {
    await proxy.close()
    api.close()
  })

  test('the API sees who is calling, none of what the caller made up, and no credential', async () => {
    const made = Object.fromEntries(told.map((name) => [`X-Auth-${name}`, 'made-up']))
    const answer: Answer = await send(`${base}/v1/domains?page=2`, {
      headers: { ...key('live'), ...made, 'X-Auth-Token': 'made-up', 'X-User-Id': 'admin' },
    })
    assert.equal(answer.status, 200)
    assert.equal(text(answer, 'from'), 'the API')
    const { url, headers } = seen.at(-1) ?? { url: '', headers: {} }
    assert.equal(url, '/v1/domains?page=2')
    assert.equal(headers['x-auth-kind'], 'api-key')
    assert.equal(JSON.stringify(headers).includes('made-up'), false)
    for (const name of ['x-user-id', 'x-api-key', 'authorization', 'x-auth-client'])
      assert.equal(headers[name], undefined, name)
  })

  test('who is refused never reaches the API', async () => {
    const count = seen.length
    for (const [path, headers, status] of [
      ['/v1/domains', {}, 401],
      ['/v1/domains', { 'X-API-Key': 'osir_live_wrong' }, 401],
      ['/admin', key('live'), 403],
      ['/v1/%2e%2e/admin', key('live'), 403],
      ['//v1/domains', key('live'), 403],
    ] as const) {
      assert.equal((await send(base + path, { headers })).status, status, path)
    }
    const posted = await send(`${base}/v1/domains`, { headers: key('readonly'), json: { name: 'x' } })
    assert.equal(posted.status, 403)
    assert.match(String(posted.headers['www-authenticate']), /insufficient_scope/)
    assert.equal(seen.length, count)
  })
})
