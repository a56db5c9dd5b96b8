import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { authorizePath, call } from '../support/actors.ts'
import { createBrowser } from '../support/browser.ts'
import type { Answer } from '../support/http.ts'
import { callback, newCode, newFlow, newScene, newTokens, redeem, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

// What clients in the field rely on beyond the letter of a flow.
let server: TestServer
let scene: Scene
before(async () => {
  server = await startServer()
  scene = await newScene(server)
})
after(() => server.close())

test('RFC 7009 §2, §2.2: a revocation answers 200 with an empty JSON object, known token or not', async () => {
  const { refresh } = await newTokens(scene)
  const { clientId: client_id, secret: client_secret } = scene.app
  for (const token of [refresh, refresh, 'unknown']) {
    const answer = await call(server, '/o/revoke_token/', { form: { client_id, client_secret, token } })
    assert.equal(answer.status, 200)
    assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
    assert.equal(answer.text, '{}')
  }
})

test('RFC 6749 §5.2: a client that fails to prove itself does not use the code up', async () => {
  const { flow, code } = await newCode(scene)
  assert.equal((await redeem(server, flow, code, { client_secret: 'wrong' })).status, 401)
  assert.equal((await redeem(server, flow, code)).status, 200)
})

test('RFC 6749 §2.3.1: one confidential client may use HTTP Basic or the body, as it likes', async () => {
  const { clientId, secret } = scene.app
  const basic = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`
  const first = await newCode(scene)
  assert.equal((await redeem(server, first.flow, first.code)).status, 200)
  const second = await newCode(scene)
  const answer = await call(server, '/o/token/', {
    headers: { Authorization: basic },
    form: {
      grant_type: 'authorization_code',
      code: second.code,
      redirect_uri: callback,
      code_verifier: second.flow.pkce?.verifier ?? '',
    },
  })
  assert.equal(answer.status, 200, answer.text)
})

describe('every page carries the headers of pages', () => {
  const asks: Readonly<Record<string, () => Promise<Answer>>> = {
    'the sign-in page': () => call(server, '/sign-in'),
    'a refused authorization request': () => call(server, '/o/authorize/?client_id=nobody'),
    'a method that is not there': () => call(server, '/o/authorize/', { method: 'DELETE' }),
    'a body of another type': () => call(server, '/o/authorize/', { json: {} }),
    'a body that is too large': () => call(server, '/o/authorize/', { form: { state: 'x'.repeat(100_000) } }),
    'a form without its token': () => call(server, '/sign-in', { form: { email: 'a@b.example' } }),
    'an address that is not there': () => call(server, '/sign-in/nothing'),
    'the consent page': () =>
      scene.browser.open(authorizePath(newFlow(scene, { more: { prompt: 'consent' } }))),
    'the choice of an account': () =>
      scene.browser.open(authorizePath(newFlow(scene, { more: { prompt: 'select_account' } }))),
  }
  for (const [name, ask] of Object.entries(asks)) {
    test(name, async () => {
      const { headers } = await ask()
      assert.match(headers['content-type'] ?? '', /^text\/html/)
      const policy = String(headers['content-security-policy'])
      for (const part of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"])
        assert.ok(policy.includes(part), policy)
      assert.doesNotMatch(policy, /script-src|unsafe/)
      assert.equal(headers['x-frame-options'], 'DENY')
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.match(headers['cache-control'] ?? '', /no-store/)
      assert.ok(headers['referrer-policy'])
    })
  }
})

test('OpenID Connect Core §3.1.2.1: what a client may wish for and we can’t give is ignored', async () => {
  const more = {
    prompt: 'consent',
    ui_locales: 'fr-CA de',
    display: 'popup',
    acr_values: 'urn:mace:incommon:iap:silver 2',
    claims_locales: 'fr',
  }
  const answer = await scene.browser.open(authorizePath(newFlow(scene, { more })))
  assert.equal(answer.status, 200)
})

test('OpenID Connect Core §3.1.2.1: login_hint fills in the address, and is never markup', async () => {
  const browser = createBrowser(server.base)
  const hinted = (login_hint: string) => authorizePath(newFlow(scene, { more: { login_hint } }))
  const page = await browser.settle(await browser.open(hinted('Jane@Example.com')))
  assert.match(page.text, /name="email"[^>]* value="jane@example.com"/)
  const hostile = await browser.settle(await browser.open(hinted('"><b>@example.com')))
  assert.match(hostile.text, /name="email"[^>]* value=""/)
})
