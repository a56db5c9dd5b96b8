import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { administer, call, newPerson } from '../support/actors.ts'
import { type Answer, type Ask, send, text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

const unauthorized = { error: 'unauthorized', message: 'Invalid or missing API key' }
const mint = (credential: string, json?: object) =>
  call(server, '/v1/session-tokens', { method: 'POST', bearer: credential, ...(json && { json }) })
const domains = (bearer: string, json?: object) =>
  call(server, '/v1/domains', { bearer, ...(json && { json }) })

async function newKey(
  scopes: readonly string[],
): Promise<{ readonly id: string; readonly key: string; readonly owner: string }> {
  const { access } = await newPerson(server)
  const answer = await call(server, '/v1/api-keys', { bearer: access, json: { name: 'k', scopes } })
  return { id: text(answer, 'id'), key: text(answer, 'key'), owner: access }
}

test('OSIR-34 a key and a sign-in mint session tokens', async () => {
  const { key, owner } = await newKey(['domains:read'])
  for (const parent of [key, owner]) {
    const answer = await mint(parent)
    assert.equal(answer.status, 201, answer.text)
    assert.match(text(answer, 'token'), /^osk_/)
    assert.equal(answer.json['expires_in'], 8 * 3600)
    assert.equal((await domains(text(answer, 'token'))).status, 200)
  }
})

test('OSIR-35 a session token ends by lying idle for half an hour, and after eight in any case', async () => {
  const { key } = await newKey(['domains:read'])
  const [idle, short] = [text(await mint(key), 'token'), text(await mint(key), 'token')]
  await server.advance(30 * 60 - 1)
  assert.equal((await domains(short)).status, 200)
  await server.advance(1)
  const lain = await domains(idle)
  assert.equal(lain.status, 401)
  assert.deepEqual(lain.json, unauthorized)
  const active = text(await mint(key), 'token')
  for (let minutes = 29; minutes < 8 * 60; minutes += 29) {
    await server.advance(29 * 60)
    assert.equal((await domains(active)).status, 200, `${minutes} minutes`)
  }
  await server.advance(16 * 60 - 1)
  assert.equal((await domains(active)).status, 200)
  await server.advance(1)
  const old = await domains(active)
  assert.equal(old.status, 401)
  assert.deepEqual(old.json, unauthorized)
})

test('OSIR-36 a session token mints nothing, can do no more than its parent, and dies with it', async () => {
  const { id, key, owner } = await newKey(['domains:read'])
  const token = text(await mint(key), 'token')
  for (const answer of [
    await domains(token, { name: 'x.example' }),
    await call(server, '/v1/api-keys', { bearer: token, json: { name: 'k' } }),
    await mint(token),
  ]) {
    assert.equal(answer.status, 403)
    assert.deepEqual(answer.json, { error: 'forbidden', message: 'Insufficient permissions for this action' })
  }
  const wider = await mint(key, { scope: 'domains:write' })
  assert.equal(wider.status, 400)
  assert.equal((await domains(token)).status, 200)
  await call(server, `/v1/api-keys/${id}`, { method: 'DELETE', bearer: owner })
  const orphan = await domains(token)
  assert.equal(orphan.status, 401)
  assert.deepEqual(orphan.json, unauthorized)
})

/** A server with the preset's own limits, and a caller on plan Free. */
async function limitedServer(): Promise<{
  readonly limited: TestServer
  ask(path?: string, method?: string): Promise<Answer>
}> {
  const limited = await startServer({ realLimits: true })
  const key = limited.demo.keys['live'] ?? ''
  return {
    limited,
    ask: (path = '/v1/domains', method = 'GET') =>
      call(limited, path, { method, headers: { 'X-API-Key': key } }),
  }
}

test('OSIR-37 every answer tells the limit of the minute and of the day, and the reset as a Unix time', async () => {
  const { limited, ask } = await limitedServer()
  try {
    const answer = await ask()
    assert.equal(answer.headers['x-ratelimit-limit'], '60')
    assert.equal(answer.headers['x-ratelimit-remaining'], '59')
    assert.equal(answer.headers['x-ratelimit-reset'], String(limited.now() + 60))
    assert.match(String(answer.headers['ratelimit-policy']), /q=60;w=60/)
    const began = limited.now()
    for (let calls = 1; calls < 1000; calls += 1) {
      if (calls % 60 === 0) await limited.advance(60)
      assert.equal((await ask()).status, 200, `call ${calls + 1}`)
    }
    await limited.advance(60)
    const over = await ask()
    assert.equal(over.status, 429)
    assert.equal(over.headers['x-ratelimit-limit'], '1000')
    assert.equal(over.headers['x-ratelimit-remaining'], '0')
    assert.equal(over.headers['x-ratelimit-reset'], String(began + 24 * 3600))
    assert.equal(over.headers['retry-after'], String(began + 24 * 3600 - limited.now()))
  } finally {
    await limited.close()
  }
})

test('OSIR-38 the 61st call in a minute waits, the next minute is a new one, and so is the plan', async () => {
  const { limited, ask } = await limitedServer()
  try {
    for (let calls = 0; calls < 60; calls += 1) assert.equal((await ask()).status, 200)
    await limited.advance(13)
    const over = await ask()
    assert.equal(over.status, 429)
    const wait = 47
    assert.equal(over.headers['retry-after'], String(wait))
    assert.deepEqual(over.json, {
      error: 'rate_limit_exceeded',
      message: `Too many requests. Please retry after ${wait} seconds.`,
      retry_after: wait,
    })
    const me = await call(limited, '/api/auth/login/', { json: limited.demo.person })
    const account = text(await call(limited, '/api/auth/me/', { bearer: text(me, 'access') }), 'id')
    const team = String((await administer(limited, 'GET', `/accounts/${account}`)).json['home_team'])
    await administer(limited, 'PATCH', `/teams/${team}`, { plan: 'Starter' })
    const upgraded = await ask()
    assert.equal(upgraded.status, 200, 'a better plan counts at once')
    assert.equal(upgraded.headers['x-ratelimit-limit'], '300')
    await administer(limited, 'PATCH', `/teams/${team}`, { plan: 'Free' })
    await limited.advance(wait)
    assert.equal((await ask()).status, 200)
  } finally {
    await limited.close()
  }
})

test('OSIR-39 an endpoint may have a limit of its own', async () => {
  const { limited, ask } = await limitedServer()
  try {
    const transfer = () => ask('/v1/domains/unknown.example/transfer', 'POST')
    for (let calls = 0; calls < 30; calls += 1) assert.equal((await transfer()).status, 404)
    const over = await transfer()
    assert.equal(over.status, 429)
    assert.equal(over.json['error'], 'rate_limit_exceeded')
    assert.equal(over.headers['x-ratelimit-limit'], '30')
    assert.equal((await ask()).status, 200)
  } finally {
    await limited.close()
  }
})

test('OSIR-40 credentials over plain http are refused, never redirected', async () => {
  const https = await startServer({ baseUrl: 'https://api.example.com', trustedProxies: 1, seed: false })
  try {
    const form = { grant_type: 'refresh_token', client_id: 'c', client_secret: 'a-secret-sent-in-the-clear' }
    const asks: readonly (readonly [string, Ask])[] = [
      ['/v1/domains', { headers: { 'X-API-Key': 'a-secret-sent-in-the-clear' } }],
      ['/oauth/token', { form }],
      ['/oauth/authorize?client_id=c', {}],
      ['/api/auth/login/', { json: { email: 'a@example.com', password: 'a-secret-sent-in-the-clear' } }],
    ]
    for (const [path, ask] of asks) {
      // Said by the proxy to be http, said to be neither, and not said at all.
      for (const told of [{ 'X-Forwarded-Proto': 'http' }, { 'X-Forwarded-Proto': 'https, http' }, {}]) {
        const plain = await send(https.address + path, { ...ask, headers: { ...ask.headers, ...told } })
        assert.ok(plain.status === 400 || plain.status === 403, `${path} ${plain.status}`)
        assert.equal(plain.headers.location, undefined)
      }
    }
    const secure = await send(`${https.address}/v1/domains`, { headers: { 'X-Forwarded-Proto': 'https' } })
    assert.equal(secure.status, 401)
    // A probe at the port itself has no proxy to speak TLS for it, and shows nothing.
    for (const path of ['/livez', '/readyz', '/metrics'])
      assert.equal((await send(https.address + path)).status, 200, path)
    await https.stop()
    assert.equal(https.log().split('"detail":"plain http"').length - 1, asks.length * 3)
    assert.equal(https.log().includes('a-secret-sent-in-the-clear'), false)
  } finally {
    await https.close()
  }
})
