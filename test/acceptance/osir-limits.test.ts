import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { administer, call, newPerson } from '../support/actors.ts'
import { type Answer, send, text } from '../support/http.ts'
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
  const [idle, active] = [text(await mint(key), 'token'), text(await mint(key), 'token')]
  for (let minutes = 29; minutes < 8 * 60; minutes += 29) {
    await server.advance(29 * 60)
    assert.equal((await domains(active)).status, 200, `${minutes} minutes`)
  }
  assert.equal((await domains(idle)).status, 401)
  await server.advance(16 * 60)
  const old = await domains(active)
  assert.equal(old.status, 401)
  assert.deepEqual(old.json, unauthorized)
})

test('OSIR-36 a session token mints nothing, can do no more than its parent, and dies with it', async () => {
  const { id, key, owner } = await newKey(['domains:read'])
  const token = text(await mint(key), 'token')
  assert.equal((await domains(token, { name: 'x.example' })).status, 403)
  assert.equal((await call(server, '/v1/api-keys', { bearer: token, json: { name: 'k' } })).status, 403)
  assert.equal((await mint(token)).status, 403)
  const wider = await mint(key, { scope: 'domains:write' })
  assert.equal(wider.status, 400)
  assert.equal((await domains(token)).status, 200)
  await call(server, `/v1/api-keys/${id}`, { method: 'DELETE', bearer: owner })
  assert.equal((await domains(token)).status, 401)
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

test('OSIR-37 every answer tells the limit, and the reset as a Unix time', async () => {
  const { limited, ask } = await limitedServer()
  try {
    const answer = await ask()
    assert.equal(answer.headers['x-ratelimit-limit'], '60')
    assert.equal(answer.headers['x-ratelimit-remaining'], '59')
    assert.equal(answer.headers['x-ratelimit-reset'], String(limited.now() + 60))
    assert.match(String(answer.headers['ratelimit-policy']), /q=60;w=60/)
  } finally {
    await limited.close()
  }
})

test('OSIR-38 the 61st call in a minute waits, the next minute is a new one, and so is the plan', async () => {
  const { limited, ask } = await limitedServer()
  try {
    for (let calls = 0; calls < 60; calls += 1) assert.equal((await ask()).status, 200)
    const over = await ask()
    assert.equal(over.status, 429)
    const wait = Number(over.headers['retry-after'])
    assert.ok(wait > 0 && wait <= 60)
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
    await limited.advance(60)
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
    assert.equal((await transfer()).status, 429)
    assert.equal((await ask()).status, 200)
  } finally {
    await limited.close()
  }
})

test('OSIR-40 credentials over plain http are refused, never redirected', async () => {
  const https = await startServer({ baseUrl: 'https://api.example.com', trustedProxies: 1, seed: false })
  try {
    for (const path of ['/v1/domains', '/oauth/token', '/api/auth/login/']) {
      const plain = await send(https.address + path, {
        headers: { 'X-Forwarded-Proto': 'http', 'X-API-Key': 'osir_live_x' },
      })
      assert.ok(plain.status === 400 || plain.status === 403, `${path} ${plain.status}`)
      assert.equal(plain.headers.location, undefined)
    }
    const secure = await send(`${https.address}/v1/domains`, { headers: { 'X-Forwarded-Proto': 'https' } })
    assert.equal(secure.status, 401)
    assert.match(https.log(), /plain http|use https/)
  } finally {
    await https.close()
  }
})
