import assert from 'node:assert/strict'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { after, before, test } from 'node:test'
import { administer, call, fresh, newPerson, signedInBrowser } from '../support/actors.ts'
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
  const refused = await call(server, '/api/sessions/', { bearer: access })
  assert.equal(refused.status, 403)
  assert.deepEqual(refused.json, { detail: 'You do not have permission to perform this action.' })
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
  assert.deepEqual(none.json, { detail: 'Authentication credentials were not provided.' })
  const garbage = await call(server, '/api/chatbots/', { bearer: 'garbage' })
  await server.advance(3601)
  const expired = await call(server, '/api/chatbots/', { bearer: access })
  for (const answer of [garbage, expired]) {
    assert.equal(answer.status, 401)
    assert.match(challenge(answer), /error="invalid_token"/)
    assert.equal(answer.json['detail'], 'Given token not valid for any token type')
  }
})

test('OCS-66 a token in the query is no credential', async () => {
  const { access } = await newTokens(scene)
  const answer = await call(server, `/api/chatbots/?access_token=${access}`)
  assert.equal(answer.status, 401)
  assert.deepEqual(answer.json, { detail: 'Authentication credentials were not provided.' })
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
  const answers: Readonly<Record<string, readonly [status: number, error?: string]>> = {
    authorization_endpoint: [400],
    token_endpoint: [401, 'invalid_client'],
    revocation_endpoint: [401, 'invalid_client'],
    introspection_endpoint: [401, 'invalid_client'],
    userinfo_endpoint: [401, 'invalid_token'],
    jwks_uri: [200],
  }
  assert.deepEqual(addresses.map(([name]) => name).sort(), Object.keys(answers).sort())
  for (const [name, address] of addresses) {
    assert.ok(String(address).startsWith(`${server.base}/`), name)
    const posted = /^(token|revocation|introspection)_/.test(name)
    const answer = await call(
      server,
      String(address).slice(server.base.length),
      posted ? { form: { token: 'x' } } : {},
    )
    assert.deepEqual([answer.status, answer.json['error']], [answers[name]?.[0], answers[name]?.[1]], name)
  }
  const published = keys.json['keys'] as Record<string, unknown>[]
  assert.ok(published.length > 0)
  for (const key of published) {
    assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'], 'public alone')
  }
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
  const verify = (token: string) =>
    jwtVerify(token, createLocalJWKSet(jwks), {
      issuer: server.base,
      audience: scene.app.clientId,
      algorithms: ['ES256'],
      currentDate: new Date(server.now() * 1000),
      requiredClaims: ['exp', 'iat', 'auth_time'],
    })
  const idToken = text(answer, 'id_token')
  const { payload } = await verify(idToken)
  assert.equal(payload.exp, server.now() + 3600)
  assert.ok(jwks.keys.some(({ kid }) => kid === decodeProtectedHeader(idToken).kid))
  assert.equal(payload['nonce'], 'n-0S6_WzA2Mj')
  assert.equal(payload['team'], scene.team)
  assert.equal(payload['email_verified'], false, 'an address that was never confirmed')
  assert.equal(payload.sub, scene.person.id)
  const confirmed = { email: `${fresh('confirmed')}@example.com`, password: 'correct horse battery' }
  await administer(server, 'POST', '/accounts', { ...confirmed, email_verified: true })
  const browser = await signedInBrowser(server, confirmed)
  const other = await newTokens({ ...scene, browser }, { scope: 'openid' })
  assert.equal((await verify(text(other.answer, 'id_token'))).payload['email_verified'], true)
  assert.equal((await newTokens(scene, { scope: 'chatbot:read' })).answer.json['id_token'], undefined)
})

test('OCS-80 userinfo is for tokens with openid', async () => {
  const { access } = await newTokens(scene, { scope: 'openid chatbot:read' })
  for (const method of ['GET', 'POST']) {
    const { status, json, headers } = await call(server, '/o/userinfo/', { method, bearer: access })
    assert.equal(status, 200)
    assert.match(headers['cache-control'] ?? '', /no-store/)
    assert.deepEqual(json, {
      sub: scene.person.id,
      name: scene.person.email.split('@')[0],
      email_verified: false,
      is_active: true,
      team: scene.team,
    })
  }
  const without = await call(server, '/o/userinfo/', {
    bearer: (await newTokens(scene, { scope: 'chatbot:read' })).access,
  })
  assert.equal(without.status, 403)
  assert.match(challenge(without), /insufficient_scope/)
})

test('the address is told to an app that asked for the profile, and to no other', async () => {
  const { access } = await newTokens(scene, { scope: 'openid profile' })
  assert.equal((await call(server, '/o/userinfo/', { bearer: access })).json['email'], scene.person.email)
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
