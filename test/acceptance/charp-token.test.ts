import assert from 'node:assert/strict'
import { createHmac, createPublicKey } from 'node:crypto'
import { after, before, test } from 'node:test'
import { administer, call, newPerson } from '../support/actors.ts'
import { type Ask, type Answer, text } from '../support/http.ts'
import { newVendor, refreshVendor, vendorTokens } from '../support/vendors.ts'
import { startServer, storeBytes, type TestServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

const day = 24 * 3600
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
  assert.deepEqual(Object.keys(answer.json).sort(), members)
  assert.equal(answer.json['token_type'], 'Bearer')
  assert.equal(answer.json['expires_in'], 3600)
  assert.match(answer.headers['cache-control'] ?? '', /no-store/)
})

test('CHARP-02 the token opens what the plan allows', async () => {
  assert.equal((await brands((await vendorTokens(server)).access)).status, 200)
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

test('CHARP-05 a wrong secret and an unknown client are one answer', async () => {
  const { client_id } = await newVendor(server)
  const answers = [
    await token({ client_id, client_secret: 'wrong' }),
    await token({ client_id: 'unknown', client_secret: 'wrong' }),
  ]
  for (const answer of answers) assertError(answer, 401, 'invalid_client')
  assert.equal(answers[0]?.text, answers[1]?.text)
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
    assert.match(answer.headers.allow ?? '', /POST/)
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
})

test('CHARP-13 once the successor was used the old token ends the family, and the audit log says so', async () => {
  const first = await vendorTokens(server)
  const second = await refresh(first.refresh)
  const third = await refresh(text(second, 'refresh_token'))
  assertError(await refresh(first.refresh), 401, 'invalid_grant')
  assertError(await refresh(text(third, 'refresh_token')), 401, 'invalid_grant')
  for (const access of [first.access, text(second, 'access_token'), text(third, 'access_token')])
    assert.equal((await brands(access)).status, 401)
  const { json } = await administer(server, 'GET', '/audit?type=token.reuse&limit=5')
  assert.ok(
    (json['data'] as { doorId: string; clientId: string }[]).some(
      ({ doorId, clientId }) => doorId === 'charp' && clientId === first.clientId,
    ),
  )
})

test('CHARP-14 a lost answer is given again within ten seconds', async () => {
  const first = await vendorTokens(server)
  const second = await refresh(first.refresh)
  await server.advance(10)
  const again = await refresh(first.refresh)
  assert.equal(again.status, 200)
  assert.equal(text(again, 'refresh_token'), text(second, 'refresh_token'))
  assert.equal((await refresh(text(second, 'refresh_token'))).status, 200, 'the family lives')
})

test('CHARP-15 of 50 refreshes at once all succeed, with one successor', async () => {
  const first = await vendorTokens(server)
  const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(first.refresh)))
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  assert.equal(new Set(answers.map((answer) => text(answer, 'refresh_token'))).size, 1)
})

test('CHARP-16 a missing, an unknown and an access token are refused', async () => {
  assertError(await call(server, '/auth/refresh', { json: {} }), 400, 'invalid_request')
  assertError(await refresh('x'), 401, 'invalid_grant')
  assertError(await refresh((await vendorTokens(server)).access), 401, 'invalid_grant')
})

test('CHARP-17 a refresh token opens no API', async () => {
  assert.equal((await brands((await vendorTokens(server)).refresh)).status, 401)
})

test('CHARP-18 a refresh token ends by lying idle for 30 days, a family after 90', async () => {
  const idle = await vendorTokens(server)
  let used = (await vendorTokens(server)).refresh
  for (let month = 0; month < 3; month += 1) {
    await server.advance(29 * day)
    used = text(await refresh(used), 'refresh_token')
  }
  assertError(await refresh(idle.refresh), 401, 'invalid_grant')
  await server.advance(3 * day)
  assertError(await refresh(used), 401, 'invalid_grant')
})

