import assert from 'node:assert/strict'
import { decodeJwt } from 'jose'
import { after, before, test } from 'node:test'
import { authorizePath, call, newApp, responseOf, signedInBrowser } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { callback, newFlow, newScene, newTokens, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let scene: Scene
before(async () => {
  server = await startServer()
  scene = await newScene(server)
})
after(() => server.close())

const api = (bearer: string) => call(server, '/api/chatbots/', { bearer })

function refresh(token: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const { clientId: client_id, secret: client_secret } = scene.app
  return call(server, '/o/token/', {
    form: { grant_type: 'refresh_token', refresh_token: token, client_id, client_secret, ...more },
  })
}

function post(endpoint: string, form: Readonly<Record<string, string>>, app = scene.app): Promise<Answer> {
  return call(server, `/o/${endpoint}/`, {
    form: { client_id: app.clientId, client_secret: app.secret, ...form },
  })
}

function assertError(answer: Answer, status: number, error: string): void {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.json['error'], error)
}

test('OCS-56 a refresh answers new tokens of the same scope', async () => {
  const { access, refresh: first } = await newTokens(scene)
  const answer = await refresh(first)
  assert.equal(answer.status, 200)
  assert.notEqual(text(answer, 'access_token'), access)
  assert.notEqual(text(answer, 'refresh_token'), first)
  assert.equal(answer.json['scope'], 'chatbot:read session:read')
  assert.equal(answer.json['token_type'], 'Bearer')
  assert.equal(answer.json['expires_in'], 3600)
  assert.match(answer.headers['cache-control'] ?? '', /no-store/)
  assert.equal((await api(text(answer, 'access_token'))).status, 200)
})

test('OCS-57 a token that was replaced is answered again for ten seconds, then never', async () => {
  const { refresh: first } = await newTokens(scene)
  const successor = text(await refresh(first), 'refresh_token')
  await server.advance(10)
  const again = await refresh(first)
  assert.equal(again.status, 200, 'a lost answer can be asked for again')
  assert.equal(text(again, 'refresh_token'), successor)
  await server.advance(1)
  assertError(await refresh(first), 400, 'invalid_grant')
})

test('OCS-58 presenting it too late ends the family', async () => {
  const { access, refresh: first } = await newTokens(scene)
  const second = await refresh(first)
  assert.equal((await api(access)).status, 200)
  await server.advance(11)
  assertError(await refresh(first), 400, 'invalid_grant')
  assertError(await refresh(text(second, 'refresh_token')), 400, 'invalid_grant')
  for (const dead of [access, text(second, 'access_token')]) assert.equal((await api(dead)).status, 401)
  const { refresh: oldest } = await newTokens(scene)
  const third = await refresh(text(await refresh(oldest), 'refresh_token'))
  assertError(await refresh(oldest), 400, 'invalid_grant')
  assert.equal((await api(text(third, 'access_token'))).status, 401, 'no grace once the successor was used')
})

test('OCS-59 a refresh may narrow the scope and never widen it', async () => {
  const { refresh: first } = await newTokens(scene)
  const narrow = await refresh(first, { scope: 'chatbot:read' })
  assert.equal(narrow.status, 200)
  assert.equal(narrow.json['scope'], 'chatbot:read')
  assert.equal((await call(server, '/api/sessions/', { bearer: text(narrow, 'access_token') })).status, 403)
  assertError(
    await refresh(text(narrow, 'refresh_token'), { scope: 'chatbot:read chatbot:write' }),
    400,
    'invalid_scope',
  )
  const whole = await refresh(text(narrow, 'refresh_token'))
  assert.equal(whole.json['scope'], 'chatbot:read session:read', 'what was granted stays granted')
})

test('OCS-60 a refresh token belongs to its client', async () => {
  const { refresh: first } = await newTokens(scene)
  const other = await newApp(server, { door: 'openchatstudio', redirect_uris: [callback] })
  assertError(
    await refresh(first, { client_id: other.clientId, client_secret: other.secret }),
    400,
    'invalid_grant',
  )
  assertError(await refresh(first, { client_secret: '' }), 401, 'invalid_client')
  assertError(await refresh(''), 400, 'invalid_request')
  assertError(await refresh('garbage'), 400, 'invalid_grant')
  assert.equal((await refresh(first)).status, 200, 'and is still good')
})

test('OCS-61 of 50 refreshes at once all succeed, with one successor', async () => {
  const { access, refresh: first } = await newTokens(scene)
  const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(first)))
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  const successors = new Set(answers.map((answer) => text(answer, 'refresh_token')))
  assert.equal(successors.size, 1)
  const families = new Set(answers.map((answer) => decodeJwt(text(answer, 'access_token'))['fam']))
  assert.deepEqual([...families], [decodeJwt(access)['fam']])
  const [successor = ''] = successors
  assert.equal((await refresh(successor)).status, 200)
})

