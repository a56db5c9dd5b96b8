import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { approve, authorizePath, call, newApp, responseOf } from '../support/actors.ts'
import { readForm } from '../support/browser.ts'
import type { Answer } from '../support/http.ts'
import { callback, newFlow, newScene, redeem, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

const responseModes = ['query', 'form_post', 'query.jwt', 'form_post.jwt']
let server: TestServer
let scene: Scene
before(async () => {
  server = await startServer({ doors: { openchatstudio: { responseModes } } })
  scene = await newScene(server)
})
after(() => server.close())

const ask = (response_mode: string, more: Readonly<Record<string, string>> = {}) =>
  newFlow(scene, {
    team: scene.team,
    more: { prompt: 'consent', state: 'a b&c=d%20é+/"<', response_mode, ...more },
  })
/** What the page's form would send to the app. */
function posted(answer: Answer): ReadonlyMap<string, string> {
  assert.equal(answer.status, 200, answer.text)
  const { action, fields } = readForm(answer.text)
  assert.equal(action, callback)
  return new Map(fields)
}
async function opened(response: string | null | undefined): Promise<Record<string, unknown>> {
  const { text } = await call(server, '/.well-known/jwks.json')
  const keys = createLocalJWKSet(JSON.parse(text) as JSONWebKeySet)
  const { payload } = await jwtVerify(response ?? '', keys, {
    issuer: server.base,
    audience: scene.app.clientId,
    algorithms: ['ES256'],
    currentDate: new Date(server.now() * 1000),
  })
  return payload
}

describe('form_post (Form Post Response Mode §2)', () => {
  test('the page has a form for the app with the response in it, and the code works', async () => {
    const flow = ask('form_post')
    const answer = await approve(scene.browser, authorizePath(flow))
    assert.equal(answer.headers.location, undefined)
    const response = posted(answer)
    assert.deepEqual([...response.keys()].sort(), ['code', 'iss', 'state'])
    assert.equal(response.get('state'), 'a b&c=d%20é+/"<')
    assert.equal(response.get('iss'), server.base)
    assert.equal((await redeem(server, flow, response.get('code') ?? '')).status, 200)
  })

  test('the page leads to the app alone, has no script, and is not kept', async () => {
    const { headers, text } = await approve(scene.browser, authorizePath(ask('form_post')))
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /default-src 'none'/)
    // The one form says where; a policy would be held against what the app answers too (test/browser/onward.test.ts).
    assert.doesNotMatch(policy, /form-action/)
    assert.deepEqual(
      [...text.matchAll(/(?:<form[^>]*|form)action="([^"]*)"/g)].map(([, to]) => new URL(to ?? '').origin),
      ['https://your-server'],
    )
    assert.doesNotMatch(policy, /script-src|unsafe/)
    assert.doesNotMatch(text, /<script|onload/)
    assert.match(headers['cache-control'] ?? '', /no-store/)
    assert.match(text, /<button [^>]*type="submit"/)
  })

  test('errors travel the same way: declined, nobody there, a bad scope', async () => {
    const page = await scene.browser.open(authorizePath(ask('form_post')))
    const declined = posted(await scene.browser.submit(page, { decision: 'deny' }))
    assert.equal(declined.get('error'), 'access_denied')
    assert.equal(declined.get('iss'), server.base)
    const nobody = await call(server, authorizePath(ask('form_post', { prompt: 'none' })))
    assert.equal(posted(nobody).get('error'), 'login_required')
    const scope = posted(await call(server, authorizePath({ ...ask('form_post'), scope: 'nonsense' })))
    assert.equal(scope.get('error'), 'invalid_scope')
    assert.equal(scope.get('state'), 'a b&c=d%20é+/"<')
  })

  test('an address that is not proven gets a page without a form', async () => {
    const flow = { ...ask('form_post'), redirectUri: 'https://evil.example/' }
    const answer = await scene.browser.open(authorizePath(flow))
    assert.equal(answer.status, 400)
    assert.doesNotMatch(answer.text, /<form/)
    assert.doesNotMatch(String(answer.headers['content-security-policy']), /evil/)
  })
})

describe('signed responses (JARM §2.1, §2.2)', () => {
  for (const mode of ['jwt', 'query.jwt']) {
    test(`${mode} (JARM §2.3.1, §2.3.4): one signed parameter for this client, and the code works`, async () => {
      const flow = ask(mode)
      const answer = await approve(scene.browser, authorizePath(flow))
      const response = responseOf(answer)
      assert.deepEqual([...response.keys()], ['response'])
      const { code, state, exp } = await opened(response.get('response'))
      assert.equal(state, 'a b&c=d%20é+/"<')
      assert.ok(Number(exp) - server.now() <= 600, 'JARM §2.1: at most ten minutes')
      assert.equal((await redeem(server, flow, String(code))).status, 200)
    })
  }

  test('form_post.jwt (JARM §2.3.3): the same in a form', async () => {
    const response = posted(await approve(scene.browser, authorizePath(ask('form_post.jwt'))))
    assert.deepEqual([...response.keys()], ['response'])
    assert.ok((await opened(response.get('response')))['code'])
  })

  test('errors are signed too', async () => {
    const answer = await call(server, authorizePath(ask('jwt', { prompt: 'none' })))
    assert.deepEqual([...responseOf(answer).keys()], ['response'])
    const claims = await opened(responseOf(answer).get('response'))
    assert.equal(claims['error'], 'login_required')
    assert.equal(claims['state'], 'a b&c=d%20é+/"<')
    assert.equal(claims['code'], undefined)
  })

  test('RFC 8725 §3.12: a signed response is neither a token nor an id_token_hint', async () => {
    const answer = await call(server, authorizePath(ask('jwt', { prompt: 'none' })))
    const response = responseOf(answer).get('response') ?? ''
    assert.equal((await call(server, '/api/chatbots/', { bearer: response })).status, 401)
    const path = authorizePath(newFlow(scene, { more: { id_token_hint: response } }))
    assert.equal(responseOf(await scene.browser.open(path)).get('error'), 'invalid_request')
  })
})

test('Multiple Response Types §2.1: what is not offered is refused by query', async () => {
  for (const mode of ['fragment', 'fragment.jwt', 'web_message', 'x']) {
    const answer = await call(server, authorizePath(ask(mode)))
    assert.equal(responseOf(answer).get('error'), 'invalid_request', mode)
    assert.doesNotMatch(answer.headers.location ?? '', /#/)
  }
  const elsewhere = await newApp(server, { door: 'osir-oauth', redirect_uris: [callback] })
  const query = { redirectUri: callback, authorize: '/oauth/authorize', more: { response_mode: 'form_post' } }
  const answer = await call(server, authorizePath({ app: elsewhere, ...query }))
  assert.equal(responseOf(answer).get('error'), 'invalid_request', 'a door that was not told to')
})

test('JARM §4: discovery lists the modes of each door, and how responses are signed', async () => {
  const told = await call(server, '/.well-known/openid-configuration')
  assert.deepEqual(told.json['response_modes_supported'], [...responseModes, 'jwt'])
  assert.deepEqual(told.json['authorization_signing_alg_values_supported'], ['ES256'])
  const other = await call(server, '/.well-known/oauth-authorization-server/oauth')
  assert.deepEqual(other.json['response_modes_supported'], ['query'])
  assert.equal(other.json['authorization_signing_alg_values_supported'], undefined)
})
