import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { approve, authorizePath, call, newPerson, responseOf } from '../support/actors.ts'
import type { Answer } from '../support/http.ts'
import { newFlow, newScene, newTokens, redeem, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

// OpenID Connect Core §3.1.2.1, §3.1.2.3: what an app may demand of the sign-in, at a real server.
let server: TestServer
let scene: Scene
before(async () => {
  server = await startServer()
  scene = await newScene(server, { scope: 'openid profile chatbot:read' })
})
after(() => server.close())

const path = (more: Readonly<Record<string, string>>, from = scene) =>
  authorizePath(newFlow(from, { scope: 'openid chatbot:read', team: from.team, more }))
const link = (page: Answer, words: RegExp) =>
  [...page.text.matchAll(/<a [^>]*href="([^"]*)"[^>]*>(.*?)<\/a>/g)]
    .find(([, , text]) => words.test(text ?? ''))?.[1]
    ?.replaceAll('&amp;', '&') ?? ''

async function signIn(from: Scene, answer: Answer, person = from.person): Promise<Answer> {
  const form = await from.browser.settle(answer)
  assert.match(form.text, /name="password"/)
  return from.browser.submit(form, { email: person.email, password: person.password })
}
async function idToken(from = scene, more = {}): Promise<string> {
  const { answer } = await newTokens(from, { scope: 'openid chatbot:read', team: from.team, more })
  return String(answer.json['id_token'])
}
const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

test('select_account shows the account, and going on with it is one click', async () => {
  const page = await scene.browser.open(path({ prompt: 'select_account' }))
  assert.equal(page.status, 200)
  assert.ok(page.text.includes(scene.person.email) && page.text.includes('Test App'))
  const next = await scene.browser.open(link(page, /Continue as/))
  assert.equal(next.status, 200)
  assert.match(next.text, /name="decision"/)
})

test('select_account lets another person sign in, and it is theirs then', async () => {
  const own = await newScene(server)
  const other = await newScene(server)
  const ask = authorizePath(newFlow(own, { more: { prompt: 'select_account' } }))
  const page = await own.browser.open(ask)
  const back = await signIn(own, await own.browser.open(link(page, /another/)), other.person)
  const consent = await own.browser.settle(back)
  assert.match(consent.text, /name="decision"/)
  assert.ok(consent.text.includes(other.person.email))
})

test('a choice counts for its own request, and for the session that made it', async () => {
  const page = await scene.browser.open(path({ prompt: 'select_account', state: 'one' }))
  const chosen = link(page, /Continue as/)
  const step = /&sallyport_step=.*$/.exec(chosen)?.[0] ?? ''
  assert.notEqual(step, '')
  const elsewhere = await scene.browser.open(path({ prompt: 'select_account', state: 'two' }) + step)
  assert.match(elsewhere.text, /Choose an account/)
  const other = await newScene(server)
  assert.match((await other.browser.open(chosen)).text, /Choose an account/)
})

test('prompt=login is asked once, and going back without signing in asks again', async () => {
  const first = await scene.browser.open(path({ prompt: 'login' }))
  const back = new URLSearchParams((first.headers.location ?? '').split('?').slice(1).join('?')).get('return')
  const skipped = await scene.browser.open(back ?? '')
  assert.match(skipped.headers.location ?? '', /^\/sign-in\?/, 'the same session proves nothing')
  const consent = await scene.browser.settle(await signIn(scene, first))
  assert.match(consent.text, /name="decision"/)
})

test('max_age still holds when the page was left open', async () => {
  const own = await newScene(server)
  const page = await own.browser.open(
    authorizePath(newFlow(own, { team: own.team, more: { max_age: '300' } })),
  )
  assert.match(page.text, /name="decision"/)
  await server.advance(301)
  const late = await own.browser.submit(page, { decision: 'approve' })
  assert.match(late.headers.location ?? '', /^\/sign-in\?/)
  const consent = await own.browser.settle(await signIn(own, late))
  const answer = await own.browser.submit(consent, { decision: 'approve' })
  assert.ok(responseOf(answer).has('code'))
})

test('prompt=none with a sign-in older than max_age is login_required', async () => {
  await approve(scene.browser, path({}))
  await server.advance(20)
  const answer = await scene.browser.open(path({ prompt: 'none', max_age: '10', state: 's' }))
  assert.equal(responseOf(answer).get('error'), 'login_required')
  assert.equal(responseOf(answer).get('iss'), server.base)
  assert.equal(responseOf(answer).get('state'), 's')
})

test('id_token_hint: prompt=none is answered for that person alone, with a token long expired too', async () => {
  const other = await newScene(server)
  const theirs = await idToken()
  await server.advance(2 * 3600)
  const hint = { prompt: 'none', id_token_hint: theirs }
  assert.ok(responseOf(await scene.browser.open(path(hint))).has('code'))
  const wrong = await other.browser.open(path(hint))
  assert.equal(responseOf(wrong).get('error'), 'login_required')
})

test('id_token_hint: another person has to sign in, and whoever still is another is refused', async () => {
  const hint = { id_token_hint: await idToken() }
  const other = await newScene(server)
  const asked = await other.browser.open(path(hint))
  assert.match(asked.headers.location ?? '', /^\/sign-in\?/)
  const stranger = await newPerson(server)
  const refused = await other.browser.settle(await signIn(other, asked, stranger))
  assert.equal(responseOf(refused).get('error'), 'login_required')
})

test('id_token_hint: what is no ID token of ours for this client is refused', async () => {
  const own = await idToken()
  const { access } = await newTokens(scene, { scope: 'openid', team: scene.team })
  const elsewhere = await newScene(server, { scope: 'openid profile chatbot:read' })
  const [header, , signature] = own.split('.')
  const forged = Buffer.from(JSON.stringify({ ...claimsOf(own), sub: 'acc_other' })).toString('base64url')
  const none = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${forged}.`
  const hints = [access, await idToken(elsewhere), `${header}.${forged}.${signature}`, none, 'garbage']
  for (const id_token_hint of hints) {
    const answer = await scene.browser.open(path({ id_token_hint, state: 's' }))
    assert.equal(responseOf(answer).get('error'), 'invalid_request', id_token_hint.slice(0, 40))
    assert.equal(responseOf(answer).get('state'), 's')
  }
})

test('OpenID Connect Core §12.2: a refreshed ID token tells the first sign-in, and no nonce', async () => {
  const flow = newFlow(scene, { scope: 'openid', team: scene.team, more: { nonce: 'n-1' } })
  const answer = await approve(scene.browser, authorizePath(flow))
  const first = await redeem(server, flow, responseOf(answer).get('code') ?? '')
  const original = claimsOf(String(first.json['id_token']))
  assert.equal(original['nonce'], 'n-1')
  await server.advance(600)
  const { clientId: client_id, secret: client_secret } = scene.app
  const refresh_token = String(first.json['refresh_token'])
  const form = { grant_type: 'refresh_token', refresh_token, client_id, client_secret }
  const claims = claimsOf(String((await call(server, '/o/token/', { form })).json['id_token']))
  assert.equal(claims['nonce'], undefined)
  for (const same of ['iss', 'sub', 'aud', 'auth_time']) assert.equal(claims[same], original[same], same)
  assert.equal(claims['iat'], server.now())
})

test('discovery lists every prompt that is known', async () => {
  const metadata = await call(server, '/.well-known/openid-configuration')
  assert.deepEqual(metadata.json['prompt_values_supported'], ['none', 'login', 'consent', 'select_account'])
})
