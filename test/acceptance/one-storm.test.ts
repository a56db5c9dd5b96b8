import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  administer,
  call,
  exchange,
  fresh,
  getCode,
  newApp,
  newPerson,
  newPkce,
  type Person,
  signedInBrowser,
} from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { startServer, storeBytes, type TestServer } from '../support/server.ts'
import { newVendor, refreshVendor, vendorTokens } from '../support/vendors.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

interface Chain {
  /** Every refresh token that was answered, oldest first. */
  readonly tokens: string[]
  access: string
}

/** Refreshes one chain again and again until the server is gone. */
async function refreshUntilGone(chain: Chain): Promise<void> {
  for (;;) {
    const answer = await refreshVendor(server, chain.tokens.at(-1)).catch(() => undefined)
    if (answer?.status !== 200) return
    chain.tokens.push(text(answer, 'refresh_token'))
    chain.access = text(answer, 'access_token')
  }
}

test('ONE-15 after kill -9 in a storm of refreshes nothing is accepted twice and nothing comes back to life', async () => {
  const vendors = await Promise.all(Array.from({ length: 20 }, () => newVendor(server)))
  const chains: Chain[] = await Promise.all(
    vendors.map(async (vendor) =>
      vendorTokens(server, vendor).then(({ access, refresh }) => ({ tokens: [refresh], access })),
    ),
  )
  const revoked = await vendorTokens(server)
  assert.equal((await call(server, '/auth/revoke', { json: { token: revoked.refresh } })).status, 200)
  const storm = Promise.all(chains.map(refreshUntilGone))
  const enough = () => chains.every(({ tokens }) => tokens.length > 10)
  while (!enough()) await new Promise((resolve) => setTimeout(resolve, 20))
  await server.kill()
  await storm
  await server.restart()

  assert.equal((await refreshVendor(server, revoked.refresh)).status, 401, 'what was revoked stays revoked')
  assert.equal((await call(server, '/brands', { bearer: revoked.access })).status, 401)
  for (const { tokens, access } of chains) {
    assert.equal(
      (await call(server, '/brands', { bearer: access })).status,
      200,
      'what was answered is there',
    )
    const newest = await refreshVendor(server, tokens.at(-1))
    assert.equal(newest.status, 200, 'the last refresh that was answered was durable')
    const old = await refreshVendor(server, tokens[0])
    assert.equal(old.status, 401, 'an old token is not accepted again')
    assert.equal(
      (await refreshVendor(server, text(newest, 'refresh_token'))).status,
      401,
      'and its use ended the family',
    )
  }
})

/** Everything a run can show: every credential that it had, in clear. */
async function runEverything(person: Person): Promise<readonly string[]> {
  const app = await newApp(server, {
    door: 'openchatstudio',
    name: fresh('app'),
    redirect_uris: ['https://your-server/callback/'],
  })
  const flow = {
    app,
    redirectUri: 'https://your-server/callback/',
    authorize: '/o/authorize/',
    pkce: newPkce(),
  }
  const browser = await signedInBrowser(server, person)
  const code = await getCode(browser, flow)
  const tokens = await exchange(server, '/o/token/', flow, code)
  await exchange(server, '/o/token/', flow, code)
  const vendor = await vendorTokens(server)
  const key = text(await call(server, '/v1/api-keys', { bearer: person.access, json: { name: 'k' } }), 'key')
  const session = text(await call(server, '/v1/session-tokens', { method: 'POST', bearer: key }), 'token')
  const refused = 'a-secret-that-was-refused-0123456789'
  const wrong: Answer[] = [
    await call(server, '/api/auth/login/', { json: { email: person.email, password: refused } }),
    await call(server, `/v1/domains?api_key=${key}`, { headers: { 'X-API-Key': refused } }),
    await call(server, '/o/introspect/', {
      form: { token: refused, client_id: app.clientId, client_secret: refused },
    }),
    await call(server, `/o/authorize/?code_challenge=${refused}`),
    await call(server, '/auth/token', {
      headers: { 'Content-Type': 'application/json' },
      body: `{"client_secret":"${refused}"`,
    }),
  ]
  for (const answer of wrong) assert.ok(answer.status >= 400 && !answer.text.includes(refused))
  return [
    person.password,
    person.access,
    person.refresh,
    app.secret,
    code,
    flow.pkce.verifier,
    text(tokens, 'access_token'),
    text(tokens, 'refresh_token'),
    vendor.access,
    vendor.refresh,
    vendor.secret,
    key,
    session,
    refused,
    server.demo.admin.password,
    ...browser.cookies().values(),
  ]
}

