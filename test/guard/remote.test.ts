import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { administer, call, newApp, newPerson, newTeam, type Person } from '../support/actors.ts'
import { type Answer, send, text } from '../support/http.ts'
import { newScene, newTokens } from '../support/ocs.ts'
import { type RemoteApi, startApi } from '../support/remote-api.ts'
import { asksWhenKnown } from '../support/remote-guard.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { changeVendor, newVendor, vendorTokens } from '../support/vendors.ts'

// APIs in processes of their own, each behind a guard that follows the server's feed.
let server: TestServer
let apis: readonly RemoteApi[]

before(async () => {
  server = await startServer()
  apis = await Promise.all([1, 2, 3].map(() => startApi(server)))
})
after(async () => {
  for (const api of apis) api.close()
  await server.close()
})

const ask = (api: RemoteApi, path: string, bearer: string) => send(api.url + path, { bearer })
const everywhere = (path: string, bearer: string) => Promise.all(apis.map((api) => ask(api, path, bearer)))

async function assertEverywhere(path: string, bearer: string, status: number): Promise<void> {
  const answers = await everywhere(path, bearer)
  assert.deepEqual(
    answers.map((answer: Answer) => answer.status),
    apis.map(() => status),
    path,
  )
}

/** Fails unless every API judges by the new fact within a second of the change having been answered. */
async function assertWithinASecond(path: string, bearer: string, status: number): Promise<void> {
  const changed = performance.now()
  for (const api of apis) {
    let answer = await ask(api, path, bearer)
    while (answer.status !== status && performance.now() - changed < 1000)
      answer = await ask(api, path, bearer)
    assert.equal(answer.status, status, `${path} after ${Math.round(performance.now() - changed)} ms`)
  }
}

test('a guard elsewhere lets in what the server would, as the same principal', async () => {
  const scene = await newScene(server)
  const { access } = await newTokens(scene)
  for (const { status, json } of await everywhere('/app', access)) {
    assert.equal(status, 200)
    assert.equal((json['team'] as { slug: string }).slug, scene.team)
  }
  await assertEverywhere('/app', scene.person.access, 401)
  await assertEverywhere('/person', scene.person.access, 200)
  await assertEverywhere('/vendor', (await vendorTokens(server)).access, 200)
})

test('a family that ended, an account that was disabled: out within a second on every guard', async () => {
  const [one, two] = [await newPerson(server), await newPerson(server)]
  for (const { access } of [one, two]) await assertEverywhere('/person', access, 200)
  await call(server, '/api/auth/logout/', { json: { refresh: one.refresh } })
  await assertWithinASecond('/person', one.access, 401)
  await administer(server, 'PATCH', `/accounts/${two.id}`, { disabled: true })
  await assertWithinASecond('/person', two.access, 401)
})

test('a key that was revoked or switched off', async () => {
  const person = await newPerson(server)
  const made = await call(server, '/v1/api-keys', { bearer: person.access, json: { name: 'k' } })
  const [id, key] = [text(made, 'id'), text(made, 'key')]
  await assertEverywhere('/key', key, 200)
  const set = (active: boolean) =>
    call(server, `/v1/api-keys/${id}`, {
      method: 'PATCH',
      bearer: person.access,
      json: { is_active: active },
    })
  await set(false)
  await assertWithinASecond('/key', key, 401)
  await set(true)
  await assertWithinASecond('/key', key, 200)
  await call(server, `/v1/api-keys/${id}`, { method: 'DELETE', bearer: person.access })
  await assertWithinASecond('/key', key, 401)
})

test('a plan that was changed, a vendor that was suspended', async () => {
  const vendor = await newVendor(server)
  const { access } = await vendorTokens(server, vendor)
  await assertEverywhere('/vendor', access, 200)
  await assertEverywhere('/standard', access, 403)
  await changeVendor(server, vendor, { plan: 'Standard' })
  await assertWithinASecond('/standard', access, 200)
  await changeVendor(server, vendor, { status: 'suspended' })
  await assertWithinASecond('/vendor', access, 401)
})

test('a member who was removed, an app that was deleted', async () => {
  const scene = await newScene(server)
  const { access } = await newTokens(scene)
  await assertEverywhere('/app', access, 200)
  await administer(server, 'DELETE', `/teams/${scene.teamId}/members/${scene.person.id}`)
  await assertWithinASecond('/app', access, 401)
  const other = await newScene(server)
  const tokens = await newTokens(other)
  await assertEverywhere('/app', tokens.access, 200)
  await administer(server, 'DELETE', `/clients/${other.app.clientId}`)
  await assertWithinASecond('/app', tokens.access, 401)
})

