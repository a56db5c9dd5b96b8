import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { call, fresh, newPerson, type Person } from '../support/actors.ts'
import { type Answer, type Ask, text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let person: Person
before(async () => {
  server = await startServer()
  person = await newPerson(server)
})
after(() => server.close())

interface Key {
  readonly id: string
  readonly key: string
}

async function newKey(more: object = {}, at = server, owner = person): Promise<Key> {
  const answer = await call(at, '/v1/api-keys', {
    bearer: owner.access,
    json: { name: fresh('key'), ...more },
  })
  assert.equal(answer.status, 201, answer.text)
  return { id: text(answer, 'id'), key: text(answer, 'key') }
}

const domains = (headers: Readonly<Record<string, string | readonly string[]>>, more: Ask = {}) =>
  call(server, '/v1/domains', { headers, ...more })

const unauthorized = { error: 'unauthorized', message: 'Invalid or missing API key' }
const forbidden = { error: 'forbidden', message: 'Insufficient permissions for this action' }

function assertUnauthorized(answer: Answer, name = ''): void {
  assert.equal(answer.status, 401, `${name} ${answer.text}`)
  assert.deepEqual(answer.json, unauthorized)
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
}

test('OSIR-01 a key opens the API as a bearer credential', async () => {
  const owner = await newPerson(server)
  const { key } = await newKey({ scopes: ['domains:read'] }, server, owner)
  const answer = await domains({ Authorization: `Bearer ${key}` })
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, { data: [], environment: 'live' })
})

test('OSIR-02 and by its own header, as the same customer', async () => {
  const { key } = await newKey({ scopes: ['domains:read', 'domains:write'] })
  const made = await domains({ Authorization: `Bearer ${key}` }, { json: { name: `${fresh('d')}.example` } })
  assert.equal(made.status, 201)
  const listed = await domains({ 'X-API-Key': key })
  assert.equal(listed.status, 200)
  assert.ok(listed.text.includes(text(made, 'id')))
  assert.deepEqual(listed.json, (await domains({ Authorization: `Bearer ${key}` })).json)
})

test('OSIR-03 without credentials the body is the document’s', async () => {
  assertUnauthorized(await call(server, '/v1/domains'))
})

test('OSIR-04 unknown, malformed, cut, revoked and expired keys are one answer', async () => {
  const [revoked, expiring] = [
    await newKey(),
    await newKey({ expires_at: new Date((server.now() + 60) * 1000).toISOString() }),
  ]
  assert.equal(
    (await call(server, `/v1/api-keys/${revoked.id}`, { method: 'DELETE', bearer: person.access })).status,
    204,
  )
  assert.equal((await domains({ 'X-API-Key': expiring.key })).status, 200)
  await server.advance(60)
  const other = await startServer()
  const unknown = other.demo.keys['live'] ?? ''
  await other.close()
  const keys = {
    unknown,
    malformed: 'osir_live_your_api_key',
    cut: revoked.key.slice(0, -1),
    revoked: revoked.key,
    expired: expiring.key,
    empty: '',
  }
  for (const [name, key] of Object.entries(keys))
    assertUnauthorized(await domains({ 'X-API-Key': key }), name)
})

test('OSIR-05 a key that may only read can’t write', async () => {
  const { key } = await newKey({ scopes: ['domains:read'] })
  const answer = await domains({ 'X-API-Key': key }, { json: { name: 'x.example' } })
  assert.equal(answer.status, 403)
  assert.deepEqual(answer.json, forbidden)
})

test('OSIR-06 refusals carry their challenge and are not kept', async () => {
  const missing = await call(server, '/v1/domains')
  // RFC 6750 §3.1: who presented nothing is told no error.
  assert.equal(missing.headers['www-authenticate'], 'Bearer')
  const unknown = await domains({ 'X-API-Key': 'osir_live_your_api_key' })
  assert.equal(unknown.headers['www-authenticate'], 'Bearer error="invalid_token"')
  const { key } = await newKey({ scopes: ['domains:read'] })
  const refused = await domains({ 'X-API-Key': key }, { json: { name: 'x.example' } })
  assert.equal(
    refused.headers['www-authenticate'],
    'Bearer error="insufficient_scope", scope="domains:write"',
  )
  for (const answer of [missing, unknown, refused]) assert.equal(answer.headers['cache-control'], 'no-store')
})

