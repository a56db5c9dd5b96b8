import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
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
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let person: Person
before(async () => {
  server = await startServer()
  person = await newPerson(server)
})
after(() => server.close())

interface Credentials {
  readonly people: { readonly access: string; readonly refresh: string }
  readonly apps: { readonly access: string; readonly refresh: string }
  readonly oauth: { readonly access: string; readonly refresh: string }
  readonly vendors: { readonly access: string; readonly refresh: string }
  readonly key: string
}

async function appTokens(
  door: 'openchatstudio' | 'osir-oauth',
): Promise<{ readonly access: string; readonly refresh: string }> {
  const [path, redirectUri] =
    door === 'openchatstudio'
      ? ['/o', 'https://your-server/callback/']
      : ['/oauth', 'https://yourapp.com/callback']
  const app = await newApp(server, { door, name: fresh('app'), redirect_uris: [redirectUri] })
  const flow = { app, redirectUri, authorize: `${path}/authorize`, pkce: newPkce() }
  const code = await getCode(await signedInBrowser(server, person), flow)
  const answer = await exchange(server, `${path}/token`, flow, code)
  return { access: text(answer, 'access_token'), refresh: text(answer, 'refresh_token') }
}

async function everyCredential(): Promise<Credentials> {
  const login = await call(server, '/api/auth/login/', {
    json: { email: person.email, password: person.password },
  })
  const vendor = await call(server, '/auth/token', { json: server.demo.vendors['enterprise'] })
  return {
    people: { access: text(login, 'access'), refresh: text(login, 'refresh') },
    apps: await appTokens('openchatstudio'),
    oauth: await appTokens('osir-oauth'),
    vendors: { access: text(vendor, 'access_token'), refresh: text(vendor, 'refresh_token') },
    key: server.demo.keys['live'] ?? '',
  }
}

const apis = {
  people: '/api/auth/me/',
  apps: '/api/chatbots/',
  vendors: '/brands',
  keys: '/v1/domains',
} as const

function shapeOf(answer: Answer): string {
  return Object.keys(answer.json).sort().join(' ')
}

test('ONE-01 one happy path for each system, on one server', async () => {
  const { people, apps, vendors, key } = await everyCredential()
  assert.equal((await call(server, apis.people, { bearer: people.access })).status, 200)
  assert.equal((await call(server, apis.apps, { bearer: apps.access })).status, 200)
  assert.equal((await call(server, apis.vendors, { bearer: vendors.access })).status, 200)
  assert.equal((await call(server, apis.keys, { bearer: key })).status, 200)
})

test('ONE-02 a credential of one door is refused at every other door, in that door’s words', async () => {
  const { people, apps, vendors, key } = await everyCredential()
  const credentials = { people: people.access, apps: apps.access, vendors: vendors.access, keys: key }
  const shapes = {
    people: ['code detail', 'detail'],
    apps: ['code detail', 'detail'],
    vendors: ['error error_description'],
    keys: ['error message'],
  }
  for (const [from, credential] of Object.entries(credentials)) {
    for (const [to, path] of Object.entries(apis)) {
      const answer = await call(server, path, { bearer: credential })
      if (from === to) assert.equal(answer.status, 200, `${from} at home`)
      else {
        assert.equal(answer.status, 401, `${from} at ${to}: ${answer.text}`)
        assert.ok(
          shapes[to as keyof typeof shapes].includes(shapeOf(answer)),
          `${from} at ${to}: ${answer.text}`,
        )
        assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer/)
      }
    }
  }
})

test('ONE-03 without credentials each API answers in its own words', async () => {
  const me = await call(server, apis.people)
  assert.equal(me.status, 401)
  assert.deepEqual(me.json, { detail: 'Authentication credentials were not provided.' })
  const sessions = await call(server, '/api/sessions/')
  assert.equal(sessions.status, 401)
  assert.deepEqual(sessions.json, { detail: 'Authentication credentials were not provided.' })
  assert.match(sessions.headers['www-authenticate'] ?? '', /^Bearer/)
  const brands = await call(server, apis.vendors)
  assert.equal(brands.status, 401)
  assert.deepEqual(Object.keys(brands.json).sort(), ['error', 'error_description'])
  const domains = await call(server, apis.keys)
  assert.deepEqual(domains.json, { error: 'unauthorized', message: 'Invalid or missing API key' })
})

test('ONE-04 a code of one apps door is worth nothing at the other', async () => {
  const redirectUri = 'https://your-server/callback/'
  const app = await newApp(server, { door: 'openchatstudio', redirect_uris: [redirectUri] })
  const flow = { app, redirectUri, authorize: '/o/authorize/', pkce: newPkce() }
  const code = await getCode(await signedInBrowser(server, person), flow)
  const own = await exchange(server, '/oauth/token', flow, code)
  assert.equal(own.status, 401)
  assert.equal(own.json['error'], 'invalid_client')
  const other = await newApp(server, { door: 'osir-oauth', redirect_uris: [redirectUri] })
  const foreign = await exchange(server, '/oauth/token', { ...flow, app: other }, code)
  assert.equal(foreign.status, 400)
  assert.equal(foreign.json['error'], 'invalid_grant')
})

