/** draft-ietf-oauth-identity-assertion-authz-grant in both roles: one door vouches for who signed in, the other takes its word. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { type App, call, newApp } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { credentials, disconnect, grantType, startWith } from '../support/grants.ts'
import { newScene, newTokens, type Scene } from '../support/ocs.ts'
import { freePort, storeBytes, type TestServer } from '../support/server.ts'

let server: TestServer
let scene: Scene
let other: Scene
let there: App
let elsewhere: App

const idJag = 'urn:ietf:params:oauth:token-type:id-jag'
const idTokenType = 'urn:ietf:params:oauth:token-type:id_token'

before(async () => {
  // Which clients may go where is written down when they are registered, so the server starts twice on one store.
  const port = await freePort()
  const base = `http://127.0.0.1:${port}`
  const trusts = [
    { issuer: base, jwksUri: `${base}/.well-known/jwks.json`, profile: 'id-jag', subject: 'account' },
  ]
  const doors = { 'osir-oauth': { grantTypes: ['authorization_code', grantType.assertion], trusts } }
  const first = await startWith([grantType.exchange], {}, { port, doors })
  scene = await newScene(first, {
    scope: 'openid chatbot:read',
    grant_types: ['authorization_code', 'refresh_token', grantType.exchange],
  })
  other = await newScene(first, { scope: 'openid', grant_types: ['authorization_code', grantType.exchange] })
  there = await newApp(first, {
    door: 'osir-oauth',
    grant_types: [grantType.assertion],
    scope: 'domains:read',
  })
  elsewhere = await newApp(first, {
    door: 'osir-oauth',
    grant_types: [grantType.assertion],
    scope: 'domains:read',
  })
  await first.stop()
  const vouchesFor = [
    {
      issuer: `${base}/oauth`,
      clients: { [scene.app.clientId]: there.clientId },
      scope: ['domains:read', 'vps:read'],
      resources: [`${base}/oauth`],
    },
  ]
  const { dataFolder } = first
  server = await startWith([grantType.exchange], { vouchesFor }, { port, dataFolder, doors, seed: false })
})
after(() => server.close())

const refusal = ({ status, json }: Answer) => [status, json['error']]

/** An ID token of a fresh sign-in. */
const signIn = async (of: Scene = scene) => text((await newTokens(of)).answer, 'id_token')

function vouch(
  idToken: string,
  more: Readonly<Record<string, string>> = {},
  by: App = scene.app,
): Promise<Answer> {
  return call(server, '/o/token', {
    form: {
      grant_type: grantType.exchange,
      requested_token_type: idJag,
      subject_token: idToken,
      subject_token_type: idTokenType,
      audience: `${server.base}/oauth`,
      ...credentials(by),
      ...more,
    },
  })
}

const redeem = (assertion: string, by: App = there) =>
  call(server, '/oauth/token', {
    form: { grant_type: grantType.assertion, assertion, ...credentials(by) },
  })

test('§4.3, §4.4: an ID token is exchanged for a grant, the grant for an access token, and that opens the API', async () => {
  const answer = await vouch(await signIn(), { scope: 'domains:read', resource: `${server.base}/oauth` })
  assert.equal(answer.status, 200, answer.text)
  const assertion = text(answer, 'access_token')
  assert.deepEqual(
    { ...answer.json, access_token: '' },
    { access_token: '', issued_token_type: idJag, token_type: 'N_A', expires_in: 300, scope: 'domains:read' },
  )
  assert.equal(decodeProtectedHeader(assertion).typ, 'oauth-id-jag+jwt')
  const { jti, auth_time, ...claims } = decodeJwt(assertion)
  assert.deepEqual(claims, {
    iss: server.base,
    sub: scene.person.id,
    aud: `${server.base}/oauth`,
    client_id: there.clientId,
    iat: server.now(),
    exp: server.now() + 300,
    scope: 'domains:read',
    resource: `${server.base}/oauth`,
  })
  assert.ok(jti !== undefined && auth_time !== undefined)
  const tokens = await redeem(assertion)
  assert.equal(tokens.status, 200, tokens.text)
  assert.deepEqual([tokens.json['scope'], 'refresh_token' in tokens.json], ['domains:read', false])
  assert.equal((await call(server, '/v1/domains', { bearer: text(tokens, 'access_token') })).status, 200)
  assert.deepEqual(refusal(await redeem(assertion)), [400, 'invalid_grant'], 'once')
})

test('§4.4.1: another client at the other server can’t use it', async () => {
  const assertion = text(await vouch(await signIn()), 'access_token')
  assert.deepEqual(refusal(await redeem(assertion, elsewhere)), [400, 'invalid_grant'])
  assert.equal((await redeem(assertion)).status, 200)
})

test('it is no access token, and no subject token', async () => {
  const assertion = text(await vouch(await signIn()), 'access_token')
  assert.equal((await call(server, '/v1/domains', { bearer: assertion })).status, 401)
  assert.equal((await call(server, '/api/user/me/', { bearer: assertion })).status, 401)
  assert.deepEqual(refusal(await vouch(assertion)), [400, 'invalid_request'])
})

describe('what is refused', () => {
  test('§4.3: an ID token of another client, an access token, a changed one, or none', async () => {
    const { access, answer } = await newTokens(scene)
    const mine = text(answer, 'id_token')
    const theirs = await signIn(other)
    for (const token of [theirs, access, `${mine.slice(0, -4)}AAAA`, 'x', ''])
      assert.deepEqual(refusal(await vouch(token)), [400, 'invalid_request'], token)
    const wrongType = 'urn:ietf:params:oauth:token-type:access_token'
    assert.deepEqual(refusal(await vouch(access, { subject_token_type: wrongType })), [
      400,
      'invalid_request',
    ])
    assert.deepEqual(refusal(await vouch(mine, { actor_token: access })), [400, 'invalid_request'])
  })
  test('RFC 8693 §2.2.2: a server, a client, a resource or a scope that nobody wrote down', async () => {
    const mine = await signIn()
    assert.deepEqual(refusal(await vouch(mine, { audience: 'https://evil.example' })), [
      400,
      'invalid_target',
    ])
    assert.deepEqual(refusal(await vouch(mine, { audience: '' })), [400, 'invalid_request'])
    assert.deepEqual(refusal(await vouch(mine, { resource: 'https://evil.example' })), [
      400,
      'invalid_target',
    ])
    assert.deepEqual(refusal(await vouch(mine, { scope: 'domains:write' })), [400, 'invalid_scope'])
    assert.deepEqual(refusal(await vouch(await signIn(other), {}, other.app)), [400, 'invalid_target'])
  })
  test('an ID token of somebody who has disconnected the app since', async () => {
    const mine = await signIn()
    assert.equal((await vouch(mine)).status, 200)
    await disconnect(scene, scene.app)
    assert.deepEqual(refusal(await vouch(mine)), [400, 'invalid_request'])
  })
  test('what is too old: the ID token after an hour, the grant after five minutes', async () => {
    const mine = await signIn()
    const assertion = text(await vouch(mine), 'access_token')
    await server.advance(300)
    assert.deepEqual(refusal(await redeem(assertion)), [400, 'invalid_grant'])
    await server.advance(3300)
    assert.deepEqual(refusal(await vouch(mine)), [400, 'invalid_request'])
  })
})

test('neither the ID token nor the grant is in the store or the log', async () => {
  const mine = await signIn()
  const assertion = text(await vouch(mine), 'access_token')
  await redeem(assertion)
  for (const secret of [mine, assertion]) {
    assert.equal((await storeBytes(server)).includes(secret), false)
    assert.equal(server.log().includes(secret), false)
  }
})
