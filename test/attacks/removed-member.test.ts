import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { administer, authorizePath, call } from '../support/actors.ts'
import { text } from '../support/http.ts'
import { newFlow, newScene, newTokens, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

// What ended with a membership stays ended: who is let in again starts anew.
let server: TestServer
let scene: Scene
before(async () => {
  server = await startServer()
  scene = await newScene(server)
})
after(() => server.close())

async function removeAndLetInAgain(): Promise<void> {
  const path = `/teams/${scene.teamId}/members/${scene.person.id}`
  assert.equal((await administer(server, 'DELETE', path)).status, 204)
  assert.equal((await administer(server, 'PUT', path, { role: 'member' })).status, 200)
}

test('tokens and the consent of a removed member do not live again', async () => {
  const { access, refresh } = await newTokens(scene)
  await removeAndLetInAgain()
  assert.equal((await call(server, '/api/chatbots/', { bearer: access })).status, 401)
  const { clientId: client_id, secret: client_secret } = scene.app
  const refreshed = await call(server, '/o/token/', {
    form: { grant_type: 'refresh_token', refresh_token: refresh, client_id, client_secret },
  })
  assert.equal(refreshed.json['error'], 'invalid_grant')
  const page = await scene.browser.open(authorizePath(newFlow(scene, { team: scene.team })))
  assert.equal(page.status, 200, 'the consent page')
})

test('nor an API key and its session tokens', async () => {
  const made = await call(server, '/v1/api-keys', {
    bearer: scene.person.access,
    json: { name: 'k', team: scene.team, scopes: ['domains:read'] },
  })
  assert.equal(made.status, 201, made.text)
  const key = text(made, 'key')
  const token = text(await call(server, '/v1/session-tokens', { method: 'POST', bearer: key }), 'token')
  for (const bearer of [key, token]) assert.equal((await call(server, '/v1/domains', { bearer })).status, 200)
  await removeAndLetInAgain()
  for (const bearer of [key, token]) assert.equal((await call(server, '/v1/domains', { bearer })).status, 401)
})
