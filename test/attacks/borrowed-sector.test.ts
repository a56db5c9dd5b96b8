import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { type App, call, exchange, getCode } from '../support/actors.ts'
import { hasOpenssl } from '../support/certificates.ts'
import { credentials } from '../support/grants.ts'
import { type Answer, text } from '../support/http.ts'
import { type DocumentHost, startDocumentHost } from '../support/https-documents.ts'
import { newFlow, newScene, newTokens, type Scene } from '../support/ocs.ts'
import { confidentialApp } from '../support/registration.ts'
import { startServer, type TestServer } from '../support/server.ts'

// OpenID Connect Core §8.1, §17.3, Registration §5: a sector is the host that answers go to, which is all that proves it. Software that
// had its answers at its own host, and then names another's, would learn by a refresh what that one calls the person.
const generous = { limit: 1_000_000, window: 60 }
const [own, others] = ['https://own.example/cb', 'https://others.example/cb']
let host: DocumentHost | undefined
let server: TestServer
let scene: Scene
before(async () => {
  host = hasOpenssl ? await startDocumentHost() : undefined
  const registration = { registration: 'open', registrationLimit: generous, clientDocuments: {} }
  const door = { ...registration, subjectTypes: ['public', 'pairwise'] }
  server = await startServer({ ...host?.options, doors: { openchatstudio: door } })
  scene = await newScene(server)
})
after(async () => {
  await server.close()
  await host?.close()
})

const software = (more: object = {}) =>
  confidentialApp({ scope: 'openid chatbot:read', redirect_uris: [own], subject_type: 'pairwise', ...more })
const subOf = ({ json }: Answer) => String(decodeJwt(String(json['id_token'])).sub)

async function registered(metadata: object) {
  const answer = await call(server, '/o/register', { json: metadata })
  assert.equal(answer.status, 201, answer.text)
  const app: App = { clientId: text(answer, 'client_id'), secret: text(answer, 'client_secret') }
  const put = (more: object) =>
    call(server, `/o/register/${app.clientId}`, {
      method: 'PUT',
      bearer: text(answer, 'registration_access_token'),
      json: { ...metadata, client_id: app.clientId, ...more },
    })
  return { app, put }
}
const tokensOf = (app: App, redirectUri: string) =>
  newTokens({ ...scene, app }, { scope: 'openid', team: scene.team, redirectUri, more: { state: 's' } })
const refreshed = (app: App, refresh: string) =>
  call(server, '/o/token', {
    form: { grant_type: 'refresh_token', refresh_token: refresh, ...credentials(app) },
  })

test('software that knows people by sector can’t go over to another sector', async () => {
  const { app, put } = await registered(software())
  const { refresh, answer } = await tokensOf(app, own)
  const moved = await put({ redirect_uris: [others] })
  assert.deepEqual([moved.status, moved.json['error']], [400, 'invalid_client_metadata'])
  assert.equal(subOf(await refreshed(app, refresh)), subOf(answer))
  assert.equal((await put({ redirect_uris: [own, 'https://own.example/other'] })).status, 200)
})

test('nor by way of the subjects that all know', async () => {
  const { app, put } = await registered(software())
  const { refresh } = await tokensOf(app, own)
  assert.equal((await put({ redirect_uris: [others], subject_type: 'public' })).status, 200)
  assert.equal((await put({ redirect_uris: [others] })).status, 400)
  assert.equal(subOf(await refreshed(app, refresh)), scene.person.id)
})

test('a document is a sector by itself, whatever addresses it names', {
  skip: !hasOpenssl && 'openssl is not on this machine',
}, async () => {
  if (!host) return
  const { app: theirs } = await registered(software({ redirect_uris: [others] }))
  const known = subOf((await tokensOf(theirs, others)).answer)
  const said = { client_name: 'Notes', redirect_uris: [others], subject_type: 'pairwise' }
  const clientId = host.describe(said)
  const flow = newFlow(
    { app: { clientId, secret: '' } },
    { scope: 'openid', team: scene.team, redirectUri: others },
  )
  const code = await getCode(scene.browser, flow)
  assert.notEqual(subOf(await exchange(server, '/o/token/', flow, code)), known)
})
