import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  administer,
  authorizePath,
  call,
  newPerson,
  type Person,
  signedInBrowser,
} from '../support/actors.ts'
import { text } from '../support/http.ts'
import { newFlow, newScene, newTokens } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

// RFC 6749 §3.3 and common sense: whoever may not do a thing can't make a credential that may.
let server: TestServer
let technical: Person
before(async () => {
  server = await startServer()
  technical = await newPerson(server)
  const home = String((await administer(server, 'GET', `/accounts/${technical.id}`)).json['home_team'])
  await administer(server, 'PUT', `/teams/${home}/members/${technical.id}`, { role: 'technical' })
})
after(() => server.close())

const billing = (bearer: string) => call(server, '/v1/billing', { bearer })

test('a key can’t be given more than its maker’s role has', async () => {
  const make = (json: object) =>
    call(server, '/v1/api-keys', { bearer: technical.access, json: { name: 'k', ...json } })
  const refused = await make({ scopes: ['billing:write'] })
  assert.equal(refused.status, 400)
  const key = await make({})
  assert.equal(key.status, 201)
  assert.equal(
    (key.json['scopes'] as string[]).some((scope) => scope.startsWith('billing:')),
    false,
  )
  assert.equal((await billing(text(key, 'key'))).status, 403)
})

test('nor a session token', async () => {
  const mint = (json?: object) =>
    call(server, '/v1/session-tokens', { method: 'POST', bearer: technical.access, ...(json && { json }) })
  assert.equal((await mint({ scope: 'billing:read' })).status, 400)
  const token = await mint()
  assert.equal(token.status, 201)
  assert.equal((await billing(text(token, 'token'))).status, 403)
})

test('nor a key from the account page', async () => {
  const browser = await signedInBrowser(server, technical)
  const page = await browser.open('/account')
  const csrf = /name="csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? ''
  const answer = await browser.open('/account/keys', {
    form: { csrf, name: 'k', environment: 'live', scope: 'billing:write' },
  })
  assert.equal(answer.status, 400)
  assert.doesNotMatch(answer.text, /osir_live_/)
})

test('a role or a plan that is named like what every object has is one that nobody knows', async (t) => {
  const own = await startServer({
    limits: { 'osir-api': { style: 'unix', plans: {}, otherwise: [{ limit: 1, window: 60 }] } },
  })
  t.after(() => own.close())
  const scene = await newScene(own)
  const member = `/teams/${scene.teamId}/members/${scene.person.id}`
  await administer(own, 'PUT', member, { role: 'constructor' })
  await administer(own, 'PATCH', `/teams/${scene.teamId}`, { plan: 'constructor' })
  assert.equal((await scene.browser.open(authorizePath(newFlow(scene)))).status, 200)
  const bearer = scene.person.access
  const key = await call(own, '/v1/api-keys', { bearer, json: { name: 'k', team: scene.team } })
  assert.equal(key.status, 201, key.text)
  const ask = async () => (await call(own, '/v1/domains', { bearer: text(key, 'key') })).status
  assert.deepEqual([await ask(), await ask()], [200, 429])
})

test('introspection tells what the role has now, of tokens from before as well', async (t) => {
  const roles = { viewer: ['session:read'] }
  const own = await startServer({ doors: { openchatstudio: { roles } } })
  t.after(() => own.close())
  const scene = await newScene(own)
  const { access, refresh } = await newTokens(scene)
  const { clientId: client_id, secret: client_secret } = scene.app
  const scopes = (token: string) => call(own, '/o/introspect/', { form: { token, client_id, client_secret } })
  for (const token of [access, refresh])
    assert.equal((await scopes(token)).json['scope'], 'chatbot:read session:read')
  await administer(own, 'PUT', `/teams/${scene.teamId}/members/${scene.person.id}`, { role: 'viewer' })
  for (const token of [access, refresh]) assert.equal((await scopes(token)).json['scope'], 'session:read')
})

test('one password is not tried on every account from one address', async () => {
  const limited = await startServer({ doors: { oshara: { attempts: { limit: 2, window: 60 } } } })
  try {
    const ask = (email: string, from: string) =>
      call(limited, '/api/auth/login/', { json: { email, password: 'Spring2026!' }, from })
    const statuses: number[] = []
    for (let account = 0; account < 45; account += 1)
      statuses.push((await ask(`person-${account}@example.com`, '127.0.0.1')).status)
    assert.equal(statuses.filter((status) => status === 401).length, 40)
    assert.deepEqual(statuses.slice(-5), [429, 429, 429, 429, 429])
    assert.equal((await ask('person-1@example.com', '127.0.0.2')).status, 401)
  } finally {
    await limited.close()
  }
})

test('the audit log keeps a bounded number of refusals of one address', async () => {
  const rows = async () =>
    ((await administer(server, 'GET', '/audit?type=request.refused&limit=1000')).json['data'] as unknown[])
      .length
  for (let count = 0; count < 400; count += 1)
    await call(server, '/api/auth/refresh/', { json: { refresh: 'unknown' } })
  const kept = await rows()
  assert.ok(kept >= 100 && kept <= 300, `${kept} rows`)
})

test('the account page makes no more keys than the door allows', async () => {
  const limited = await startServer({ doors: { osir: { creations: { limit: 2, window: 60 } } } })
  try {
    const browser = await signedInBrowser(limited, await newPerson(limited))
    const make = async () => {
      const page = await browser.open('/account')
      const csrf = /name="csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? ''
      const form = { csrf, name: 'k', environment: 'live', scope: 'domains:read' }
      return (await browser.open('/account/keys', { form })).status
    }
    assert.deepEqual([await make(), await make(), await make()], [200, 200, 429])
  } finally {
    await limited.close()
  }
})
