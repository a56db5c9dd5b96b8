import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { administer, call } from '../support/actors.ts'
import { signedInApp, signOutInPortal, startLogoutServer } from '../support/logout.ts'
import { confidentialApp } from '../support/registration.ts'
import type { TestServer } from '../support/server.ts'

// OpenID Connect Front-Channel Logout §2, CSP Level 3 §2.3.1: whoever can register an address that no policy can name could keep
// the page after a sign-out from everybody who uses the app, and the news from all their other apps.
const generous = { limit: 1_000_000, window: 60 }
let server: TestServer
before(async () => {
  server = await startLogoutServer({ registration: 'open', registrationLimit: generous })
})
after(() => server.close())

for (const uri of ['https://notes.example:0/cb', 'http://localhost:0/cb'])
  test(`an address that no page can frame is not registered as one to be framed: ${uri}`, async () => {
    const said = { redirect_uris: [uri], frontchannel_logout_uri: uri }
    const answer = await call(server, '/o/register', {
      json: confidentialApp({ scope: 'openid chatbot:read', ...said }),
    })
    assert.equal(answer.status, 400, answer.text)
    assert.match(answer.text, /frontchannel_logout_uri/)
    const named = { door: 'openchatstudio', name: 'Notes', ...said }
    await assert.rejects(administer(server, 'POST', '/clients', named), /frontchannel_logout_uri/)
  })

test('an address with a port that is one goes on to be framed', async () => {
  const uri = 'https://notes.example:8443/out'
  const scene = await signedInApp(server, {
    redirect_uris: ['https://your-server/callback/', 'https://notes.example:8443/cb'],
    frontchannel_logout_uri: uri,
  })
  const page = await signOutInPortal(scene.browser)
  assert.equal(page.status, 200)
  assert.match(page.text, /src="https:\/\/notes\.example:8443\/out\?/)
})