test('OCS-72 an app revokes its own token; an unknown one answers the same', async () => {
  const { access } = await newTokens(scene)
  assert.equal((await api(access)).status, 200)
  const revoked = await post('revoke_token', { token: access })
  assert.equal(revoked.status, 200)
  assert.equal((await api(access)).status, 401)
  assert.deepEqual((await post('introspect', { token: access })).json, { active: false })
  const unknown = await post('revoke_token', { token: 'unknown' })
  assert.equal(unknown.status, 200)
  assert.equal(unknown.text, revoked.text)
})

test('OCS-73 an app can’t revoke another app’s token', async () => {
  const { access, refresh: token } = await newTokens(scene)
  const other = await newApp(server, { door: 'openchatstudio', redirect_uris: [callback] })
  for (const foreign of [access, token])
    assert.equal((await post('revoke_token', { token: foreign }, other)).status, 200)
  assert.equal((await api(access)).status, 200)
  assert.equal((await refresh(token)).status, 200)
})

test('OCS-74 revoking the refresh token ends the access token', async () => {
  const { access, refresh: token } = await newTokens(scene)
  assert.equal((await post('revoke_token', { token, token_type_hint: 'refresh_token' })).status, 200)
  assert.equal((await api(access)).status, 401)
  assertError(await refresh(token), 400, 'invalid_grant')
})

test('OCS-75 introspection tells an app about its own tokens', async () => {
  const { access } = await newTokens(scene)
  const { json } = await post('introspect', { token: access })
  assert.equal(json['active'], true)
  assert.equal(json['scope'], 'chatbot:read session:read')
  assert.equal(json['client_id'], scene.app.clientId)
  assert.equal(json['exp'], server.now() + 3600)
  assert.equal(json['sub'], scene.person.id)
  assert.equal(json['team'], scene.team)
  assert.deepEqual((await post('introspect', { token: 'unknown' })).json, { active: false })
  assertError(await call(server, '/o/introspect/', { form: { token: access } }), 401, 'invalid_client')
  await server.advance(3600)
  assert.deepEqual((await post('introspect', { token: access })).json, { active: false })
})

test('OCS-76 and about nobody else’s', async () => {
  const { access, refresh: token } = await newTokens(scene)
  const other = await newApp(server, { door: 'openchatstudio', redirect_uris: [callback] })
  for (const foreign of [access, token])
    assert.deepEqual((await post('introspect', { token: foreign }, other)).json, { active: false })
})

test('OCS-81 disconnecting an app on the account page ends what it has', async () => {
  const own = await newScene(server)
  const { access, refresh: token } = await newTokens(own)
  const browser = await signedInBrowser(server, own.person)
  const page = await browser.open('/account')
  const csrf = /name="csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? ''
  const answer = await browser.open(`/account/apps/${own.app.clientId}/disconnect`, { form: { csrf } })
  assert.equal(answer.status, 303)
  assert.equal((await api(access)).status, 401)
  const { clientId: client_id, secret: client_secret } = own.app
  assertError(await refresh(token, { client_id, client_secret }), 400, 'invalid_grant')
  const silent = authorizePath(newFlow(own, { more: { prompt: 'none' } }))
  assert.equal(responseOf(await browser.open(silent)).get('error'), 'consent_required', 'asked anew')
})

test('OCS-82 the credential endpoints share one limit per address, and fail closed', async () => {
  const limited = await startServer({
    realLimits: true,
    doors: { openchatstudio: { credentialLimit: { limit: 2, window: 300 } } },
  })
  try {
    const paths = ['/o/token/', '/o/revoke_token/', '/o/introspect/']
    const ask = (path: string, from: string) => call(limited, path, { form: { token: 'x' }, from })
    assert.equal((await ask('/o/token/', '127.0.0.1')).status, 401)
    assert.equal((await ask('/o/introspect/', '127.0.0.1')).status, 401)
    for (const path of paths) {
      const third = await ask(path, '127.0.0.1')
      assertError(third, 429, 'rate_limited')
      assert.ok(Number(third.headers['retry-after']) > 0)
      assert.equal(third.headers['x-ratelimit-limit'], '2')
      assert.equal(third.headers['x-ratelimit-remaining'], '0')
      assert.equal(third.headers['x-ratelimit-reset'], third.headers['retry-after'], 'seconds left')
    }
    assert.equal((await ask('/o/token/', '127.0.0.2')).status, 401, 'another address is served')
    await limited.advance(300)
    assert.equal((await ask('/o/token/', '127.0.0.1')).status, 401, 'and so is this one, later')
  } finally {
    await limited.close()
  }
  const blind = await startServer({ brokenLimiter: true })
  try {
    for (const path of ['/o/token/', '/o/revoke_token/', '/o/introspect/']) {
      const answer = await call(blind, path, { form: { token: 'x' } })
      assert.equal(answer.status, 503, path)
      assert.ok(Number(answer.headers['retry-after']) > 0)
    }
  } finally {
    await blind.close()
  }
})