test('CHARP-24 two secrets work while they overlap', async () => {
  const { client_id, client_secret } = await newVendor(server)
  const fresh = text(
    await administer(server, 'POST', `/clients/${client_id}/secrets`, { overlap_seconds: 600 }),
    'client_secret',
  )
  for (const secret of [client_secret, fresh])
    assert.equal((await token({ client_id, client_secret: secret })).status, 200)
  await server.advance(600)
  assertError(await token({ client_id, client_secret }), 401, 'invalid_client')
  assert.equal((await token({ client_id, client_secret: fresh })).status, 200)
})

test('CHARP-26 forged tokens are refused', async () => {
  const { access, secret } = await vendorTokens(server)
  const [head = '', body = '', signature = ''] = access.split('.')
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>
  const [jwk] = (await call(server, '/.well-known/jwks.json')).json['keys'] as Record<string, string>[]
  const pem = createPublicKey({ format: 'jwk', key: jwk ?? {} }).export({ type: 'spki', format: 'pem' })
  const hs = (key: string | Buffer) => {
    const input = `${part({ ...header, alg: 'HS256' })}.${body}`
    return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
  }
  const { exp: _exp, ...withoutExp } = claims
  const forged = {
    none: `${part({ ...header, alg: 'none' })}.${body}.`,
    'HS256 with "secret"': hs('secret'),
    'HS256 with the client secret': hs(secret),
    'HS256 with the public key': hs(pem),
    'exp removed': `${head}.${part(withoutExp)}.${signature}`,
    'another issuer': `${head}.${part({ ...claims, iss: 'https://evil.example' })}.${signature}`,
    'another door’s token': (await newPerson(server)).access,
  }
  for (const [name, presented] of Object.entries(forged))
    assert.equal((await brands(presented)).status, 401, name)
  assert.equal((await brands(access)).status, 200)
})

test('CHARP-28 guessing a secret stops after fifteen tries a minute', async () => {
  const limited = await startServer({ realLimits: true })
  try {
    const { client_id = '', client_secret = '' } = limited.demo.vendors['free'] ?? {}
    const ask = (secret: string, from: string) =>
      call(limited, '/auth/token', { json: { client_id, client_secret: secret }, from })
    for (let tries = 0; tries < 15; tries += 1) assert.equal((await ask('wrong', '127.0.0.1')).status, 401)
    const sixteenth = await ask(client_secret, '127.0.0.1')
    assert.equal(sixteenth.status, 429)
    assert.ok(Number(sixteenth.headers['retry-after']) > 0)
    assert.equal((await ask(client_secret, '127.0.0.2')).status, 200)
  } finally {
    await limited.close()
  }
})

test('CHARP-29 no secret or token is in the store or the log', async () => {
  const { client_id, secret, access, refresh: token_ } = await vendorTokens(server)
  const next = await refresh(token_)
  await token({ client_id, client_secret: `${secret}x` })
  const secrets = [secret, access, token_, text(next, 'access_token'), text(next, 'refresh_token')]
  const kept = (await storeBytes(server)) + server.log()
  assert.ok(kept.includes(client_id), 'what is looked through is the real thing')
  for (const one of secrets) {
    assert.equal(kept.includes(one), false)
    // The part of a token that could be used by itself.
    assert.equal(kept.includes(one.slice(-40)), false)
  }
})

test('CHARP-31 a body over 64 KiB is refused', async () => {
  const answer = await call(server, '/auth/token', {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ client_id: 'x'.repeat(70_000) }),
  })
  assertError(answer, 413, 'payload_too_large')
})

test('CHARP-32 a refresh token survives a restart', async () => {
  const tokens = await vendorTokens(server)
  await server.kill()
  await server.restart()
  assert.equal((await refresh(tokens.refresh)).status, 200)
  assert.equal((await brands(tokens.access)).status, 200)
})
