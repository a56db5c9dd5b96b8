import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { call, exchange, getCode, newPerson, signedInBrowser } from '../support/actors.ts'
import { assertionBy, byAssertion } from '../support/assertions.ts'
import { type Answer, type Ask, text } from '../support/http.ts'
import { confidentialApp, publicApp, register } from '../support/registration.ts'
import { startServer, type TestServer } from '../support/server.ts'

const generous = { limit: 1_000_000, window: 60 }

let server: TestServer
before(async () => {
  server = await startServer({
    doors: {
      'osir-oauth': {
        registration: 'open',
        registrationLimit: generous,
        credentialLimit: generous,
        clientAuth: ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'none'],
      },
    },
  })
})
after(() => server.close())

/** A registration and what its owner may send to its address. */
async function newRegistration(more: object = {}) {
  const metadata = confidentialApp(more)
  const registered = await register(server, metadata)
  const id = text(registered, 'client_id')
  const token = text(registered, 'registration_access_token')
  const at = (ask: Ask = {}, path = '') =>
    call(server, `/oauth/register/${id}${path}`, { bearer: token, ...ask })
  const put = (members: object) => at({ method: 'PUT', json: { client_id: id, ...metadata, ...members } })
  return { metadata, registered, id, token, secret: text(registered, 'client_secret'), at, put }
}

const introspect = (client_id: string, client_secret: string) =>
  call(server, '/oauth/introspect', { form: { client_id, client_secret, token: 'x' } })

function assertRefused(answer: Answer): void {
  assert.equal(answer.status, 401, answer.text)
  assert.equal(answer.json['error'], 'invalid_token')
  assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer error="invalid_token"/)
}

describe('200', () => {
  test('RFC 7592 §2.1: its owner reads the registration, without the secret', async () => {
    const { registered, at } = await newRegistration()
    const { client_secret: _, client_secret_expires_at: __, ...rest } = registered.json
    const answer = await at()
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.json, rest)
    assert.equal(answer.headers['cache-control'], 'no-store')
  })

  test('RFC 7592 §2.2: its owner replaces it whole, and what is left out is gone', async () => {
    const { put, at, secret, id } = await newRegistration({ client_uri: 'https://notes.example/' })
    const changed = await put({
      client_name: 'Renamed',
      redirect_uris: ['https://notes.example/new'],
      client_uri: null,
      scope: 'domains:read',
      client_secret: secret,
    })
    assert.equal(changed.status, 200, changed.text)
    const now = (await at()).json
    assert.deepEqual(changed.json, now)
    assert.equal(now['client_name'], 'Renamed')
    assert.deepEqual(now['redirect_uris'], ['https://notes.example/new'])
    assert.equal(now['scope'], 'domains:read')
    assert.equal('client_uri' in now, false)
    assert.equal((await introspect(id, secret)).status, 200, 'the secret stays')
  })

  test('RFC 7592 §3: a client that is to sign with its secret from now on is told one that it can sign with', async () => {
    const { put, id, secret } = await newRegistration()
    const changed = await put({ token_endpoint_auth_method: 'client_secret_jwt' })
    assert.equal(changed.status, 200, changed.text)
    const next = text(changed, 'client_secret')
    assert.notEqual(next, secret)
    const prove = async (by: string) => {
      const wish = { clientId: id, aud: `${server.base}/oauth`, now: server.now() }
      const form = { token: 'x', ...byAssertion(await assertionBy(by, wish)) }
      return (await call(server, '/oauth/introspect', { form })).status
    }
    assert.deepEqual([await prove(next), await prove(secret)], [200, 401])
    const again = await put({ token_endpoint_auth_method: 'client_secret_jwt', client_name: 'Renamed' })
    assert.equal('client_secret' in again.json, false, 'it has one')
  })

  test('RFC 7592 §3: a fresh secret works at once, and the one before for a day', async () => {
    const { at, id, secret } = await newRegistration()
    const rotated = await at({ method: 'POST' }, '/secrets')
    assert.equal(rotated.status, 201, rotated.text)
    const next = text(rotated, 'client_secret')
    for (const one of [secret, next]) assert.equal((await introspect(id, one)).status, 200)
    await server.advance(24 * 3600)
    assert.equal((await introspect(id, secret)).status, 401)
    assert.equal((await introspect(id, next)).status, 200)
  })
})

