/** Requests that clients sign. The sections are those of RFC 9101. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose'
import { administer, approve, authorizePath, call, newApp, responseOf } from '../support/actors.ts'
import { createBrowser } from '../support/browser.ts'
import type { Answer } from '../support/http.ts'
import { callback, newFlow, newScene, redeem, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

// RFC 9101: authorization requests that the client signed, at a real server.
let server: TestServer
let scene: Scene
let key: CryptoKey
let stranger: CryptoKey
let strangerJwk: JWK
let jwk: JWK
before(async () => {
  const pair = await generateKeyPair('ES256')
  key = pair.privateKey
  jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }
  const other = await generateKeyPair('ES256')
  stranger = other.privateKey
  strangerJwk = await exportJWK(other.publicKey)
  server = await startServer({
    doors: {
      openchatstudio: { requestObjects: 'optional', pushedRequests: 'optional' },
      'osir-oauth': { requestObjects: 'required' },
    },
  })
  scene = await newScene(server, { jwks: { keys: [jwk] } })
})
after(() => server.close())

type Claims = Readonly<Record<string, unknown>>
const claimsOf = (flow = newFlow(scene), more: Claims = {}): Claims => ({
  ...Object.fromEntries(new URL(authorizePath(flow), server.base).searchParams),
  iss: flow.app.clientId,
  aud: server.base,
  exp: server.now() + 60,
  ...more,
})
const sign = (claims: Claims, by = key, header = {}) =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES256', kid: 'one', ...header }).sign(by)
const pathOf = (
  request: string,
  more: Readonly<Record<string, string>> = {},
  client_id = scene.app.clientId,
) => `/o/authorize/?${new URLSearchParams({ client_id, request, ...more })}`

test('§6: the parameters of the object lead to a code that works', async () => {
  const flow = newFlow(scene, { team: scene.team, more: { state: 'a b&c=d%20é+/"<', prompt: 'consent' } })
  const answer = await approve(scene.browser, pathOf(await sign(claimsOf(flow))))
  assert.equal(responseOf(answer).get('state'), 'a b&c=d%20é+/"<')
  assert.equal((await redeem(server, flow, responseOf(answer).get('code') ?? '')).status, 200)
})

test('§6.3: what stands beside the object is not looked at', async () => {
  const object = await sign(claimsOf(newFlow(scene, { scope: 'chatbot:read', more: { prompt: 'consent' } })))
  const beside = {
    scope: 'chatbot:read session:read',
    redirect_uri: 'https://evil.example/',
    state: 'evil',
    nonce: 'x',
  }
  const page = await scene.browser.open(pathOf(object, beside))
  assert.match(page.text, /See your chatbots/)
  assert.doesNotMatch(page.text, /See chat sessions/)
  const answer = await scene.browser.submit(page, { decision: 'approve', team: scene.team })
  assert.ok(answer.headers.location?.startsWith(`${callback}?`))
  assert.equal(responseOf(answer).get('state'), null, 'and nothing is added to it')
})

describe('what is not the client’s object is refused (§6.1, §6.2, §10)', () => {
  const rows: readonly [name: string, object: () => Promise<string> | string][] = [
    ['signed by somebody else', () => sign(claimsOf(), stranger)],
    ['signed by nobody', () => new UnsecuredJWT({ ...claimsOf() }).encode()],
    ['signed with the secret', () => signWithSecret()],
    ['a key of its own in the header', async () => sign(claimsOf(), stranger, { jwk: strangerJwk })],
    ['an altered one', async () => altered(await sign(claimsOf()))],
    ['for another server', () => sign(claimsOf(newFlow(scene), { aud: 'https://evil.example' }))],
    ['of another client', () => sign(claimsOf(newFlow(scene), { client_id: 'app_other' }))],
    ['expired', () => sign(claimsOf(newFlow(scene), { exp: server.now() }))],
    ['one in one', () => sign(claimsOf(newFlow(scene), { request: 'x' }))],
    ['of a type that is no text', () => sign(claimsOf(), key, { typ: {} })],
    ['encrypted', () => 'a.b.c.d.e'],
    ['noise', () => 'noise'],
  ]
  const altered = (object: string) => {
    const [header = '', payload = '', signature = ''] = object.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return [
      header,
      Buffer.from(JSON.stringify({ ...claims, scope: 'x' })).toString('base64url'),
      signature,
    ].join('.')
  }
  const signWithSecret = () =>
    new SignJWT({ ...claimsOf() }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(scene.app.secret))
  for (const [name, object] of rows) {
    test(name, async () => {
      const { searchParams } = new URL(authorizePath(newFlow(scene)), server.base)
      // Beside an address that is registered it is told the client, and with none it is a page.
      const proven = { redirect_uri: callback, state: searchParams.get('state') ?? '' }
      const told = await scene.browser.open(pathOf(await object(), proven))
      assert.equal(responseOf(told).get('error'), 'invalid_request_object')
      assert.equal(responseOf(told).get('state'), 'random_state_string')
      const page = await scene.browser.open(pathOf(await object(), { redirect_uri: 'https://evil.example/' }))
      assert.equal(page.status, 400)
      assert.equal(page.headers.location, undefined)
    })
  }

  test('the same parameters unsigned beside it do not help', async () => {
    const path = authorizePath(newFlow(scene, { more: { request: await sign(claimsOf(), stranger) } }))
    assert.equal(responseOf(await scene.browser.open(path)).get('error'), 'invalid_request_object')
  })

  test('a client without keys has no objects', async () => {
    const bare = await newScene(server)
    const object = await sign(claimsOf(newFlow(bare)))
    const answer = await bare.browser.open(pathOf(object, {}, bare.app.clientId))
    assert.equal(responseOf(answer).get('error'), 'invalid_request_object')
  })

  test('a wrong redirect_uri in the object is a page, whatever is registered', async () => {
    const object = await sign(claimsOf(newFlow(scene), { redirect_uri: 'https://evil.example/' }))
    const answer = await scene.browser.open(pathOf(object, { redirect_uri: callback }))
    assert.equal(answer.status, 400)
    assert.equal(answer.headers.location, undefined)
  })

  test('the rules of the endpoint hold inside: scope, challenge, response type', async () => {
    for (const [more, error] of [
      [{ scope: 'nonsense' }, 'invalid_scope'],
      [{ code_challenge: undefined }, 'invalid_request'],
      [{ response_type: 'token' }, 'unsupported_response_type'],
      [{ max_age: -1 }, 'invalid_request'],
    ] as const) {
      const answer = await scene.browser.open(pathOf(await sign(claimsOf(newFlow(scene), more))))
      assert.equal(responseOf(answer).get('error'), error)
    }
  })
})

test('an object that ends while the person signs in and decides was good when it came', async () => {
  const own = createBrowser(server.base)
  const flow = newFlow(scene, { team: scene.team, more: { prompt: 'consent' } })
  const object = await sign(claimsOf(flow, { login_hint: 'marked@example.com' }))
  const page = await own.settle(await own.open(pathOf(object)))
  await server.advance(120)
  const late = createBrowser(server.base)
  assert.equal(responseOf(await late.open(pathOf(object))).get('error'), 'invalid_request_object')
  const { email, password } = scene.person
  const consent = await own.settle(await own.submit(page, { email, password }))
  await server.advance(120)
  const answer = await own.submit(consent, { decision: 'approve' })
  assert.equal((await redeem(server, flow, responseOf(answer).get('code') ?? '')).status, 200)
})

test('an object that ends while the page is open was good when it came, and not for ever', async () => {
  const object = await sign(claimsOf(newFlow(scene, { team: scene.team, more: { prompt: 'consent' } })))
  const page = await scene.browser.open(pathOf(object))
  await server.advance(300)
  assert.ok(responseOf(await scene.browser.submit(page, { decision: 'approve' })).has('code'))
  await server.advance(1800)
  const late = await scene.browser.submit(page, { decision: 'approve' })
  assert.equal(responseOf(late).get('error'), 'invalid_request_object')
})

test('RFC 9126 §3: an object can be pushed, and what is beside it is not looked at', async () => {
  const { clientId: client_id, secret: client_secret } = scene.app
  const flow = newFlow(scene, { team: scene.team, scope: 'chatbot:read', more: { prompt: 'consent' } })
  const push = (request: string): Promise<Answer> =>
    call(server, '/o/par', { form: { client_id, client_secret, request, scope: 'session:read' } })
  const { json } = await push(await sign(claimsOf(flow)))
  const query = new URLSearchParams({ client_id, request_uri: String(json['request_uri']) })
  const page = await scene.browser.open(`/o/authorize/?${query}`)
  assert.match(page.text, /See your chatbots/)
  assert.doesNotMatch(page.text, /See chat sessions/)
  assert.equal((await push(await sign(claimsOf(flow), stranger))).json['error'], 'invalid_request_object')
  const other = await newScene(server, { jwks: { keys: [jwk] } })
  const foreign = await push(await sign(claimsOf(newFlow(other))))
  assert.equal(foreign.json['error'], 'invalid_request_object', 'RFC 9126 §3: client_id must be the client')
})

describe('required (§10.5)', () => {
  test('a door that requires it takes no other request', async () => {
    const app = await newApp(server, { door: 'osir-oauth', redirect_uris: [callback], jwks: { keys: [jwk] } })
    const flow = { app, redirectUri: callback, authorize: '/oauth/authorize' }
    const answer = await call(server, authorizePath(flow))
    assert.equal(responseOf(answer).get('error'), 'invalid_request')
    const claims = { ...claimsOf(newFlow({ app })), aud: `${server.base}/oauth`, scope: 'domains:read' }
    const query = new URLSearchParams({ client_id: app.clientId, request: await sign(claims) })
    assert.match(String((await call(server, `/oauth/authorize?${query}`)).headers.location), /^\/sign-in/)
  })

  test('a client that requires it takes no other request, pushed ones included', async () => {
    const strict = await newScene(server, { jwks: { keys: [jwk] }, require_signed_request_object: true })
    const { clientId: client_id, secret: client_secret } = strict.app
    const plain = authorizePath(newFlow(strict))
    assert.equal(responseOf(await strict.browser.open(plain)).get('error'), 'invalid_request')
    const params = Object.fromEntries(new URL(plain, server.base).searchParams)
    const pushed = await call(server, '/o/par', { form: { ...params, client_secret } })
    assert.equal(pushed.json['error'], 'invalid_request')
    const object = await sign(claimsOf(newFlow(strict)))
    assert.equal((await strict.browser.open(pathOf(object, {}, client_id))).status, 200)
    const both = await call(server, '/o/par', { form: { client_id, client_secret, request: object } })
    const query = new URLSearchParams({ client_id, request_uri: String(both.json['request_uri']) })
    assert.equal((await strict.browser.open(`/o/authorize/?${query}`)).status, 200)
  })
})

describe('the keys of a client (RFC 7591 §2)', () => {
  const register = (jwks: unknown) =>
    newApp(server, { door: 'openchatstudio', redirect_uris: [callback], jwks })

  test('private keys, shared secrets, keys of no use and one name for two keys are refused', async () => {
    const pair = await generateKeyPair('ES256', { extractable: true })
    const rsa = await generateKeyPair('RS256', { extractable: true })
    for (const keys of [
      [await exportJWK(pair.privateKey)],
      [{ kty: 'oct', k: 'c2VjcmV0' }],
      [{ ...jwk, use: 'enc' }],
      [{ ...jwk, alg: 'HS256' }],
      [{ ...jwk, crv: 'P-384' }],
      [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }],
      [await exportJWK(rsa.privateKey)],
      [jwk, jwk],
      Array.from({ length: 21 }, (_, index) => ({ ...jwk, kid: String(index) })),
      ['x'],
      'x',
    ])
      await assert.rejects(register({ keys }), /400 .*jwks/)
    for (const jwks of ['x', [], null, {}]) await assert.rejects(register(jwks), /400 .*jwks/)
  })

  for (const alg of ['ES256', 'EdDSA', 'PS256', 'RS256']) {
    test(`${alg} keys are taken, and replaced by others at once`, async () => {
      const pair = await generateKeyPair(alg)
      const own = await newScene(server, { jwks: { keys: [{ ...(await exportJWK(pair.publicKey)), alg }] } })
      const flow = newFlow(own, { more: { prompt: 'consent' } })
      const object = await new SignJWT({ ...claimsOf(flow) })
        .setProtectedHeader({ alg })
        .sign(pair.privateKey)
      const path = pathOf(object, {}, own.app.clientId)
      assert.equal((await own.browser.open(path)).status, 200)
      await administer(server, 'PATCH', `/clients/${own.app.clientId}`, { jwks: { keys: [jwk] } })
      assert.equal(responseOf(await own.browser.open(path)).get('error'), 'invalid_request_object')
    })
  }
})

test('discovery says that objects are taken, how they are signed, and whether they have to be', async () => {
  const optional = (await call(server, '/.well-known/openid-configuration')).json
  assert.equal(optional['request_parameter_supported'], true)
  assert.equal(optional['request_uri_parameter_supported'], false)
  assert.equal(optional['require_signed_request_object'], false)
  const algs = ['ES256', 'Ed25519', 'EdDSA', 'PS256', 'RS256']
  assert.deepEqual(optional['request_object_signing_alg_values_supported'], algs)
  const required = (await call(server, '/.well-known/oauth-authorization-server/oauth')).json
  assert.equal(required['require_signed_request_object'], true)
})

test('a door that was not told to takes none', async (t) => {
  const plain = await startServer()
  t.after(() => plain.close())
  const own = await newScene(plain, { jwks: { keys: [jwk] } })
  const claims = { ...claimsOf(newFlow(own)), aud: plain.base }
  const answer = await own.browser.open(pathOf(await sign(claims), {}, own.app.clientId))
  assert.equal(responseOf(answer).get('error'), 'request_not_supported')
  const { json } = await call(plain, '/.well-known/openid-configuration')
  assert.equal(json['request_parameter_supported'], false)
  assert.equal(json['request_object_signing_alg_values_supported'], undefined)
})