test('OSIR-07 names and the scheme are read in any case; another scheme is none', async () => {
  const { key } = await newKey()
  assert.equal((await domains({ 'x-api-key': key })).status, 200)
  assert.equal((await domains({ Authorization: `bearer ${key}` })).status, 200)
  assertUnauthorized(await domains({ Authorization: `ApiKey ${key}` }))
})

test('OSIR-08 one key twice is one credential; two are one too many; an invalid one is not forgiven', async () => {
  const [one, two] = [(await newKey()).key, (await newKey()).key]
  assert.equal((await domains({ 'X-API-Key': one, Authorization: `Bearer ${one}` })).status, 200)
  const both = await domains({ 'X-API-Key': one, Authorization: `Bearer ${two}` })
  assert.equal(both.status, 400)
  assert.equal(both.json['error'], 'invalid_request')
  // A word, something like a key, something like a token, another scheme.
  for (const wrong of ['Bearer invalid', 'Bearer osir_live_your_api_key', 'Bearer e30.e30.eA', 'Basic eA=='])
    assertUnauthorized(await domains({ 'X-API-Key': one, Authorization: wrong }), wrong)
  assertUnauthorized(await domains({ 'X-API-Key': 'invalid', Authorization: `Bearer ${two}` }))
})

test('OSIR-09 a key in the query is no credential, and stays out of the log', async () => {
  const own = await startServer()
  try {
    const key = own.demo.keys['live'] ?? ''
    for (const name of ['api_key', 'key', 'access_token'])
      assertUnauthorized(await call(own, `/v1/domains?${name}=${key}`), name)
    assert.equal((await call(own, `/v1/domains?api_key=${key}`, { bearer: key })).status, 200)
    await own.stop()
    assert.equal(own.log().includes(key), false)
    assert.ok(own.log().includes('"path":"/v1/domains","status":200'))
  } finally {
    await own.close()
  }
})

test('OSIR-10 a key with a wrong checksum or length costs no read', async () => {
  const { key } = await newKey()
  const reads = async () =>
    Number(/sallyport_store_reads_total (\d+)/.exec((await call(server, '/metrics')).text)?.[1])
  const first = await reads()
  const flipped = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0')
  for (const wrong of [flipped, key.slice(0, -2), `${key}0`]) {
    assertUnauthorized(await domains({ 'X-API-Key': wrong }))
    assertUnauthorized(await domains({ Authorization: `Bearer ${wrong}` }))
  }
  assert.equal(await reads(), first)
  const unknown = await startServer()
  const foreign = unknown.demo.keys['live'] ?? ''
  await unknown.close()
  assertUnauthorized(await domains({ 'X-API-Key': foreign }))
  assert.ok((await reads()) > first, 'an unknown key with a right checksum is looked up')
})

test('OSIR-11 each scope opens exactly its resource and verb', async () => {
  const resources = ['domains', 'vps', 'email', 'billing']
  for (const resource of resources) {
    for (const verb of ['read', 'write']) {
      const { key } = await newKey({ scopes: [`${resource}:${verb}`] })
      for (const target of resources) {
        const got = await call(server, `/v1/${target}`, { headers: { 'X-API-Key': key } })
        const posted = await call(server, `/v1/${target}`, {
          headers: { 'X-API-Key': key },
          json: { name: 'x.example' },
        })
        const mine = target === resource
        assert.equal(got.status, mine && verb === 'read' ? 200 : 403, `${resource}:${verb} GET ${target}`)
        assert.equal(
          posted.status,
          mine && verb === 'write' ? 201 : 403,
          `${resource}:${verb} POST ${target}`,
        )
        for (const answer of [got, posted])
          if (answer.status === 403) assert.deepEqual(answer.json, forbidden)
      }
    }
  }
})

test('OSIR-12 writing does not mean reading', async () => {
  const { key } = await newKey({ scopes: ['domains:write'] })
  const answer = await domains({ 'X-API-Key': key })
  assert.equal(answer.status, 403)
  assert.deepEqual(answer.json, forbidden)
  assert.equal((await domains({ 'X-API-Key': key }, { json: { name: 'x.example' } })).status, 201)
})

test('OSIR-13 a revoked key is refused at the next request', async () => {
  const { id, key } = await newKey()
  assert.equal((await domains({ 'X-API-Key': key })).status, 200)
  const revoked = await call(server, `/v1/api-keys/${id}`, { method: 'DELETE', bearer: person.access })
  assert.equal(revoked.status, 204)
  assertUnauthorized(await domains({ 'X-API-Key': key }))
})

