import assert from 'node:assert/strict'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { after, before, test } from 'node:test'
import { call, newPerson } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { newScene, newTokens, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let scene: Scene
before(async () => {
  server = await startServer()
  scene = await newScene(server, { scope: 'chatbot:read session:read openid profile' })
})
after(() => server.close())

const challenge = ({ headers }: Answer) => headers['www-authenticate'] ?? ''

test('OCS-62 a scope that is missing is a 403', async () => {
  const { access } = await newTokens(scene, { scope: 'chatbot:read' })
  assert.equal((await call(server, '/api/chatbots/', { bearer: access })).status, 200)
  assert.equal((await call(server, '/api/sessions/', { bearer: access })).status, 403)
})

test('OCS-63 and is named in the challenge', async () => {
  const { access } = await newTokens(scene, { scope: 'chatbot:read' })
  const header = challenge(await call(server, '/api/sessions/', { bearer: access }))
  assert.match(header, /^Bearer error="insufficient_scope"/)
  assert.match(header, /scope="session:read"/)
})

test('OCS-64 reading does not mean writing', async () => {
  const { access } = await newTokens(scene, { scope: 'session:read' })
  assert.equal((await call(server, '/api/sessions/', { bearer: access })).status, 200)
  const written = await call(server, '/api/sessions/', { bearer: access, json: { chatbot: 'any' } })
  assert.equal(written.status, 403)
  assert.match(challenge(written), /scope="session:write"/)
})

test('OCS-65 no token, garbage and an expired token are told apart in the challenge', async () => {
  const { access } = await newTokens(scene)
  const none = await call(server, '/api/chatbots/')
  assert.equal(none.status, 401)
  assert.match(challenge(none), /^Bearer/)
  assert.doesNotMatch(challenge(none), /error=/)
  const garbage = await call(server, '/api/chatbots/', { bearer: 'garbage' })
  await server.advance(3601)
  const expired = await call(server, '/api/chatbots/', { bearer: access })
  for (const answer of [garbage, expired]) {
    assert.equal(answer.status, 401)
    assert.match(challenge(answer), /error="invalid_token"/)
    assert.equal(typeof answer.json['detail'], 'string')
  }
})

test('OCS-66 a token in the query is no credential', async () => {
  const { access } = await newTokens(scene)
  const answer = await call(server, `/api/chatbots/?access_token=${access}`)
  assert.equal(answer.status, 401)
})

test('OCS-77 discovery and keys are served, and every address in them answers', async () => {
  const metadata = await call(server, '/.well-known/openid-configuration')
  const keys = await call(server, '/.well-known/jwks.json')
  for (const answer of [metadata, keys]) {
    assert.equal(answer.status, 200)
    assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
    assert.match(answer.headers['cache-control'] ?? '', /^(public|private), max-age=\d+$/)
  }
  const addresses = Object.entries(metadata.json).filter(([name]) => /_(endpoint|uri)$/.test(name))
  assert.ok(addresses.length >= 6)
  for (const [name, address] of addresses) {
    assert.ok(String(address).startsWith(`${server.base}/`), name)
    const answer = await call(server, String(address).slice(server.base.length))
    assert.notEqual(answer.status, 404, name)
    assert.ok(answer.status < 500, name)
  }
  for (const key of keys.json['keys'] as Record<string, unknown>[]) assert.equal('d' in key, false)
})

test('OCS-78 the metadata says what is done, at both addresses', async () => {
  for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']) {
    const { status, json } = await call(server, path)
    assert.equal(status, 200)
    assert.equal(json['issuer'], server.base)
    assert.deepEqual(json['response_types_supported'], ['code'])
    assert.deepEqual(json['code_challenge_methods_supported'], ['S256'])
    assert.equal(json['authorization_response_iss_parameter_supported'], true)
  }
})

test('OCS-79 openid brings an ID token that verifies', async () => {
  const { answer } = await newTokens(scene, { scope: 'openid chatbot:read', more: { nonce: 'n-0S6_WzA2Mj' } })
  const jwks = (await call(server, '/.well-known/jwks.json')).json as unknown as JSONWebKeySet
  const { payload } = await jwtVerify(text(answer, 'id_token'), createLocalJWKSet(jwks), {
    issuer: server.base,
    audience: scene.app.clientId,
    currentDate: new Date(server.now() * 1000),
    requiredClaims: ['exp', 'iat', 'auth_time'],
  })
  assert.equal(payload['nonce'], 'n-0S6_WzA2Mj')
  assert.equal(payload['team'], scene.team)
  assert.equal(payload['email_verified'], false, 'an address that was never confirmed')
  assert.equal(payload.sub, scene.person.id)
  assert.equal((await newTokens(scene, { scope: 'chatbot:read' })).answer.json['id_token'], undefined)
})

test('OCS-80 userinfo is for tokens with openid', async () => {
  const { access } = await newTokens(scene, { scope: 'openid chatbot:read' })
  for (const method of ['GET', 'POST']) {
    const { status, json } = await call(server, '/o/userinfo/', { method, bearer: access })
    assert.equal(status, 200)
    assert.equal(json['sub'], scene.person.id)
    assert.equal(typeof json['name'], 'string')
    assert.equal(json['is_active'], true)
    assert.equal(json['team'], scene.team)
  }
  const without = await call(server, '/o/userinfo/', {
    bearer: (await newTokens(scene, { scope: 'chatbot:read' })).access,
  })
  assert.equal(without.status, 403)
  assert.match(challenge(without), /insufficient_scope/)
})

test('OCS-83 an API key reads, and writes only when made to', async () => {
  const person = await newPerson(server)
  const make = async (more: object) =>
    text(await call(server, '/api/api-keys/', { bearer: person.access, json: { name: 'k', ...more } }), 'key')
  const [readOnly, full] = [await make({}), await make({ read_only: false })]
  for (const present of [
    (key: string) => ({ 'X-api-key': key }),
    (key: string) => ({ Authorization: `Bearer ${key}` }),
  ]) {
    assert.equal((await call(server, '/api/chatbots/', { headers: present(readOnly) })).status, 200)
    assert.equal(
      (await call(server, '/api/chatbots/', { headers: present(readOnly), json: { name: 'x' } })).status,
      403,
    )
    assert.equal(
      (await call(server, '/api/chatbots/', { headers: present(full), json: { name: 'x' } })).status,
      201,
    )
  }
})
