import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { authorizePath, call, responseOf } from '../support/actors.ts'
import { createBrowser } from '../support/browser.ts'
import { newFlow, newScene, redeem, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

// OpenID Connect Core §3.1.2.1: an authorization request may come as a form.
let server: TestServer
let scene: Scene
before(async () => {
  server = await startServer()
  scene = await newScene(server)
})
after(() => server.close())

/** The parameters of a request as a form. */
const formOf = (path: string) => [...new URL(path, server.base).searchParams]

test('a form goes the same way as the address, up to a code that works', async () => {
  const flow = newFlow(scene, { more: { state: 'a b&c=d%20é+/"<' } })
  const sent = await scene.browser.open('/o/authorize/', { form: formOf(authorizePath(flow)) })
  assert.equal(sent.status, 303)
  assert.match(sent.headers.location ?? '', /^\/o\/authorize\/\?/)
  const page = await scene.browser.settle(sent)
  const answer = await scene.browser.submit(page, { decision: 'approve', team: scene.team })
  assert.equal(responseOf(answer).get('state'), 'a b&c=d%20é+/"<')
  assert.equal((await redeem(server, flow, responseOf(answer).get('code') ?? '')).status, 200)
})

test('a form without a session, as another site’s page sends it, leads through the sign-in', async () => {
  const browser = createBrowser(server.base)
  const form = formOf(authorizePath(newFlow(scene, { more: { prompt: 'consent' } })))
  const page = await browser.settle(await browser.open('/o/authorize/', { form }))
  assert.match(page.text, /name="password"/)
  const { email, password } = scene.person
  const consent = await browser.settle(await browser.submit(page, { email, password }))
  assert.match(consent.text, /name="decision"/)
})

test('a form never approves anything: fields of the consent page in it are as good as absent', async () => {
  const form = [
    ...formOf(authorizePath(newFlow(scene, { more: { prompt: 'consent' } }))),
    ['decision', 'approve'],
    ['csrf', 'x'],
  ] as const
  const page = await scene.browser.settle(await scene.browser.open('/o/authorize/', { form }))
  assert.match(page.text, /name="decision"/)
})

test('RFC 6749 §3.1: a parameter that comes twice in the form is refused like one in the address', async () => {
  const path = authorizePath(newFlow(scene))
  const twice = await call(server, '/o/authorize/', { form: [...formOf(path), ['response_type', 'x']] })
  const answer = await call(server, twice.headers.location ?? '')
  assert.equal(responseOf(answer).get('error'), 'invalid_request')
  const client = await call(server, '/o/authorize/', { form: [...formOf(path), ['client_id', 'x']] })
  const page = await call(server, client.headers.location ?? '')
  assert.equal(page.status, 400)
  assert.equal(page.headers.location, undefined)
})

for (const [name, ask, status] of [
  ['another media type', { json: { client_id: 'x' } }, 415],
  ['no body', { method: 'POST' }, 415],
  [
    'malformed escapes',
    { body: 'state=%zz', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
    400,
  ],
  ['more than fits into an address', { form: { state: 'x'.repeat(8001) } }, 400],
] as const) {
  test(`${name}: a page, and no redirect`, async () => {
    const answer = await call(server, '/o/authorize/', ask)
    assert.equal(answer.status, status)
    assert.match(answer.headers['content-type'] ?? '', /^text\/html/)
    assert.equal(answer.headers.location, undefined)
  })
}