test('OSIR-14 a key is shown once; later its preview and when it was last used', async () => {
  const { id, key } = await newKey()
  assert.match(key, /^osir_(live|test)_[A-Za-z0-9]{32,}$/)
  const unused = await call(server, `/v1/api-keys/${id}`, { bearer: person.access })
  assert.equal(unused.json['last_used_at'], null)
  await domains({ 'X-API-Key': key })
  const [list, one] = [
    await call(server, '/v1/api-keys', { bearer: person.access }),
    await call(server, `/v1/api-keys/${id}`, { bearer: person.access }),
  ]
  for (const answer of [list, one]) {
    assert.equal(answer.status, 200)
    // Nor any part that would shorten the guessing.
    for (let at = 5; at + 8 < key.length - 4; at += 1)
      assert.equal(answer.text.includes(key.slice(at, at + 8)), false)
  }
  assert.equal(text(one, 'key_preview'), `${key.slice(0, 5)}…${key.slice(-4)}`)
  const deadline = performance.now() + 5000
  let used: unknown = null
  while (used === null && performance.now() < deadline)
    used = (await call(server, `/v1/api-keys/${id}`, { bearer: person.access })).json['last_used_at']
  assert.equal(used, new Date(server.now() * 1000).toISOString())
})

test('OSIR-15 a key with an address list is good from there alone, whatever a header claims', async () => {
  const { key } = await newKey({ ip_list: ['127.0.0.2/32'] })
  const from = (address: string, headers: Readonly<Record<string, string>> = {}) =>
    domains({ 'X-API-Key': key, ...headers }, { from: address })
  assert.equal((await from('127.0.0.2')).status, 200)
  for (const headers of [{}, { 'X-Forwarded-For': '127.0.0.2' }]) {
    const refused = await from('127.0.0.1', headers)
    assert.equal(refused.status, 403)
    assert.deepEqual(refused.json, forbidden)
  }
  const proxied = await startServer({ trustedProxies: 1 })
  try {
    const owner = await newPerson(proxied)
    const { key: other } = await newKey({ ip_list: ['198.51.100.7'] }, proxied, owner)
    const by = (forwarded: string) =>
      call(proxied, '/v1/domains', { headers: { 'X-API-Key': other, 'X-Forwarded-For': forwarded } })
    assert.equal((await by('198.51.100.7')).status, 200)
    assert.equal((await by('203.0.113.9, 198.51.100.7')).status, 200)
    assert.equal((await by('198.51.100.7, 203.0.113.9')).status, 403, 'only the last hop is believed')
  } finally {
    await proxied.close()
  }
})

test('OSIR-16 a test key lives in the test world', async () => {
  const [live, trial] = [await newKey(), await newKey({ environment: 'test' })]
  assert.match(trial.key, /^osir_test_/)
  const name = `${fresh('live')}.example`
  await domains({ 'X-API-Key': live.key }, { json: { name } })
  const seen = await domains({ 'X-API-Key': trial.key })
  assert.equal(seen.status, 200)
  assert.equal(seen.json['environment'], 'test')
  assert.equal(seen.text.includes(name), false)
  const written = `${fresh('test')}.example`
  const made = await domains({ 'X-API-Key': trial.key }, { json: { name: written } })
  assert.equal(made.status, 201)
  assert.equal(made.json['environment'], 'test')
  assert.equal((await domains({ 'X-API-Key': live.key })).text.includes(written), false)
  assert.ok((await domains({ 'X-API-Key': trial.key })).text.includes(written))
  const transfer = (key: string) =>
    call(server, `/v1/domains/${name}/transfer`, { method: 'POST', headers: { 'X-API-Key': key } })
  const refused = await transfer(trial.key)
  assert.equal(refused.status, 403)
  assert.deepEqual(refused.json, forbidden)
  assert.equal((await transfer(live.key)).status, 202)
})

test('OSIR-43 an unknown path is nobody’s business without credentials', async () => {
  assertUnauthorized(await call(server, '/v1/does-not-exist'))
  const { key } = await newKey()
  const answer = await call(server, '/v1/does-not-exist', { headers: { 'X-API-Key': key } })
  assert.equal(answer.status, 404)
  assert.equal(answer.json['error'], 'not_found')
})
