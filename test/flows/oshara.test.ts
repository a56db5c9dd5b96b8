import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createBrowser } from '../support/browser.ts'
import { assertQuoted, curl } from '../support/documents.ts'
import { call } from '../support/actors.ts'
import { text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startProvider, type Provider } from '../support/provider.ts'

// Every request of the Oshara document, in its order and its words.
let server: TestServer
let provider: Provider
const host = 'https://api.oshara.ai'

before(async () => {
  provider = await startProvider()
  server = await startServer({ google: provider.settings })
  provider.allow(`${server.base}/api/auth/google/callback/`)
})
after(async () => {
  await server.close()
  await provider.close()
})

function run(quoted: string, replace: Readonly<Record<string, string>> = {}) {
  assertQuoted('oshara', quoted)
  return curl(quoted, { [host]: server.base, ...replace })
}

const signUp = `curl -X POST https://api.oshara.ai/api/auth/signup/ \\ -H "Content-Type: application/json" \\ -d '{"email": "you@example.com", "password": "••••••••"}'`
const logIn = `curl -X POST https://api.oshara.ai/api/auth/login/ \\ -H "Content-Type: application/json" \\ -d '{"email": "you@example.com", "password": "••••••••"}'`
const refresh = `curl -X POST https://api.oshara.ai/api/auth/refresh/ \\ -H "Content-Type: application/json" \\ -d '{"refresh": "eyJhbGci..."}'`
const characters = `curl https://api.oshara.ai/api/ai-characters/ \\ -H "Authorization: Bearer eyJhbGci..."`
const me = `curl https://api.oshara.ai/api/auth/me/ \\ -H "Authorization: Bearer <token>"`

test('sign up, log in, refresh, use the token, ask who I am', async () => {
  const signedUp = await run(signUp)
  assert.equal(signedUp.status, 201)
  assert.ok(
    text(signedUp, 'access').startsWith('eyJhbGci') && text(signedUp, 'refresh').startsWith('eyJhbGci'),
  )

  const loggedIn = await run(logIn)
  assert.equal(loggedIn.status, 200)
  assert.deepEqual(Object.keys(loggedIn.json).sort(), ['access', 'refresh'])
  assert.ok(
    text(loggedIn, 'access').startsWith('eyJhbGci') && text(loggedIn, 'refresh').startsWith('eyJhbGci'),
  )

  const refreshed = await run(refresh, { 'eyJhbGci...': text(loggedIn, 'refresh') })
  assert.equal(refreshed.status, 200)
  assert.notEqual(text(refreshed, 'access'), text(loggedIn, 'access'))

  const list = await run(characters, { 'eyJhbGci...': text(refreshed, 'access') })
  assert.equal(list.status, 200)
  assert.deepEqual(list.json, [])

  const who = await run(me, { '<token>': text(refreshed, 'access') })
  assert.equal(who.status, 200)
  assert.equal(who.json['email'], 'you@example.com')
})

test('sign in with Google: redirect, callback, the same pair', async () => {
  assertQuoted('oshara', 'GET /api/auth/google/ #')
  assertQuoted('oshara', 'GET /api/auth/google/callback/?code=...')
  const browser = createBrowser(server.base)
  const start = await browser.open('/api/auth/google/')
  assert.equal(start.status, 302)
  const callback = await provider.signIn(start.headers.location ?? '', { email: 'g@example.com' })
  assert.ok(
    new URL(callback).pathname === '/api/auth/google/callback/' && new URL(callback).searchParams.has('code'),
  )
  const done = await browser.open(callback)
  assert.equal(done.status, 200)
  assert.deepEqual(Object.keys(done.json).sort(), ['access', 'refresh'])
  assert.equal(
    (await call(server, '/api/auth/me/', { bearer: text(done, 'access') })).json['email'],
    'g@example.com',
  )
})

test('the widget starts a session from an allowed origin, and from no other', async () => {
  const settings = '{ "allowed_origins": [ "https://mysite.com", "https://staging.mysite.com" ] }'
  assertQuoted('oshara', settings)
  const { access } = (
    await call(server, '/api/auth/login/', { json: { email: 'you@example.com', password: '••••••••' } })
  ).json
  const bearer = String(access)
  assert.equal((await call(server, '/api/ai-characters/', { bearer, json: { slug: 'my-bot' } })).status, 201)
  const patched = await call(server, '/api/ai-characters/my-bot/', {
    method: 'PATCH',
    bearer,
    headers: { 'Content-Type': 'application/json' },
    body: settings,
  })
  assert.equal(patched.status, 200)
  const start = (origin: string) =>
    call(server, '/api/agents/agent-session/', { headers: { Origin: origin }, json: { agent: 'my-bot' } })
  for (const origin of ['https://mysite.com', 'https://staging.mysite.com'])
    assert.equal((await start(origin)).status, 201, origin)
  assert.equal((await start('https://other.com')).status, 403)
})

test('with DEBUG=True origins are not checked', async () => {
  assertQuoted('oshara', 'Origin checking is skipped when DEBUG=True on a self-hosted backend')
  const open = await startServer({ debug: true })
  try {
    const answer = await call(open, '/api/agents/agent-session/', {
      headers: { Origin: 'https://anything.example' },
      json: { agent: 'support-bot' },
    })
    assert.equal(answer.status, 201)
  } finally {
    await open.close()
  }
})
