import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { administer, call, newPerson } from '../support/actors.ts'
import { send, text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

test('ONE-11 doors bound to hosts answer there alone; unbound ones answer everywhere', async () => {
  const hosts = {
    oshara: ['api.oshara.ai'],
    openchatstudio: ['www.openchatstudio.com'],
    charp: ['api.charp.ai'],
    'osir-oauth': ['osir.com', 'api.osir.com'],
  }
  const bound = await startServer({
    doors: Object.fromEntries(Object.entries(hosts).map(([id, list]) => [id, { hosts: list }])),
  })
  try {
    const paths = {
      oshara: '/api/auth/login/',
      openchatstudio: '/o/token/',
      charp: '/auth/token',
      'osir-oauth': '/oauth/token',
    }
    for (const [id, path] of Object.entries(paths)) {
      for (const [other, list] of Object.entries(hosts)) {
        for (const host of list) {
          const { status } = await call(bound, path, { method: 'POST', headers: { Host: host } })
          if (id === other) assert.ok([400, 401, 415].includes(status), `${path} at ${host}: ${status}`)
          else assert.ok(status === 404 || status === 421, `${path} at ${host}: ${status}`)
        }
      }
    }
  } finally {
    await bound.close()
  }
  assert.equal(
    (await call(server, '/auth/token', { method: 'POST', headers: { Host: 'anything.example' } })).status,
    400,
  )
})

test('ONE-12 each door has its own issuer, the one its metadata and its tokens name', async () => {
  const issuers = new Map<string, string>()
  for (const path of ['', '/oauth', '/api/auth', '/auth', '/api/agents']) {
    const metadata = await call(server, `/.well-known/oauth-authorization-server${path}`)
    assert.equal(metadata.status, 200, path)
    issuers.set(path, text(metadata, 'issuer'))
    assert.equal(text(metadata, 'issuer'), server.base + path)
  }
  assert.equal(new Set(issuers.values()).size, issuers.size)
  const person = await newPerson(server)
  const claims = JSON.parse(Buffer.from(person.access.split('.')[1] ?? '', 'base64url').toString()) as {
    readonly iss: string
  }
  assert.equal(claims.iss, issuers.get('/api/auth'))
})

test('ONE-13 after a rotation old tokens verify, new ones use the new key, and the old key goes last', async () => {
  const kidOf = (token: string) =>
    (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { readonly kid: string })
      .kid
  const kids = async () =>
    ((await call(server, '/.well-known/jwks.json')).json['keys'] as { readonly kid: string }[]).map(
      ({ kid }) => kid,
    )
  const old = await newPerson(server)
  const added = await administer(server, 'POST', '/signing-keys')
  assert.deepEqual(
    (await kids()).sort(),
    [kidOf(old.access), text(added, 'kid')].sort(),
    'published before it signs',
  )
  assert.equal(kidOf((await newPerson(server)).access), kidOf(old.access))
  await server.advance(Number(added.json['publish_ahead']))
  const young = await newPerson(server)
  assert.equal(kidOf(young.access), text(added, 'kid'))
  await server.advance(864_000 - 700)
  assert.equal(
    (await call(server, '/api/auth/me/', { bearer: old.access })).status,
    200,
    'nearly ten days old',
  )
  assert.ok((await kids()).includes(kidOf(old.access)))
  await server.advance(701)
  assert.equal((await kids()).includes(kidOf(old.access)), false)
})

test('ONE-14 the key set holds public keys only', async () => {
  const { keys } = (await call(server, '/.well-known/jwks.json')).json as { keys?: Record<string, unknown>[] }
  assert.ok(keys && keys.length > 0)
  for (const key of keys) {
    assert.equal(key['kty'], 'EC')
    for (const member of ['d', 'p', 'q', 'k', 'dp', 'dq', 'qi']) assert.equal(member in key, false, member)
  }
})

test('ONE-21 unknown paths and failures answer JSON without a trace, and echo the request id', async () => {
  const unknown = await call(server, '/no/such/path', { headers: { 'X-Request-Id': 'my-request-1' } })
  assert.equal(unknown.status, 404)
  assert.equal(unknown.headers['x-request-id'], 'my-request-1')
  assert.equal(unknown.json['error'], 'not_found')
  assert.match(unknown.headers['content-type'] ?? '', /^application\/json/)
  const limited = await startServer({ brokenLimiter: true })
  try {
    const failed = await call(limited, '/auth/token', { json: { client_id: 'a', client_secret: 'b' } })
    assert.equal(failed.status, 503)
    assert.equal(/\bat .*\.ts/.test(failed.text), false)
    assert.ok(failed.headers['x-request-id'])
  } finally {
    await limited.close()
  }
})

test('ONE-22 credential endpoints give no page of an unknown origin leave to read', async () => {
  for (const path of [
    '/o/token/',
    '/oauth/token',
    '/auth/token',
    '/api/auth/login/',
    '/o/introspect/',
    '/api/auth/api-keys/',
  ]) {
    const preflight = await call(server, path, {
      method: 'OPTIONS',
      headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
    })
    const post = await call(server, path, { method: 'POST', headers: { Origin: 'https://evil.example' } })
    for (const answer of [preflight, post])
      assert.equal(answer.headers['access-control-allow-origin'], undefined, path)
  }
})

test('ONE-23 when the limiter is not there credential endpoints refuse and the plain API serves', async () => {
  const limited = await startServer({ brokenLimiter: true })
  try {
    for (const [path, ask] of [
      ['/api/auth/login/', { json: { email: 'a@example.com', password: 'whatever it is' } }],
      ['/o/token/', { form: { grant_type: 'authorization_code' } }],
      ['/auth/token', { json: { client_id: 'a', client_secret: 'b' } }],
    ] as const) {
      assert.equal((await call(limited, path, ask)).status, 503, path)
    }
    assert.equal(
      (await call(limited, '/v1/domains', { bearer: limited.demo.keys['live'] ?? '' })).status,
      200,
    )
  } finally {
    await limited.close()
  }
})

test('ONE-24 every lifetime follows the one clock, to the second', async () => {
  const { access, refresh } = await newPerson(server)
  await server.advance(864_000 - 1)
  assert.equal((await call(server, '/api/auth/me/', { bearer: access })).status, 200)
  await server.advance(1)
  assert.equal(
    (await call(server, '/api/auth/me/', { bearer: access })).status,
    401,
    'no leeway on our own expiry',
  )
  await server.advance(2_592_000 - 864_000)
  assert.equal((await call(server, '/api/auth/refresh/', { json: { refresh } })).status, 401)
})

function raw(request: string): Promise<string> {
  const { hostname, port } = new URL(server.base)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString()))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
    socket.write(request)
  })
}

test('ONE-25 oversize headers, bodies and parameter lists are refused, and the server lives on', async () => {
  const header = await raw(`GET /livez HTTP/1.1\r\nHost: x\r\nX-Big: ${'a'.repeat(20_000)}\r\n\r\n`)
  assert.match(header, /^HTTP\/1\.1 431 /)
  const body = await send(`${server.base}/auth/token`, {
    headers: { 'Content-Type': 'application/json' },
    body: `"${'a'.repeat(70_000)}"`,
  })
  assert.equal(body.status, 413)
  const many = Array.from({ length: 1000 }, (_, index) => [`p${index}`, '1'] as const)
  assert.equal((await call(server, '/o/token/', { form: many })).status, 400)
  assert.equal((await call(server, '/livez')).status, 200)
})
