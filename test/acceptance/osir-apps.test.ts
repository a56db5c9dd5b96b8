import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { administer, call, type Flow, getCode, newPerson, signedInBrowser } from '../support/actors.ts'
import type { Browser } from '../support/browser.ts'
import { type Answer, text } from '../support/http.ts'
import { assertOauthError, newOsirFlow, redeemAt } from '../support/osir.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let browser: Browser
before(async () => {
  server = await startServer()
  browser = await signedInBrowser(server, await newPerson(server))
})
after(() => server.close())

const newFlow = (app?: object, more?: Partial<Flow>) => newOsirFlow(server, app, more)
const redeem = (flow: Flow, code: string, more?: Readonly<Record<string, string>>) =>
  redeemAt(server, flow, code, more)

const domains = (bearer: string, json?: object) =>
  call(server, '/v1/domains', { bearer, ...(json && { json }) })

async function newTokens(flow?: Flow): Promise<{
  readonly flow: Flow
  readonly access: string
  readonly refresh: string
  readonly answer: Answer
}> {
  const used = flow ?? (await newFlow())
  const answer = await redeem(used, await getCode(browser, used))
  return { flow: used, answer, access: text(answer, 'access_token'), refresh: text(answer, 'refresh_token') }
}

function refresh({ app }: Flow, token: string, secret = app.secret): Promise<Answer> {
  return call(server, '/oauth/token', {
    form: {
      grant_type: 'refresh_token',
      refresh_token: token,
      client_id: app.clientId,
      client_secret: secret,
    },
  })
}

test('OSIR-19 the code is exchanged as the document shows', async () => {
  const { answer } = await newTokens()
  assert.equal(answer.status, 200)
  const { access_token: access, refresh_token: token, ...rest } = answer.json
  assert.ok(typeof access === 'string' && typeof token === 'string')
  assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600, scope: 'domains:read domains:write' })
})

test('OSIR-20 the token reads and writes', async () => {
  const { access } = await newTokens()
  assert.equal((await domains(access)).status, 200)
  assert.equal((await domains(access, { name: 'new.example' })).status, 201)
})

test('OSIR-21 after an hour the body is the document’s', async () => {
  const { access } = await newTokens()
  await server.advance(3601)
  const answer = await domains(access)
  assert.equal(answer.status, 401)
  assert.deepEqual(answer.json, { error: 'unauthorized', message: 'Invalid or missing API key' })
})

test('OSIR-22 a refresh answers a new access token', async () => {
  const { flow, access, refresh: token } = await newTokens()
  const answer = await refresh(flow, token)
  assert.equal(answer.status, 200)
  const { access_token: next, refresh_token: successor, ...rest } = answer.json
  assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600, scope: 'domains:read domains:write' })
  assert.notEqual(next, access)
  assert.equal(typeof successor, 'string')
  assert.equal((await domains(text(answer, 'access_token'))).status, 200)
})

test('OSIR-23 the old refresh token works while its successor is unused', async () => {
  const { flow, refresh: first } = await newTokens()
  const successor = text(await refresh(flow, first), 'refresh_token')
  await server.advance(7 * 24 * 3600)
  const again = await refresh(flow, first)
  assert.equal(again.status, 200)
  assert.equal(text(again, 'refresh_token'), successor)
  assert.equal((await domains(text(again, 'access_token'))).status, 200)
  assert.equal((await refresh(flow, successor)).status, 200, 'the family lives')
})

test('OSIR-24 and ends the family once it was used', async () => {
  const { flow, refresh: first } = await newTokens()
  const second = await refresh(flow, text(await refresh(flow, first), 'refresh_token'))
  assert.equal(second.status, 200)
  assertOauthError(await refresh(flow, first), 400, 'invalid_grant')
  assertOauthError(await refresh(flow, text(second, 'refresh_token')), 400, 'invalid_grant')
  assert.equal((await domains(text(second, 'access_token'))).status, 401)
})

test('OSIR-30 codes work once, for a minute, for their client, with its secret', async () => {
  const flow = await newFlow()
  const used = await getCode(browser, flow)
  assertOauthError(await redeem(flow, used, { client_secret: 'wrong' }), 401, 'invalid_client')
  const first = await redeem(flow, used)
  assert.equal((await domains(text(first, 'access_token'))).status, 200)
  assertOauthError(await redeem(flow, used), 400, 'invalid_grant')
  // RFC 6749 §4.1.2: a code that comes twice was stolen once, so what came of it ends.
  assert.equal((await domains(text(first, 'access_token'))).status, 401)
  assertOauthError(await refresh(flow, text(first, 'refresh_token')), 400, 'invalid_grant')
  const foreign = await getCode(browser, flow)
  assertOauthError(await redeem({ ...flow, app: (await newFlow()).app }, foreign), 400, 'invalid_grant')
  const late = await getCode(browser, flow)
  await server.advance(61)
  assertOauthError(await redeem(flow, late), 400, 'invalid_grant')
})

test('OSIR-31 errors of the token endpoint have the shape of RFC 6749', async () => {
  const flow = await newFlow()
  const { clientId: client_id, secret: client_secret } = flow.app
  const post = (form: Readonly<Record<string, string>>) => call(server, '/oauth/token', { form })
  const cases = [
    [await redeem(flow, 'unknown'), 400, 'invalid_grant'],
    [await redeem(flow, 'unknown', { client_secret: 'wrong' }), 401, 'invalid_client'],
    [await post({ grant_type: 'refresh_token', client_id, client_secret }), 400, 'invalid_request'],
    [await post({ grant_type: 'password', client_id, client_secret }), 400, 'unsupported_grant_type'],
    [await post({ client_id, client_secret }), 400, 'invalid_request'],
    [await post({}), 401, 'invalid_client'],
  ] as const
  for (const [answer, status, error] of cases) {
    assertOauthError(answer, status, error)
    assert.deepEqual(Object.keys(answer.json).sort(), ['error', 'error_description'])
    assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
    assert.equal(answer.headers['cache-control'], 'no-store')
  }
})

test('OSIR-32 a token that may only read can’t write', async () => {
  const { access } = await newTokens(await newFlow({}, { scope: 'domains:read' }))
  const answer = await domains(access, { name: 'x.example' })
  assert.equal(answer.status, 403)
  assert.deepEqual(answer.json, { error: 'forbidden', message: 'Insufficient permissions for this action' })
})

test('OSIR-42 a JSON body is refused', async () => {
  const answer = await call(server, '/oauth/token', { json: { grant_type: 'authorization_code' } })
  assertOauthError(answer, 415, 'unsupported_media_type')
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
})

test('OSIR-44 two secrets work while they overlap', async () => {
  const { flow, refresh: token } = await newTokens()
  const rotated = await administer(server, 'POST', `/clients/${flow.app.clientId}/secrets`, {
    overlap_seconds: 60,
  })
  assert.equal((await refresh(flow, token)).status, 200)
  assert.equal((await refresh(flow, token, text(rotated, 'client_secret'))).status, 200)
  await server.advance(60)
  assertOauthError(await refresh(flow, token), 401, 'invalid_client')
  assert.equal((await refresh(flow, token, text(rotated, 'client_secret'))).status, 200)
})
