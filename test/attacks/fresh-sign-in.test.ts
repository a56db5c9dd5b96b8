import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { authorizePath } from '../support/actors.ts'
import { newFlow, newScene, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

// OpenID Connect Core §3.1.2.1: an app may ask for a fresh sign-in. It is asked for once, however the request spells it.
let server: TestServer
let scene: Scene
before(async () => {
  server = await startServer()
  scene = await newScene(server)
})
after(() => server.close())

for (const asked of ['prompt=login', '%70rompt=login', 'prompt=login+consent', 'max_age=0']) {
  test(`${asked} asks for the password once`, async () => {
    const { browser, person } = scene
    await server.advance(5)
    const first = await browser.open(`${authorizePath(newFlow(scene))}&${asked}`)
    assert.match(first.headers.location ?? '', /^\/sign-in\?/)
    const form = await browser.open(first.headers.location ?? '')
    assert.equal(form.status, 200, 'a form, though somebody is signed in')
    const back = await browser.submit(form, { email: person.email, password: person.password })
    await server.advance(5)
    const page = await browser.open(back.headers.location ?? '')
    assert.equal(page.status, 200, 'the consent page')
    assert.match(page.text, /name="decision"/)
  })
}
