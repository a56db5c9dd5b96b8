import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { administer, call } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { sendTogether } from '../support/raw.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { refreshVendor, vendorTokens } from '../support/vendors.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

const day = 24 * 3600
const brands = (bearer: string) => call(server, '/brands', { bearer })
const refresh = (refreshToken: unknown) => refreshVendor(server, refreshToken)

function assertError(answer: Answer, status: number, error: string): void {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.json['error'], error)
  assert.equal(typeof answer.json['error_description'], 'string')
}

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

test('CHARP-14 a lost answer is given again within ten seconds, and not after', async () => {
  const [first, late] = [await vendorTokens(server), await vendorTokens(server)]
  const [second, newest] = [await refresh(first.refresh), await refresh(late.refresh)]
  await server.advance(10)
  const again = await refresh(first.refresh)
  assert.equal(again.status, 200)
  assert.equal(text(again, 'refresh_token'), text(second, 'refresh_token'))
  assert.equal((await refresh(text(second, 'refresh_token'))).status, 200, 'the family lives')
  await server.advance(1)
  assertError(await refresh(late.refresh), 401, 'invalid_grant')
  assertError(await refresh(text(newest, 'refresh_token')), 401, 'invalid_grant')
})

test('CHARP-15 of 50 refreshes at once all succeed, with one successor', async () => {
  const first = await vendorTokens(server)
  const apart = await Promise.all(Array.from({ length: 30 }, () => refresh(first.refresh)))
  // Once more with another family, all of them under way before the first is answered.
  const other = await vendorTokens(server)
  const together = await sendTogether(server, '/auth/refresh', { refresh_token: other.refresh }, 20)
  for (const [answers, count] of [
    [apart, 30],
    [together, 20],
  ] as const) {
    assert.deepEqual(
      answers.map(({ status }) => status),
      Array.from({ length: count }, () => 200),
    )
    const successors = new Set(answers.map(({ json }) => json['refresh_token']))
    assert.equal(successors.size, 1)
    assert.equal((await refresh([...successors][0])).status, 200)
  }
})

test('CHARP-16 a missing, an unknown and an access token are refused', async () => {
  assertError(await call(server, '/auth/refresh', { json: {} }), 400, 'invalid_request')
  assertError(await refresh('x'), 401, 'invalid_grant')
  assertError(await refresh((await vendorTokens(server)).access), 401, 'invalid_grant')
})

test('CHARP-17 a refresh token opens no API', async () => {
  const answer = await brands((await vendorTokens(server)).refresh)
  assertError(answer, 401, 'invalid_token')
  assert.equal(answer.headers['www-authenticate'], 'Bearer error="invalid_token"')
})

test('CHARP-18 a refresh token ends by lying idle for 30 days, a family after 90', async () => {
  const [idle, { refresh: first }] = [await vendorTokens(server), await vendorTokens(server)]
  await server.advance(30 * day - 1)
  let used = text(await refresh(first), 'refresh_token')
  await server.advance(1)
  assertError(await refresh(idle.refresh), 401, 'invalid_grant')
  for (const seconds of [30 * day - 2, 30 * day - 1, 2]) {
    await server.advance(seconds)
    used = text(await refresh(used), 'refresh_token')
  }
  await server.advance(1)
  assertError(await refresh(used), 401, 'invalid_grant')
})

test('CHARP-32 a refresh token survives a restart', async () => {
  const tokens = await vendorTokens(server)
  await server.kill()
  await server.restart()
  assert.equal((await refresh(tokens.refresh)).status, 200)
  assert.equal((await brands(tokens.access)).status, 200)
})
