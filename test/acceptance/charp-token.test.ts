import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { administer, call } from '../support/actors.ts'
import { type Answer, type Ask, text } from '../support/http.ts'
import { sendRaw } from '../support/raw.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { newVendor, refreshVendor, vendorTokens } from '../support/vendors.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

const token = (json: unknown) => call(server, '/auth/token', { json })
const brands = (bearer: string) => call(server, '/brands', { bearer })
const refresh = (refreshToken: unknown) => refreshVendor(server, refreshToken)

function assertError(answer: Answer, status: number, error: string): void {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.json['error'], error)
  assert.equal(typeof answer.json['error_description'], 'string')
}

const members = ['access_token', 'expires_in', 'refresh_token', 'token_type']

test('CHARP-01 id and secret in JSON buy the four members', async () => {
  const { client_id, client_secret } = await newVendor(server)
  const answer = await token({ client_id, client_secret })
  assert.equal(answer.status, 200)
  const { access_token: access, refresh_token: refreshToken, ...rest } = answer.json
  assert.ok(typeof access === 'string' && typeof refreshToken === 'string' && access !== refreshToken)
  assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600 })
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
  assert.equal(answer.headers['cache-control'], 'no-store')
})

test('CHARP-02 the token opens what the plan allows', async () => {
  const answer = await brands((await vendorTokens(server)).access)
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, [])
})

test('CHARP-03 a refresh needs no credentials and answers another refresh token', async () => {
  const tokens = await vendorTokens(server)
  const answer = await refresh(tokens.refresh)
  assert.equal(answer.status, 200)
  assert.deepEqual(Object.keys(answer.json).sort(), members)
  assert.notEqual(text(answer, 'refresh_token'), tokens.refresh)
  assert.equal((await brands(text(answer, 'access_token'))).status, 200)
})

test('CHARP-04 the token lives an hour; a refresh brings another', async () => {
  const tokens = await vendorTokens(server)
  await server.advance(3601)
  assert.equal((await brands(tokens.access)).status, 401)
  assert.equal((await brands(text(await refresh(tokens.refresh), 'access_token'))).status, 200)
})

/** What a caller can see of an answer, less what differs from request to request. */
function seen({ status, text: body, headers }: Answer): object {
  const { date: _date, 'x-request-id': _id, ...rest } = headers
  return { status, body, headers: rest }
}

test('CHARP-05 a wrong secret and an unknown client are one answer', async () => {
  const { client_id } = await newVendor(server)
  const wrong = await token({ client_id, client_secret: 'wrong' })
  assertError(wrong, 401, 'invalid_client')
  assert.deepEqual(seen(await token({ client_id: 'unknown', client_secret: 'wrong' })), seen(wrong))
})

test('CHARP-06 missing members and other types are refused', async () => {
  for (const body of [
    { client_id: 'a' },
    { client_secret: 'a' },
    {},
    { client_id: 1, client_secret: 'a' },
    { client_id: 'a', client_secret: null },
    { client_id: ['a'], client_secret: {} },
  ]) {
    assertError(await token(body), 400, 'invalid_request')
  }
})

test('CHARP-07 bodies that are no strict JSON object are refused', async () => {
  const headers = { 'Content-Type': 'application/json' }
  const bodies = [
    '{bad',
    '[]',
    '"a"',
    '{"client_id":"a","client_id":"b","client_secret":"c"}',
    '{"client_id":"a","client_secret":"b",}',
    '{"__proto__":{"client_id":"a"},"client_secret":"b"}',
    '{"client_id":"a\\u0000","client_secret":"b"}',
    '',
  ]
  for (const body of bodies)
    assertError(await call(server, '/auth/token', { headers, body }), 400, 'invalid_request')
  assert.equal(({} as Record<string, unknown>)['client_id'], undefined)
})

test('CHARP-08 a form and HTTP Basic are taken as well', async () => {
  const { client_id, client_secret } = await newVendor(server)
  const Authorization = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`
  const ways: Ask[] = [
    { form: { client_id, client_secret } },
    { method: 'POST', headers: { Authorization } },
    { headers: { Authorization }, form: { grant_type: 'client_credentials' } },
  ]
  for (const ask of ways) assert.equal((await call(server, '/auth/token', ask)).status, 200)
})

test('CHARP-09 another content type is refused', async () => {
  assertError(
    await call(server, '/auth/token', { headers: { 'Content-Type': 'text/plain' }, body: '{}' }),
    415,
    'unsupported_media_type',
  )
})

test('CHARP-10 a grant type is not needed, and only one is right', async () => {
  const { client_id, client_secret } = await newVendor(server)
  assert.equal((await token({ client_id, client_secret, grant_type: 'client_credentials' })).status, 200)
  assertError(
    await token({ client_id, client_secret, grant_type: 'password' }),
    400,
    'unsupported_grant_type',
  )
})

test('CHARP-11 the endpoints are for POST', async () => {
  for (const path of ['/auth/token', '/auth/refresh']) {
    const answer = await call(server, path)
    assert.equal(answer.status, 405)
    assert.equal(answer.headers.allow, 'POST')
  }
})

test('CHARP-12 with a slash it is the same endpoint, never a redirect', async () => {
  const { client_id, client_secret } = await newVendor(server)
  const got = await call(server, '/auth/token/', { json: { client_id, client_secret } })
  assert.equal(got.status, 200)
  const refreshed = await call(server, '/auth/refresh/', {
    json: { refresh_token: text(got, 'refresh_token') },
  })
  assert.equal(refreshed.status, 200)
  for (const answer of [got, refreshed]) assert.deepEqual(Object.keys(answer.json).sort(), members)
  for (const path of ['/auth/token', '/auth/refresh']) {
    for (const ask of [{}, { json: {} }, { json: { client_id, client_secret: 'x', refresh_token: 'x' } }])
      assert.deepEqual(seen(await call(server, `${path}/`, ask)), seen(await call(server, path, ask)))
  }
})

test('CHARP-24 two secrets work while they overlap', async () => {
  const { client_id, client_secret } = await newVendor(server)
  const rotated = await administer(server, 'POST', `/clients/${client_id}/secrets`, { overlap_seconds: 600 })
  const newest = text(rotated, 'client_secret')
  assert.notEqual(newest, client_secret)
  for (const seconds of [0, 599]) {
    await server.advance(seconds)
    for (const secret of [client_secret, newest])
      assert.equal((await token({ client_id, client_secret: secret })).status, 200, `after ${seconds} s`)
  }
  await server.advance(1)
  assertError(await token({ client_id, client_secret }), 401, 'invalid_client')
  assert.equal((await token({ client_id, client_secret: newest })).status, 200)
})

test('CHARP-31 a body over 64 KiB is refused, before it has come', async () => {
  const limit = 64 * 1024
  const sized = (bytes: number) =>
    call(server, '/auth/token', {
      headers: { 'Content-Type': 'application/json' },
      body: `{"client_id":"${'x'.repeat(bytes - '{"client_id":""}'.length)}"}`,
    })
  assertError(await sized(limit), 400, 'invalid_request')
  assertError(await sized(limit + 1), 413, 'payload_too_large')
  const head = 'POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
  // One that only announces its body, and one that says no length: neither is waited for.
  const chunk = `1000\r\n${'x'.repeat(4096)}\r\n`
  for (const rest of [
    'Content-Length: 100000000\r\n\r\n{',
    `Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(17)}`,
  ]) {
    const answer = await sendRaw(server, head + rest)
    assert.match(answer, /^HTTP\/1\.1 413 /)
    assert.match(answer, /"error":"payload_too_large"/)
  }
})
