/** Claims that are asked for one by one. The sections are those of OpenID Connect Core. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { approve, authorizePath, call, responseOf } from '../support/actors.ts'
import { text } from '../support/http.ts'
import { newFlow, newScene, redeem, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

// OpenID Connect Core §5.5: claims asked for one by one, at a real server.
let server: TestServer
let scene: Scene
before(async () => {
  server = await startServer({
    doors: { openchatstudio: { claimsParameter: true, requestObjects: 'optional' } },
  })
  scene = await newScene(server, { scope: 'openid profile chatbot:read' })
})
after(() => server.close())

const flowOf = (claims: object | string, from = scene, more = {}) => {
  const value = typeof claims === 'string' ? claims : JSON.stringify(claims)
  return newFlow(from, { scope: 'openid', team: from.team, more: { claims: value, state: 's', ...more } })
}
const idTokenOf = (token: unknown): Record<string, unknown> =>
  JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString())

async function tell(claims: object, from = scene) {
  const flow = flowOf(claims, from, { prompt: 'consent' })
  const answer = await approve(from.browser, authorizePath(flow))
  const tokens = await redeem(server, flow, responseOf(answer).get('code') ?? '')
  const userinfo = await call(server, '/o/userinfo/', { bearer: text(tokens, 'access_token') })
  return { idToken: idTokenOf(tokens.json['id_token']), userinfo: userinfo.json, tokens }
}

test('the address is told where it was asked for, and nowhere else', async () => {
  const { email } = scene.person
  const inToken = await tell({ id_token: { email: null } })
  assert.deepEqual([inToken.idToken['email'], inToken.userinfo['email']], [email, undefined])
  const atUserinfo = await tell({ userinfo: { email: { essential: true } } })
  assert.deepEqual([atUserinfo.idToken['email'], atUserinfo.userinfo['email']], [undefined, email])
  const unasked = await tell({ id_token: { name: null } })
  assert.deepEqual([unasked.idToken['email'], unasked.userinfo['email']], [undefined, undefined])
})

test('§12.1, §12.2: a refreshed ID token tells what was allowed, and no more', async () => {
  const { tokens } = await tell({ id_token: { email: null } })
  const { clientId: client_id, secret: client_secret } = scene.app
  const form = {
    grant_type: 'refresh_token',
    refresh_token: text(tokens, 'refresh_token'),
    client_id,
    client_secret,
  }
  const { json } = await call(server, '/o/token/', { form })
  assert.equal(idTokenOf(json['id_token'])['email'], scene.person.email)
})

test('consent names it, and a consent without it does not stand for it', async () => {
  const own = await newScene(server, { scope: 'openid profile chatbot:read' })
  await approve(own.browser, authorizePath(flowOf({}, own)))
  assert.equal((await own.browser.open(authorizePath(flowOf({}, own)))).status, 302, 'stands')
  const page = await own.browser.open(authorizePath(flowOf({ id_token: { email: null } }, own)))
  assert.match(page.text, /Your e-mail address/)
  await own.browser.submit(page, { decision: 'approve' })
  assert.equal(
    (await own.browser.open(authorizePath(flowOf({ id_token: { email: null } }, own)))).status,
    302,
  )
  assert.equal(
    (await own.browser.open(authorizePath(flowOf({ userinfo: { email: null } }, own)))).status,
    200,
  )
})

test('without openid nothing is told, whatever is asked', async () => {
  const flow = {
    ...flowOf({ userinfo: { email: null } }, scene, { prompt: 'consent' }),
    scope: 'chatbot:read',
  }
  const page = await scene.browser.open(authorizePath(flow))
  assert.doesNotMatch(page.text, /Your e-mail address/)
})

test('§5.5.1: an answer about one person is given about that person alone', async () => {
  const claims = { id_token: { sub: { value: scene.person.id } } }
  await approve(scene.browser, authorizePath(flowOf({})))
  const mine = await scene.browser.open(authorizePath(flowOf(claims, scene, { prompt: 'none' })))
  assert.ok(responseOf(mine).has('code'))
  const other = await newScene(server)
  const path = authorizePath(flowOf(claims, { ...scene, browser: other.browser }, { prompt: 'none' }))
  assert.equal(responseOf(await other.browser.open(path)).get('error'), 'login_required')
})

for (const [claims, error] of [
  ['x', 'invalid_request'],
  ['[]', 'invalid_request'],
  [{ id_token: { email: true } }, 'invalid_request'],
  [{ id_token: { acr: { essential: true, value: '2' } } }, 'unmet_authentication_requirements'],
] as const) {
  test(`${JSON.stringify(claims)} is ${error}`, async () => {
    const answer = await scene.browser.open(authorizePath(flowOf(claims)))
    assert.equal(responseOf(answer).get('error'), error)
    assert.equal(responseOf(answer).get('state'), 's')
  })
}

test('discovery says whether claims are taken; a door that takes none ignores them', async (t) => {
  const told = (await call(server, '/.well-known/openid-configuration')).json
  assert.equal(told['claims_parameter_supported'], true)
  const plain = await startServer()
  t.after(() => plain.close())
  assert.equal(
    (await call(plain, '/.well-known/openid-configuration')).json['claims_parameter_supported'],
    false,
  )
  const own = await newScene(plain, { scope: 'openid' })
  const page = await own.browser.open(authorizePath(flowOf('not even JSON', own)))
  assert.equal(page.status, 200)
})