test('a member whose role was lowered: keys made before have what the role has now', async () => {
  const person = await newPerson(server)
  const slug = `r${person.id.slice(-8)}`.toLowerCase()
  const teamId = await newTeam(server, slug)
  const be = (role: string) => administer(server, 'PUT', `/teams/${teamId}/members/${person.id}`, { role })
  await be('admin')
  const made = await call(server, '/v1/api-keys', {
    bearer: person.access,
    json: { name: 'k', team: slug, scopes: ['domains:write'] },
  })
  assert.equal(made.status, 201)
  await assertEverywhere('/write', text(made, 'key'), 200)
  await be('viewer')
  await assertWithinASecond('/write', text(made, 'key'), 403)
  await be('technical')
  await assertWithinASecond('/write', text(made, 'key'), 200)
})

test('an origin that was taken off its list', async () => {
  const owner = await newPerson(server)
  const json = { slug: `w${owner.id.slice(-8)}`, allowed_origins: ['https://a.example'] }
  await call(server, '/api/ai-characters/', { bearer: owner.access, json })
  const started = await call(server, '/api/agents/agent-session/', {
    json: { agent: json.slug },
    headers: { Origin: 'https://a.example' },
  })
  await assertEverywhere('/widget', text(started, 'token'), 200)
  await call(server, `/api/ai-characters/${json.slug}/`, {
    method: 'PATCH',
    bearer: owner.access,
    json: { allowed_origins: ['https://b.example'] },
  })
  await assertWithinASecond('/widget', text(started, 'token'), 403)
})

test('what is known is checked without a request to the server', async () => {
  const person: Person = await newPerson(server)
  await newTeam(server, `t${person.id.slice(-8)}`, [person])
  await assertEverywhere('/person', person.access, 200)
  assert.equal(await asksWhenKnown(server, () => assertEverywhere('/person', person.access, 200), 50), 0)
})

test('only a guard’s own credential opens the feed and the facts', async () => {
  const app = await newApp(server, { door: 'osir-oauth', redirect_uris: ['https://yourapp.com/callback'] })
  const basic = `Basic ${Buffer.from(`${app.clientId}:${app.secret}`).toString('base64')}`
  for (const path of ['/guard/feed', '/guard/metadata']) {
    assert.equal((await call(server, path)).status, 401)
    assert.equal((await call(server, path, { headers: { Authorization: basic } })).status, 401)
  }
  const facts = await call(server, '/guard/facts', {
    json: { facts: [['account', 'x']] },
    headers: { Authorization: basic },
  })
  assert.equal(facts.status, 401)
})

test('facts hold no password hash, address or secret', async () => {
  const person = await newPerson(server)
  const { json } = await administer(server, 'POST', '/guards', { name: 'reader' })
  const authorization = `Basic ${Buffer.from(`${String(json['client_id'])}:${String(json['client_secret'])}`).toString('base64')}`
  const answer = await call(server, '/guard/facts', {
    json: { facts: [['account', person.id]] },
    headers: { Authorization: authorization },
  })
  assert.equal(answer.status, 200)
  const [fact] = answer.json['facts'] as Record<string, unknown>[]
  assert.deepEqual(Object.keys(fact ?? {}).sort(), ['accountId', 'admin', 'homeTeamId'])
})

test('a guard catches up after the server was away, and asks or refuses meanwhile', async () => {
  const [asking, refusing] = [
    await startApi(server, { lostAfterMs: 1000 }),
    await startApi(server, { lostAfterMs: 1000, whenLost: 'refuse' }),
  ]
  const [stays, leaves] = [await newPerson(server), await newPerson(server)]
  try {
    for (const api of [asking, refusing])
      for (const { access } of [stays, leaves]) assert.equal((await ask(api, '/person', access)).status, 200)
    await server.kill()
    const lost = performance.now()
    let status = 200
    while (status !== 503 && performance.now() - lost < 3000)
      status = (await ask(refusing, '/person', stays.access)).status
    assert.equal(status, 503, 'nobody is let in by facts that may be old')
    assert.equal(
      (await ask(asking, '/person', stays.access)).status,
      503,
      'nor by a server that does not answer',
    )
    await server.restart()
    await call(server, '/api/auth/logout/', { json: { refresh: leaves.refresh } })
    const back = performance.now()
    for (const api of [asking, refusing]) {
      let answer = await ask(api, '/person', stays.access)
      while (answer.status !== 200 && performance.now() - back < 6000)
        answer = await ask(api, '/person', stays.access)
      assert.equal(answer.status, 200, 'served again')
      assert.equal(
        (await ask(api, '/person', leaves.access)).status,
        401,
        'and what happened meanwhile is known',
      )
    }
  } finally {
    for (const api of [asking, refusing]) api.close()
  }
})