test('ONE-05 a refresh token is refused at every other endpoint and stays usable at its own', async () => {
  const { people, vendors } = await everyCredential()
  const redirects = {
    openchatstudio: 'https://your-server/callback/',
    'osir-oauth': 'https://yourapp.com/callback',
  }
  const made = await Promise.all(
    (['openchatstudio', 'osir-oauth'] as const).map(async (door) => {
      const app = await newApp(server, { door, redirect_uris: [redirects[door]] })
      const path = door === 'openchatstudio' ? '/o' : '/oauth'
      const flow = { app, redirectUri: redirects[door], authorize: `${path}/authorize`, pkce: newPkce() }
      const code = await getCode(await signedInBrowser(server, person), flow)
      return {
        app,
        path,
        refresh: text(await exchange(server, `${path}/token`, flow, code), 'refresh_token'),
      }
    }),
  )
  const atApp =
    (path: string, { clientId, secret }: { readonly clientId: string; readonly secret: string }) =>
    (token: string) =>
      call(server, `${path}/token`, {
        form: {
          grant_type: 'refresh_token',
          refresh_token: token,
          client_id: clientId,
          client_secret: secret,
        },
      })
  const endpoints: Record<string, (token: string) => Promise<Answer>> = {
    people: (refresh) => call(server, '/api/auth/refresh/', { json: { refresh } }),
    vendors: (refresh_token) => call(server, '/auth/refresh', { json: { refresh_token } }),
  }
  const tokens: Record<string, string> = { people: people.refresh, vendors: vendors.refresh }
  for (const { app, path, refresh } of made) {
    endpoints[path] = atApp(path, app)
    tokens[path] = refresh
  }
  for (const [from, token] of Object.entries(tokens)) {
    for (const [to, present] of Object.entries(endpoints)) {
      if (from === to) continue
      const answer = await present(token)
      assert.ok(answer.status === 400 || answer.status === 401, `${from} at ${to}: ${answer.status}`)
    }
  }
  for (const [door, present] of Object.entries(endpoints))
    assert.equal((await present(tokens[door] ?? '')).status, 200, `${door} at home`)
})

test('ONE-06 a client of the apps door is unknown at the vendors door', async () => {
  const { clientId, secret } = await newApp(server, {
    door: 'openchatstudio',
    redirect_uris: ['https://your-server/callback/'],
  })
  const answer = await call(server, '/auth/token', { json: { client_id: clientId, client_secret: secret } })
  assert.equal(answer.status, 401)
  assert.equal(answer.json['error'], 'invalid_client')
})

test('ONE-07 lifetimes of the four doors hold side by side', async () => {
  const { people, apps, oauth, vendors } = await everyCredential()
  const lifetime = (token: string) => {
    const { exp, iat } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      exp: number
      iat: number
    }
    return exp - iat
  }
  assert.deepEqual(
    [people, apps, vendors, oauth].map(({ access }) => lifetime(access)),
    [864000, 3600, 3600, 3600],
  )
})

test('ONE-08 paths are matched by whole segments', async () => {
  for (const path of ['/oa', '/o/authorizeX', '/auth/tokens'])
    assert.equal((await call(server, path)).status, 404, path)
  const post = await call(server, '/oauthx/token', { form: { grant_type: 'authorization_code' } })
  assert.equal(post.status, 404)
  assert.equal((await call(server, '/o')).status, 404)
})

test('ONE-09 look-alike refresh endpoints name the member that they want', async () => {
  const people = await call(server, '/api/auth/refresh/', { json: { refresh_token: 'x' } })
  assert.equal(people.status, 400)
  assert.deepEqual(people.json, { refresh: ['This field is required.'] })
  const vendors = await call(server, '/auth/refresh', { json: { refresh: 'x' } })
  assert.equal(vendors.status, 400)
  assert.equal(vendors.json['error'], 'invalid_request')
  assert.match(String(vendors.json['error_description']), /refresh_token/)
})

test('ONE-10 every documented endpoint is the same with and without a trailing slash', async () => {
  const json = (path: string) => ({ path, ask: { method: 'POST', json: {} } })
  const get = (path: string) => ({ path, ask: {} })
  const form = (path: string) => ({ path, ask: { form: { grant_type: 'x' } } })
  const endpoints = [
    ...[
      '/api/auth/signup',
      '/api/auth/login',
      '/api/auth/refresh',
      '/api/agents/agent-session',
      '/auth/token',
      '/auth/refresh',
    ].map(json),
    ...[
      '/api/auth/me',
      '/api/auth/google',
      '/api/auth/google/callback',
      '/api/ai-characters',
      '/o/authorize',
      '/oauth/authorize',
      '/brands',
      '/v1/domains',
    ].map(get),
    ...['/o/token', '/oauth/token'].map(form),
  ]
  for (const { path, ask } of endpoints) {
    const [bare, slashed] = [await call(server, path, ask), await call(server, `${path}/`, ask)]
    assert.equal(bare.status, slashed.status, path)
    assert.equal(shapeOf(bare), shapeOf(slashed), path)
    assert.ok(bare.status < 300 || bare.status >= 400, `${path} redirects`)
    assert.notEqual(bare.status, 404, path)
  }
})
