/** Two secrets at a time, each with its last use and an end. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { authMethods } from '../../packages/server/src/grants/auth-methods.ts'
import { administer, type App, call, newMachine } from '../support/actors.ts'
import { machineToken, newClientKey } from '../support/assertions.ts'
import { type Ask, text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { newVendor } from '../support/vendors.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

interface Told {
  readonly id: string
  readonly created_at: number
  readonly expires_at: number | null
  readonly last_used_at: number | null
}

async function told({ clientId }: App): Promise<readonly Told[]> {
  const { json } = await administer(server, 'GET', `/clients/${clientId}/secrets`)
  return json['data'] as readonly Told[]
}

async function until<T>(look: () => Promise<T>, isSo: (found: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 200; tries += 1) {
    const found = await look()
    if (isSo(found)) return found
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('it did not come to be')
}

const by = async ({ clientId: client_id, secret: client_secret }: App) =>
  (await machineToken(server, { client_id, client_secret })).status

async function rotate({ clientId }: App, body: object = {}): Promise<App> {
  const answer = await administer(server, 'POST', `/clients/${clientId}/secrets`, body)
  return { clientId, secret: text(answer, 'client_secret') }
}

test('a secret is told by its id, its life and its last use, and never itself', async () => {
  const app = await newMachine(server)
  const start = server.now()
  const [first] = await told(app)
  assert.deepEqual(first, { id: first?.id, created_at: start, expires_at: null, last_used_at: null })
  await server.advance(5)
  assert.equal(await by({ ...app, secret: 'wrong' }), 401)
  assert.equal(await by(app), 200)
  const used = await until(
    () => told(app),
    ([one]) => one?.last_used_at !== null,
  )
  assert.equal(used[0]?.last_used_at, start + 5)
  const answer = await administer(server, 'GET', `/clients/${app.clientId}/secrets`)
  assert.ok(!answer.text.includes(app.secret))
})

test('an overlap shows which secret is still in use, and when the old one ends', async () => {
  const app = await newMachine(server)
  const renewed = await rotate(app, { overlap_seconds: 600 })
  const at = server.now()
  assert.deepEqual(
    (await told(app)).map(({ expires_at }) => expires_at),
    [at + 600, null],
  )
  assert.equal(await by(renewed), 200)
  const used = await until(
    () => told(app),
    (all) => all.some(({ last_used_at }) => last_used_at !== null),
  )
  assert.deepEqual(
    used.map(({ last_used_at }) => last_used_at),
    [null, at],
  )
  await server.advance(600)
  assert.equal((await told(app)).length, 1, 'two at most, and one after the overlap')
  assert.deepEqual([await by(app), await by(renewed)], [401, 200])
})

test('a third secret ends the oldest at once', async () => {
  const app = await newMachine(server)
  const second = await rotate(app)
  const third = await rotate(app)
  assert.equal((await told(app)).length, 2)
  assert.deepEqual([await by(app), await by(second), await by(third)], [401, 200, 200])
})

test('a secret that leaked is ended at once, and the other lives on', async () => {
  const app = await newMachine(server)
  const renewed = await rotate(app)
  const [old] = await told(app)
  const path = `/clients/${app.clientId}/secrets/${old?.id}`
  assert.equal((await administer(server, 'DELETE', path)).status, 204)
  assert.deepEqual([await by(app), await by(renewed)], [401, 200])
  await assert.rejects(administer(server, 'DELETE', path), /404/)
})

test('an end can be set ahead, and brought forward, never put off', async () => {
  const app = await newMachine(server)
  const [only] = await told(app)
  const path = `/clients/${app.clientId}/secrets/${only?.id}`
  const end = (overlap_seconds: unknown) => administer(server, 'DELETE', path, { overlap_seconds })
  await end(100)
  await assert.rejects(end(200), /404/)
  await assert.rejects(end(-1), /overlap_seconds must be/)
  await assert.rejects(end('1'), /overlap_seconds must be/)
  await end(50)
  await server.advance(49)
  assert.equal(await by(app), 200)
  await server.advance(1)
  assert.equal(await by(app), 401)
})

test('a secret is ended at its own client alone', async () => {
  const [app, other] = [await newMachine(server), await newMachine(server)]
  const [mine] = await told(app)
  await assert.rejects(administer(server, 'DELETE', `/clients/${other.clientId}/secrets/${mine?.id}`), /404/)
  await assert.rejects(administer(server, 'GET', '/clients/app_none/secrets'), /404/)
  assert.equal(await by(app), 200)
})

test('RFC 7591 §2: a client that is registered for one way of sending its secret has no other', async () => {
  const methods = ['client_secret_basic', 'client_secret_post'] as const
  for (const token_endpoint_auth_method of methods) {
    const app = await newMachine(server, { token_endpoint_auth_method })
    const credentials = Buffer.from(`${app.clientId}:${app.secret}`).toString('base64')
    const byHeader = await machineToken(server, {}, { headers: { Authorization: `Basic ${credentials}` } })
    const answers = { client_secret_basic: byHeader.status, client_secret_post: await by(app) }
    for (const method of methods)
      assert.equal(answers[method], method === token_endpoint_auth_method ? 200 : 401, method)
  }
})

test('vendors prove themselves by what their discovery lists, and can be registered for nothing else', async () => {
  const vendor = await newVendor(server)
  const { client_id, client_secret } = vendor
  const ways: Readonly<Record<string, Ask>> = {
    client_secret_basic: {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}` },
    },
    client_secret_post: { json: { client_id, client_secret } },
  }
  const { json } = await call(server, '/.well-known/oauth-authorization-server/auth')
  assert.deepEqual(json['token_endpoint_auth_methods_supported'], Object.keys(ways))
  for (const [method, ask] of Object.entries(ways)) {
    const pinned = { token_endpoint_auth_method: method }
    const registered = await administer(server, 'PATCH', `/clients/${client_id}`, pinned)
    assert.equal(registered.status, 200, method)
    assert.equal((await call(server, '/auth/token', ask)).status, 200, method)
  }
  const { jwk } = await newClientKey('k')
  const needed: Readonly<Record<string, object>> = {
    none: { type: 'public' },
    private_key_jwt: { jwks: { keys: [jwk] } },
    self_signed_tls_client_auth: { jwks: { keys: [{ ...jwk, 'x5t#S256': 'A'.repeat(43) }] } },
    tls_client_auth: { tls_client_auth_san_dns: 'vendor.example' },
  }
  for (const { name } of authMethods.filter((one) => !(one.name in ways))) {
    const asked = { name: 'V', door: 'charp', grant_types: [], token_endpoint_auth_method: name }
    await assert.rejects(
      administer(server, 'POST', '/clients', { ...asked, ...needed[name] }),
      /token_endpoint_auth_method must be one that the door takes/,
      name,
    )
  }
})