test('ONE-17 with the log wide open no password, code, token, key or secret is in it', async () => {
  const secrets = await runEverything(await newPerson(server))
  const [log, store] = [server.log(), await storeBytes(server)]
  assert.match(log, /"path":"\/o\/token\/"/, 'the log is the real one')
  for (const secret of secrets) {
    assert.equal(log.includes(secret), false, `a secret is in the log: …${secret.slice(-6)}`)
    assert.equal(store.includes(secret), false, `a secret is in the store: …${secret.slice(-6)}`)
  }
})

interface AuditRow {
  readonly type: string
  readonly doorId?: string
  readonly accountId?: string
  readonly clientId?: string
  readonly ip?: string
  readonly requestId?: string
}

test('ONE-18 each issuance, denial, revocation and reuse is one event with who, where and which request', async () => {
  // A second of its own: the log is read newest first.
  await server.advance(1)
  const person = await newPerson(server)
  const requestId = (name: string) => ({ 'X-Request-Id': `audit-${name}-${person.id.slice(-8)}` })
  const headers = (name: string) => ({ headers: requestId(name) })
  const login = await call(server, '/api/auth/login/', {
    json: { email: person.email, password: person.password },
    ...headers('login'),
  })
  await call(server, '/api/auth/login/', {
    json: { email: person.email, password: 'wrong password' },
    ...headers('denied'),
  })
  const first = text(login, 'refresh')
  const second = text(
    await call(server, '/api/auth/refresh/', { json: { refresh: first }, ...headers('refresh') }),
    'refresh',
  )
  await call(server, '/api/auth/refresh/', { json: { refresh: second } })
  await call(server, '/api/auth/refresh/', { json: { refresh: first }, ...headers('reuse') })
  const other = await call(server, '/api/auth/login/', {
    json: { email: person.email, password: person.password },
  })
  await call(server, '/api/auth/logout/', { json: { refresh: text(other, 'refresh') }, ...headers('logout') })
  const expected = {
    login: 'token.issued',
    denied: 'request.refused',
    refresh: 'token.refreshed',
    reuse: 'token.reuse',
    logout: 'family.ended',
  }
  const rows = (await administer(server, 'GET', '/audit?limit=200')).json['data'] as AuditRow[]
  for (const [name, type] of Object.entries(expected)) {
    const mine = rows.filter((row) => row.requestId === requestId(name)['X-Request-Id'] && row.type === type)
    assert.equal(mine.length, 1, `${name}: ${type}`)
    const [row] = mine
    assert.equal(row?.doorId, 'oshara')
    assert.equal(row?.ip, '127.0.0.1')
    if (name !== 'denied') assert.equal(row?.accountId, person.id)
  }
})

test('ONE-20 each kind of credential is recognised by its shape, and refused where its door is not allowed', async () => {
  const person = await newPerson(server)
  const key = text(await call(server, '/v1/api-keys', { bearer: person.access, json: { name: 'k' } }), 'key')
  const session = text(await call(server, '/v1/session-tokens', { method: 'POST', bearer: key }), 'token')
  const foreign = text(
    await call(server, '/api/auth/api-keys/', { bearer: person.access, json: { name: 'k' } }),
    'key',
  )
  const app = await newApp(server, {
    door: 'osir-oauth',
    redirect_uris: ['https://yourapp.com/callback'],
    scope: 'domains:read',
  })
  const flow = { app, redirectUri: 'https://yourapp.com/callback', authorize: '/oauth/authorize' }
  const jwt = text(
    await exchange(server, '/oauth/token', flow, await getCode(await signedInBrowser(server, person), flow)),
    'access_token',
  )
  const statuses = async (path: string) =>
    Promise.all(
      [jwt, key, session, person.access, foreign, 'opaque-token-of-nobody'].map(
        async (bearer) => (await call(server, path, { bearer })).status,
      ),
    )
  assert.deepEqual(await statuses('/v1/domains'), [200, 200, 200, 401, 401, 401])
  assert.deepEqual(await statuses('/api/auth/me/'), [401, 401, 401, 200, 200, 401])
  assert.deepEqual(await statuses('/brands'), [401, 401, 401, 401, 401, 401])
})