describe('204', () => {
  test('RFC 7592 §2.3: a client that is removed takes its tokens with it, and its address knows nothing', async () => {
    const { registered, at, id, secret } = await newRegistration()
    const browser = await signedInBrowser(server, await newPerson(server))
    const flow = {
      app: { clientId: id, secret },
      redirectUri: (registered.json['redirect_uris'] as readonly string[])[0] ?? '',
      authorize: '/oauth/authorize',
      scope: 'domains:read',
    }
    const tokens = await exchange(server, '/oauth/token', flow, await getCode(browser, flow))
    const bearer = text(tokens, 'access_token')
    assert.equal((await call(server, '/v1/domains', { bearer })).status, 200)
    const removed = await at({ method: 'DELETE' })
    assert.equal(removed.status, 204)
    assert.equal((await call(server, '/v1/domains', { bearer })).status, 401)
    assertRefused(await at())
    assert.equal((await introspect(id, secret)).status, 401)
  })
})

describe('400', () => {
  const wrong: [name: string, members: object, error: string][] = [
    ['names another client', { client_id: 'app_other' }, 'invalid_request'],
    ['names no client', { client_id: undefined }, 'invalid_request'],
    ['sends the token back', { registration_access_token: 'x' }, 'invalid_request'],
    ['chooses its secret', { client_secret: 'chosen' }, 'invalid_client_metadata'],
    ['becomes public', { token_endpoint_auth_method: 'none' }, 'invalid_client_metadata'],
    ['takes another grant type', { grant_types: ['authorization_code'] }, 'invalid_client_metadata'],
    ['widens its scope past the door', { scope: 'domains:read admin' }, 'invalid_client_metadata'],
    ['has a bad redirect address', { redirect_uris: ['http://notes.example/'] }, 'invalid_redirect_uri'],
  ]
  for (const [name, members, error] of wrong) {
    test(`RFC 7592 §2.2: a change that ${name} changes nothing`, async () => {
      const { put, at } = await newRegistration()
      const registered = (await at()).json
      const answer = await put(members)
      assert.equal(answer.status, 400, answer.text)
      assert.equal(answer.json['error'], error)
      assert.deepEqual((await at()).json, registered)
    })
  }
})

describe('401', () => {
  test('RFC 7592 §2.1: a wrong token, none, another client’s, and a client that never was are one answer', async () => {
    const [mine, other] = [await newRegistration(), await newRegistration()]
    const shared = text(await register(server, publicApp()), 'client_id')
    const address = `/oauth/register/${mine.id}`
    const answers = [
      await call(server, address),
      await call(server, address, { bearer: 'spr_made-up' }),
      await call(server, address, { bearer: other.token }),
      await call(server, address, { bearer: mine.secret }),
      await call(server, '/oauth/register/app_unknown', { bearer: mine.token }),
      await call(server, `/oauth/register/${shared}`, { bearer: mine.token }),
      await call(server, address, { method: 'PUT', bearer: other.token, json: {} }),
      await call(server, address, { method: 'DELETE', bearer: other.token }),
      await call(server, `${address}/secrets`, { method: 'POST', bearer: other.token }),
    ]
    for (const answer of answers) assertRefused(answer)
    assert.equal(new Set(answers.map((answer) => answer.text)).size, 1)
    assert.equal((await mine.at()).status, 200)
  })
})

test('RFC 7592 §2: an address of registration answers the methods of the documents and no others', async () => {
  const { at } = await newRegistration()
  assert.equal((await at({ method: 'PATCH', json: {} })).status, 405)
  assert.equal((await call(server, '/oauth/register')).status, 405)
})
