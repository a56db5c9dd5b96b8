import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { approve, authorizePath, responseOf } from '../support/actors.ts'
import { disconnect } from '../support/grants.ts'
import { newFlow, newScene, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

// RFC 9396 §2: a token without details has no such limit, so one thing that was allowed in detail is no leave to do all.
let server: TestServer
before(async () => {
  server = await startServer({ doors: { openchatstudio: { authorizationDetails: ['payment'] } } })
})
after(() => server.close())

const payment = { type: 'payment', amount: '12.50', currency: 'EUR', creditor: 'Merchant A' }
const once = { authorization_details: JSON.stringify([payment]) }
const pathFor = (scene: Scene, more: Readonly<Record<string, string>> = {}) =>
  authorizePath(newFlow(scene, { team: scene.team, scope: 'chatbot:read', more: { state: 's', ...more } }))

test('one payment that was allowed is no leave to pay without limit', async () => {
  const scene = await newScene(server)
  assert.ok(responseOf(await approve(scene.browser, pathFor(scene, once))).get('code'))
  assert.equal((await scene.browser.open(pathFor(scene))).status, 200, 'the person is asked')
  const silent = await scene.browser.open(pathFor(scene, { prompt: 'none' }))
  assert.equal(responseOf(silent).get('error'), 'consent_required')
})

test('nor does one payment take away what was allowed before', async () => {
  const scene = await newScene(server)
  await approve(scene.browser, pathFor(scene))
  await approve(scene.browser, pathFor(scene, once))
  assert.equal((await scene.browser.open(pathFor(scene))).status, 302)
})

test('an app that was allowed one payment can be disconnected', async () => {
  const scene = await newScene(server)
  await approve(scene.browser, pathFor(scene, once))
  await disconnect(scene, scene.app)
  assert.doesNotMatch((await scene.browser.open('/account')).text, new RegExp(scene.app.clientId))
})
