import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { administer, call } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { newCode, newScene, newTokens, redeem, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

// A server of its own: what becomes of clients, and of families at their absolute end, needs the clock moved far.
const refreshing = { idle: 2000, absolute: 3000, rotation: 'strict', grace: 10, format: 'opaque' }

let server: TestServer
before(async () => {
  server = await startServer({ doors: { openchatstudio: { refresh: refreshing } } })
})
after(() => server.close())

const api = (bearer: string) => call(server, '/api/chatbots/', { bearer })

function post({ app }: Scene, endpoint: string, form: Readonly<Record<string, string>>): Promise<Answer> {
  const { clientId: client_id, secret: client_secret } = app
  return call(server, `/o/${endpoint}/`, { form: { client_id, client_secret, ...form } })
}

const refresh = (scene: Scene, token: string) =>
  post(scene, 'token', { grant_type: 'refresh_token', refresh_token: token })

function assertError(answer: Answer, status: number, error: string): void {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.json['error'], error)
}

test('OCS-84 two secrets work while they overlap', async () => {
  const scene = await newScene(server)
  const { clientId } = scene.app
  const rotated = await administer(server, 'POST', `/clients/${clientId}/secrets`, { overlap_seconds: 600 })
  const secret = text(rotated, 'client_secret')
  assert.deepEqual(rotated.json, {
    client_id: clientId,
    client_secret: secret,
    previous_expires_at: server.now() + 600,
  })
  assert.notEqual(secret, scene.app.secret)
  const by = async (app: typeof scene.app) => {
    const { flow, code } = await newCode(scene)
    return redeem(server, { ...flow, app }, code)
  }
  const renewed = { clientId, secret }
  assert.equal((await by(scene.app)).status, 200)
  assert.equal((await by(renewed)).status, 200)
  await server.advance(599)
  assert.equal((await by(scene.app)).status, 200, 'to the last second')
  await server.advance(1)
  assertError(await by(scene.app), 401, 'invalid_client')
  assert.equal((await by(renewed)).status, 200)
})

test('OCS-85 with its app every token, code and refresh token is gone', async () => {
  const scene = await newScene(server)
  const { access, refresh: token } = await newTokens(scene)
  const { flow, code } = await newCode(scene)
  assert.equal((await api(access)).status, 200)
  await administer(server, 'DELETE', `/clients/${scene.app.clientId}`)
  const refused = await api(access)
  assert.equal(refused.status, 401)
  assert.match(refused.headers['www-authenticate'] ?? '', /error="invalid_token"/)
  assertError(await redeem(server, flow, code), 401, 'invalid_client')
  assertError(await refresh(scene, token), 401, 'invalid_client')
  const other = await newScene(server)
  assertError(await redeem(server, { ...flow, app: other.app }, code), 400, 'invalid_grant')
  assertError(await refresh(other, token), 400, 'invalid_grant')
  assert.deepEqual((await post(other, 'introspect', { token: access })).json, { active: false })
})

test('introspection gives a refresh token no more life than its family has left', async () => {
  const scene = await newScene(server)
  const start = server.now()
  const { refresh: first } = await newTokens(scene)
  const told = async (token: string) => (await post(scene, 'introspect', { token })).json
  assert.equal((await told(first))['exp'], start + refreshing.idle)
  await server.advance(1500)
  const second = text(await refresh(scene, first), 'refresh_token')
  assert.equal((await told(second))['exp'], start + refreshing.absolute)
  await server.advance(1500)
  assert.deepEqual(await told(second), { active: false })
  assertError(await refresh(scene, second), 400, 'invalid_grant')
})
