import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { approve, authorizePath, responseOf } from '../support/actors.ts'
import { newFlow, newScene, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let scene: Scene
before(async () => {
  server = await startServer()
  scene = await newScene(server)
})
after(() => server.close())

const path = (scope: string) => authorizePath(newFlow(scene, { scope, team: scene.team }))

test('a request for less than was consented to does not shrink the consent', async () => {
  await approve(scene.browser, path('chatbot:read session:read'))
  const less = await scene.browser.open(path('chatbot:read'))
  assert.ok(responseOf(less).has('code'), 'nobody is asked')
  const whole = await scene.browser.open(path('chatbot:read session:read'))
  assert.ok(responseOf(whole).has('code'), 'nor for the whole again')
  const account = await scene.browser.open('/account')
  assert.match(account.text, /session:read/)
})

test('what was unticked when asked again is asked for the next time', async () => {
  const again = authorizePath(
    newFlow(scene, {
      scope: 'chatbot:read session:read',
      team: scene.team,
      more: { state: 's', prompt: 'consent' },
    }),
  )
  await approve(scene.browser, again, { scope: ['chatbot:read'] })
  assert.equal((await scene.browser.open(path('chatbot:read session:read'))).status, 200, 'the page')
})
