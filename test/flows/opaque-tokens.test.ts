/** A door that hands out opaque access tokens: the whole code flow, and every place that reads such a token. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { administer, call, newApp, newPerson } from '../support/actors.ts'
import { send, text } from '../support/http.ts'
import { newScene, newTokens, type Scene } from '../support/ocs.ts'
import { storeBytes, startServer, type TestServer } from '../support/server.ts'
import { vendorTokens } from '../support/vendors.ts'
import { asksWhenKnown } from '../support/remote-guard.ts'
import { type RemoteApi, startApi } from '../support/remote-api.ts'

let server: TestServer
let scene: Scene
let api: RemoteApi

before(async () => {
  const opaque = { accessFormat: 'opaque' }
  server = await startServer({ doors: { openchatstudio: opaque, oshara: opaque, charp: opaque } })
  scene = await newScene(server, { scope: 'openid profile chatbot:read session:read' })
  api = await startApi(server)
})
after(async () => {
  api.close()
  await server.close()
})

const shape = /^oat_[A-Za-z0-9_-]+$/
const client = () => ({ client_id: scene.app.clientId, client_secret: scene.app.secret })
const introspect = async (token: string) =>
  (await call(server, '/o/introspect/', { form: { token, ...client() } })).json
const chatbots = async (bearer: string) => (await call(server, '/api/chatbots/', { bearer })).status

test('a code buys an opaque token, which opens the API like a JWT, and userinfo', async () => {
  const { access, answer } = await newTokens(scene)
  assert.match(access, shape)
  assert.equal(answer.json['token_type'], 'Bearer')
  assert.equal(await chatbots(access), 200)
  const userinfo = await call(server, '/o/userinfo/', { bearer: access })
  assert.equal(userinfo.status, 200)
  assert.equal(userinfo.json['sub'], scene.person.id)
})

test('the ID token stays a JWT: clients read it', async () => {
  const { answer } = await newTokens(scene)
  assert.equal(text(answer, 'id_token').split('.').length, 3)
})

test('introspection tells of it what it tells of a JWT', async () => {
  const { access } = await newTokens(scene)
  const told = await introspect(access)
  assert.equal(told['active'], true)
  assert.equal(told['client_id'], scene.app.clientId)
  assert.equal(told['sub'], scene.person.id)
  assert.equal(told['team'], scene.team)
  assert.equal(told['token_type'], 'Bearer')
  assert.equal(told['exp'], server.now() + 3600)
  assert.equal(told['iss'], server.base)
  assert.deepEqual(await introspect(`${access.slice(0, -2)}AA`), { active: false })
})

test('another client learns nothing of it, and can’t revoke it', async () => {
  const { access } = await newTokens(scene)
  const other = await newApp(server, {
    door: 'openchatstudio',
    redirect_uris: ['https://x.example/'],
    scope: 'chatbot:read',
  })
  const form = { token: access, client_id: other.clientId, client_secret: other.secret }
  assert.deepEqual((await call(server, '/o/introspect/', { form })).json, { active: false })
  assert.equal((await call(server, '/o/revoke_token/', { form })).status, 200)
  assert.equal(await chatbots(access), 200)
})

test('revoking it ends it and its refresh token, here and on guards elsewhere within a second', async () => {
  const { access, refresh } = await newTokens(scene)
  assert.equal((await send(`${api.url}/app`, { bearer: access })).status, 200)
  assert.equal((await call(server, '/o/revoke_token/', { form: { token: access, ...client() } })).status, 200)
  assert.equal(await chatbots(access), 401)
  const form = { grant_type: 'refresh_token', refresh_token: refresh, ...client() }
  assert.equal((await call(server, '/o/token/', { form })).status, 400)
  await api.waitFor('/app', access, 401)
})

test('a refresh brings another one; both work until they expire', async () => {
  const { access, refresh } = await newTokens(scene)
  const form = { grant_type: 'refresh_token', refresh_token: refresh, ...client() }
  const fresh = text(await call(server, '/o/token/', { form }), 'access_token')
  assert.match(fresh, shape)
  assert.notEqual(fresh, access)
  assert.equal(await chatbots(access), 200)
  assert.equal(await chatbots(fresh), 200)
})

test('a guard elsewhere takes it as the same principal, and asks the server for nothing that it knows', async () => {
  const { access } = await newTokens(scene)
  const first = await send(`${api.url}/app`, { bearer: access })
  assert.equal(first.status, 200)
  assert.equal(first.json['accountId'], scene.person.id)
  const check = async () => assert.equal((await send(`${api.url}/app`, { bearer: access })).status, 200)
  assert.equal(await asksWhenKnown(server, check, 5), 0)
  assert.equal((await send(`${api.url}/app`, { bearer: `${access.slice(0, -4)}AAAA` })).status, 401)
  assert.equal((await send(`${api.url}/person`, { bearer: access })).status, 401)
})

test('many of them at once, more than one request to the server may hold', async () => {
  const tokens = await Promise.all(Array.from({ length: 4 }, () => newTokens(scene)))
  const noise = Array.from(
    { length: 150 },
    (_, index) => `oat_${String(index).padStart(4, '0')}${'A'.repeat(700)}`,
  )
  const all = [...tokens.map(({ access }) => access), ...noise]
  const answers = await Promise.all(all.map((bearer) => send(`${api.url}/app`, { bearer })))
  assert.deepEqual(
    answers.map(({ status }) => status),
    all.map((_, index) => (index < tokens.length ? 200 : 401)),
  )
})

test('people and vendors get opaque tokens too where their door says so', async () => {
  const person = await newPerson(server)
  assert.match(person.access, shape)
  assert.equal((await call(server, '/api/auth/me/', { bearer: person.access })).status, 200)
  const { access } = await vendorTokens(server)
  assert.match(access, shape)
  assert.equal((await send(`${api.url}/vendor`, { bearer: access })).status, 200)
})

test('a member who was removed is out with an opaque token as well', async () => {
  const other = await newScene(server)
  const { access } = await newTokens(other)
  assert.equal(await chatbots(access), 200)
  await administer(server, 'DELETE', `/teams/${other.teamId}/members/${other.person.id}`)
  assert.equal(await chatbots(access), 401)
})

test('nothing of it is stored or logged', async () => {
  const { access } = await newTokens(scene)
  await chatbots(access)
  await send(`${api.url}/app`, { bearer: access })
  const [head, tail] = [access.slice(4, 44), access.slice(-40)]
  for (const place of [await storeBytes(server), server.log()])
    for (const part of [head, tail]) assert.ok(!place.includes(part))
})

test('a token that has expired is refused everywhere', async () => {
  const { access } = await newTokens(scene)
  await server.advance(3600)
  assert.equal(await chatbots(access), 401)
  assert.deepEqual(await introspect(access), { active: false })
})
