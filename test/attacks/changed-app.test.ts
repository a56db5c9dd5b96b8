import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  approve,
  authorizePath,
  call,
  type Flow,
  newPerson,
  newPkce,
  responseOf,
  signedInBrowser,
} from '../support/actors.ts'
import { text } from '../support/http.ts'
import { confidentialApp, register } from '../support/registration.ts'
import { startServer, type TestServer } from '../support/server.ts'

// RFC 7592 §2.2, RFC 7591 §5: an app that registered itself can say something else of itself later, and so can a thief of its token.
let server: TestServer
before(async () => {
  server = await startServer({ doors: { 'osir-oauth': { registration: 'open' } } })
})
after(() => server.close())

const flowTo = (redirectUri: string, clientId: string, prompt?: string): Flow => ({
  app: { clientId, secret: '' },
  redirectUri,
  authorize: '/oauth/authorize',
  scope: 'domains:read',
  pkce: newPkce(),
  more: { state: 's', ...(prompt !== undefined && { prompt }) },
})

test('a consent stands for the app that was shown: one that changed its address is asked about anew', async () => {
  const metadata = confidentialApp()
  const registered = await register(server, metadata)
  const id = text(registered, 'client_id')
  const [first, now] = ['https://notes.example/cb', 'https://elsewhere.example/cb']
  const browser = await signedInBrowser(server, await newPerson(server))
  await server.advance(1)
  await approve(browser, authorizePath(flowTo(first, id)))
  assert.equal((await browser.open(authorizePath(flowTo(first, id)))).status, 302, 'it stands')
  await server.advance(1)
  const changed = await call(server, `/oauth/register/${id}`, {
    method: 'PUT',
    bearer: text(registered, 'registration_access_token'),
    json: { ...metadata, client_id: id, client_name: 'Something else', redirect_uris: [now] },
  })
  assert.equal(changed.status, 200, changed.text)
  const silent = await browser.open(authorizePath(flowTo(now, id, 'none')))
  assert.equal(responseOf(silent).get('error'), 'consent_required')
  const page = await browser.open(authorizePath(flowTo(now, id)))
  assert.equal(page.status, 200)
  assert.match(page.text, /elsewhere\.example/)
  await server.advance(1)
  await browser.submit(page, { decision: 'approve' })
  assert.equal((await browser.open(authorizePath(flowTo(now, id)))).status, 302, 'and stands again')
})
