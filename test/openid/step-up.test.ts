/** How somebody signed in, and APIs that want more. The sections are those of RFC 9470, unless another document is named. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeJwt } from 'jose'
import { administer, authorizePath, call, newApp, newPerson, responseOf } from '../support/actors.ts'
import { createBrowser } from '../support/browser.ts'
import { credentials, deviceTokens, grantType, newDeviceApp, somebody } from '../support/grants.ts'
import { newGuard } from '../support/guard-access.ts'
import { type Answer, text } from '../support/http.ts'
import { newFlow, newScene, newTokens, redeem, type Scene } from '../support/ocs.ts'
import { type Provider, startProvider } from '../support/provider.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startVoucher, type Voucher } from '../support/vouching.ts'

const pw = 'https://acr.example/password'
const up = 'https://acr.example/provider'
const acrValues = { password: pw, upstream: up }

let server: TestServer
let scene: Scene
let provider: Provider
let voucher: Voucher
before(async () => {
  provider = await startProvider()
  voucher = await startVoucher(() => server.now())
  const rule = (authentication: object) => ({ doors: ['openchatstudio', 'oshara', 'osir'], authentication })
  server = await startServer({
    trustedProxies: 1,
    google: provider.settings,
    doors: {
      openchatstudio: {
        acrValues,
        claimsParameter: true,
        grantTypes: ['authorization_code', 'refresh_token', grantType.assertion, grantType.device],
        trusts: [{ issuer: voucher.issuer, jwks: voucher.jwks, profile: 'assertion', subject: 'account' }],
      },
      oshara: { acrValues },
    },
    forwardAuth: [
      { path: '/fresh', shape: 'oauth', rule: rule({ maxAge: 300 }) },
      { path: '/password', shape: 'oauth', rule: rule({ acr: [pw] }) },
      { path: '/provider', shape: 'oauth', rule: rule({ acr: [up, 'other'], maxAge: 300 }) },
      { path: '/detail', shape: 'detail', rule: rule({ acr: [up] }) },
      { path: '/scope', shape: 'oauth', rule: { ...rule({ acr: [up] }), scopes: ['session:read'] } },
    ],
  })
  provider.allow(`${server.base}/api/auth/google/callback/`)
  scene = await newScene(server, { scope: 'openid chatbot:read' })
})
after(async () => {
  voucher.close()
  await provider.close()
  await server.close()
})

const tokensOf = (of: Scene, more: object = {}) =>
  newTokens(of, { scope: 'openid chatbot:read', team: of.team, ...more })
const ask = (path: string, credential: Readonly<Record<string, string>>) =>
  call(server, '/guard/forward-auth', {
    headers: { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': path, ...credential },
  })
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const request = (of: Scene, more: Readonly<Record<string, string>>) =>
  authorizePath(newFlow(of, { scope: 'openid', team: of.team, more: { state: 's', ...more } }))
const essential = (...values: string[]) => ({
  claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }),
})
const errorOf = (answer: Answer) => responseOf(answer).get('error')

describe('what is told', () => {
  test('RFC 9470 §6.1, §6.2, RFC 9068 §2.2.1, OpenID Connect Core §2: acr and auth_time are in every token, and amr in the ID token', async () => {
    const at = server.now()
    const own = await newScene(server, { scope: 'openid chatbot:read' })
    const { access, answer } = await tokensOf(own)
    const idToken = decodeJwt(text(answer, 'id_token'))
    assert.deepEqual([idToken['acr'], idToken['amr'], idToken['auth_time']], [pw, ['pwd'], at])
    const told = await call(server, '/o/introspect/', { form: { token: access, ...credentials(own.app) } })
    for (const claims of [decodeJwt(access), told.json])
      assert.deepEqual([claims['acr'], claims['auth_time']], [pw, at])
  })

  test('RFC 8628: what was approved for a device tells the sign-in of who approved it', async () => {
    const app = await newDeviceApp(server)
    const tokens = await deviceTokens(server, await somebody(server), app)
    assert.equal(decodeJwt(text(tokens, 'access_token'))['acr'], pw)
  })

  test('OpenID Connect Core §12.2: a refreshed token tells the same sign-in', async () => {
    const { refresh } = await tokensOf(scene)
    await server.advance(100)
    const form = { grant_type: 'refresh_token', refresh_token: refresh, ...credentials(scene.app) }
    const { json } = await call(server, '/o/token/', { form })
    assert.equal(decodeJwt(String(json['access_token']))['acr'], pw)
    assert.ok(Number(decodeJwt(String(json['access_token']))['auth_time']) <= server.now() - 100)
  })

  test('OpenID Connect Discovery §3: the names are told', async () => {
    const { json } = await call(server, '/.well-known/openid-configuration')
    assert.deepEqual(json['acr_values_supported'], [pw, up])
    assert.ok((json['claims_supported'] as string[]).includes('acr'))
  })

  test('a door without names tells nothing of it', async (t) => {
    const plain = await startServer()
    t.after(() => plain.close())
    const own = await newScene(plain, { scope: 'openid chatbot:read' })
    const { access, answer } = await tokensOf(own)
    const told = await call(plain, '/o/introspect/', { form: { token: access, ...credentials(own.app) } })
    for (const claims of [decodeJwt(access), decodeJwt(text(answer, 'id_token')), told.json])
      assert.deepEqual([claims['acr'], claims['amr']], [undefined, undefined])
    const { json } = await call(plain, '/.well-known/openid-configuration')
    assert.equal(json['acr_values_supported'], undefined)
  })
})

describe('what is asked (RFC 9470 §5, OpenID Connect Core §3.1.2.1, §5.5.1.1)', () => {
  const silent = { prompt: 'none' }

  test('acr_values are a wish: who signed in so goes on, and who can’t has to be content', async () => {
    await tokensOf(scene)
    for (const acr_values of [pw, `other ${pw}`, up, 'other'])
      assert.ok(
        responseOf(await scene.browser.open(request(scene, { ...silent, acr_values }))).has('code'),
        acr_values,
      )
  })

  test('a wish is worth one sign-in, not two', async () => {
    const path = request(scene, { acr_values: up })
    const first = await scene.browser.open(path)
    assert.match(String(first.headers.location), /^\/sign-in\?.*again=1/)
    await server.advance(1)
    const page = await scene.browser.settle(first)
    const { email, password } = scene.person
    const back = await scene.browser.submit(page, { email, password })
    const answer = await scene.browser.open(String(back.headers.location))
    assert.ok(responseOf(answer).has('code'))
  })

  test('nor is it two for who was not signed in at all', async () => {
    const browser = createBrowser(server.base)
    const first = await browser.open(request(scene, { acr_values: up }))
    await server.advance(1)
    const { email, password } = scene.person
    const back = await browser.submit(await browser.settle(first), { email, password })
    const answer = await browser.open(String(back.headers.location))
    assert.doesNotMatch(String(answer.headers.location), /^\/sign-in/)
  })

  test('Unmet Authentication Requirements §2: what is insisted on and can’t be had is refused', async () => {
    await tokensOf(scene)
    assert.ok(
      responseOf(await scene.browser.open(request(scene, { ...silent, ...essential(pw, 'x') }))).has('code'),
    )
    assert.equal(
      errorOf(await scene.browser.open(request(scene, essential('x')))),
      'unmet_authentication_requirements',
    )
    const there = request(scene, { ...silent, ...essential(up) })
    assert.equal(errorOf(await scene.browser.open(there)), 'unmet_authentication_requirements')
  })

  test('Unmet Authentication Requirements §2: nor by signing in again in the same way', async () => {
    const first = await scene.browser.open(request(scene, essential(up)))
    assert.match(String(first.headers.location), /^\/sign-in\?.*again=1/)
    await server.advance(1)
    const { email, password } = scene.person
    const back = await scene.browser.submit(await scene.browser.settle(first), { email, password })
    const answer = await scene.browser.open(String(back.headers.location))
    assert.equal(errorOf(answer), 'unmet_authentication_requirements')
  })

  test('OpenID Connect Registration §2: default_acr_values hold where the request names none', async () => {
    const own = await newScene(server, { scope: 'openid', default_acr_values: [up] })
    await administer(server, 'GET', `/clients/${own.app.clientId}`)
    const asked = await own.browser.open(request(own, {}))
    assert.match(String(asked.headers.location), /^\/sign-in\?.*again=1/)
    const named = await own.browser.open(request(own, { acr_values: pw }))
    assert.equal(named.status, 200)
  })
})

describe('what an API wants (§3)', () => {
  const challenge = (more: string) =>
    new RegExp(
      `^Bearer error="insufficient_user_authentication"${more.replaceAll('.', '\\.').replaceAll('/', '\\/')}`,
    )

  test('a sign-in that will do is let in, and one that won’t is told what would', async () => {
    const own = await newScene(server, { scope: 'openid chatbot:read' })
    const { access } = await tokensOf(own)
    assert.equal((await ask('/password', bearer(access))).status, 200)
    assert.equal((await ask('/fresh', bearer(access))).status, 200)
    const wrong = await ask('/provider', bearer(access))
    assert.equal(wrong.status, 401)
    assert.equal(wrong.json['error'], 'insufficient_user_authentication')
    assert.match(
      String(wrong.headers['www-authenticate']),
      challenge(`, acr_values="${up} other", max_age="300"`),
    )
    await server.advance(301)
    const old = await ask('/fresh', bearer(access))
    assert.equal(old.status, 401)
    assert.match(String(old.headers['www-authenticate']), challenge(', max_age="300"$'))
  })

  test('§4: what the challenge says, asked for at the authorization endpoint, opens the API', async () => {
    const own = await newScene(server, { scope: 'openid chatbot:read' })
    const { access } = await tokensOf(own)
    await server.advance(400)
    const refused = await ask('/fresh', bearer(access))
    const maxAge = /max_age="(\d+)"/.exec(String(refused.headers['www-authenticate']))?.[1] ?? ''
    const flow = newFlow(own, {
      scope: 'openid chatbot:read',
      team: own.team,
      more: { state: 's', max_age: maxAge },
    })
    const first = await own.browser.open(authorizePath(flow))
    const { email, password } = own.person
    const back = await own.browser.submit(await own.browser.settle(first), { email, password })
    const code = responseOf(await own.browser.open(String(back.headers.location))).get('code') ?? ''
    const next = await redeem(server, flow, code)
    assert.equal((await ask('/fresh', bearer(text(next, 'access_token')))).status, 200)
  })

  test('nobody is sent to sign in again for what they may not do anyway', async () => {
    const { access } = await tokensOf(scene)
    const { status, json } = await ask('/scope', bearer(access))
    assert.deepEqual([status, json['error']], [403, 'insufficient_scope'])
  })

  test('a key is no sign-in, however new', async () => {
    for (const path of ['/fresh', '/password']) {
      const { status, json } = await ask(path, { 'X-API-Key': server.demo.keys['readonly'] ?? '' })
      assert.deepEqual([status, json['error']], [401, 'insufficient_user_authentication'], path)
    }
  })

  test('people’s own tokens are held to it as well', async () => {
    const person = await newPerson(server)
    assert.equal((await ask('/password', bearer(person.access))).status, 200)
    const refused = await ask('/detail', bearer(person.access))
    assert.deepEqual([refused.status, refused.json['code']], [401, 'insufficient_user_authentication'])
  })

  test('who was signed in by another provider signed in by that', async () => {
    const browser = createBrowser(server.base)
    const { location } = (await browser.open('/api/auth/google/')).headers
    const callback = await provider.signIn(String(location), {
      email: 'else@where.example',
      emailVerified: true,
    })
    const access = text(await browser.open(callback), 'access')
    assert.equal((await ask('/provider', bearer(access))).status, 200)
    assert.equal((await ask('/password', bearer(access))).status, 401)
  })

  test('what somebody else vouched for is no sign-in, however new', async () => {
    const app = await newApp(server, {
      door: 'openchatstudio',
      grant_types: [grantType.assertion],
      scope: 'chatbot:read',
    })
    const assertion = await voucher.sign({ sub: scene.person.id, aud: server.base, auth_time: server.now() })
    const form = { grant_type: grantType.assertion, assertion, ...credentials(app) }
    const token = text(await call(server, '/o/token', { form }), 'access_token')
    assert.equal((await call(server, '/api/chatbots/', { bearer: token })).status, 200)
    assert.equal((await ask('/fresh', bearer(token))).json['error'], 'insufficient_user_authentication')
  })

  test('the check endpoint takes the rule, and tells the sign-in', async () => {
    const own = await newScene(server, { scope: 'openid chatbot:read' })
    const { access } = await tokensOf(own)
    const at = server.now()
    const { basic } = await newGuard(server)
    const asked = (authentication: object) =>
      call(server, '/guard/check', {
        headers: { Authorization: basic },
        json: {
          method: 'GET',
          path: '/x',
          headers: { authorization: `Bearer ${access}` },
          ip: '127.0.0.1',
          rule: { doors: ['openchatstudio'], authentication },
          shape: 'oauth',
        },
      })
    const good = await asked({ acr: [pw], max_age: 60 })
    const principal = good.json['principal'] as Record<string, unknown>
    assert.deepEqual(principal['authentication'], { at, acr: pw })
    const bad = await asked({ max_age: 0, acr: [up] })
    assert.deepEqual([bad.json['outcome'], bad.json['status']], ['refuse', 401])
    await server.advance(1)
    assert.equal((await asked({ max_age: 0 })).json['outcome'], 'refuse')
    assert.equal((await asked({})).status, 400)
    assert.equal((await asked({ acr: ['a b'] })).status, 400)
    assert.equal((await asked({ max_age: -1 })).status, 400)
  })
})
