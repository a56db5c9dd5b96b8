import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { approve, newApp, newPerson, responseOf, signedInBrowser } from '../support/actors.ts'
import { assertQuoted, curl } from '../support/documents.ts'
import { send, text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'

// Every request of the OSIR document, and its two error bodies.
let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

const api = 'https://api.osir.com'
const byBearer = `curl -X GET https://api.osir.com/v1/domains \\
  -H "Authorization: Bearer osir_live_your_api_key"`
const byHeader = `curl -X GET https://api.osir.com/v1/domains \\
  -H "X-API-Key: osir_live_your_api_key"`
const authorize = `https://osir.com/oauth/authorize?
  client_id=your_client_id&
  redirect_uri=https://yourapp.com/callback&
  response_type=code&
  scope=domains:read domains:write`
const exchange = `curl -X POST https://api.osir.com/oauth/token \\
  -d "grant_type=authorization_code" \\
  -d "code=authorization_code_here" \\
  -d "client_id=your_client_id" \\
  -d "client_secret=your_client_secret" \\
  -d "redirect_uri=https://yourapp.com/callback"`
const byToken = `curl -X GET https://api.osir.com/v1/domains \\
  -H "Authorization: Bearer access_token_here"`
const refresh = `curl -X POST https://api.osir.com/oauth/token \\
  -d "grant_type=refresh_token" \\
  -d "refresh_token=your_refresh_token" \\
  -d "client_id=your_client_id" \\
  -d "client_secret=your_client_secret"`

test('an API key by either header', async () => {
  for (const quoted of [byBearer, byHeader]) {
    assertQuoted('osir', quoted)
    const answer = await curl(quoted, {
      [api]: server.base,
      osir_live_your_api_key: server.demo.keys['live'] ?? '',
    })
    assert.equal(answer.status, 200, answer.text)
  }
})

test('authorize without state and PKCE, exchange, call, refresh', async () => {
  for (const quoted of [authorize, exchange, byToken, refresh]) assertQuoted('osir', quoted)
  const person = await newPerson(server)
  const app = await newApp(server, {
    door: 'osir-oauth',
    name: 'Flow',
    redirect_uris: ['https://yourapp.com/callback'],
    scope: 'domains:read domains:write',
  })
  const browser = await signedInBrowser(server, person)
  // The document breaks its line for reading; a browser sends the raw space as %20.
  const request = authorize
    .replaceAll(/\n\s*/g, '')
    .replaceAll(' ', '%20')
    .replace('https://osir.com', '')
    .replace('your_client_id', app.clientId)
  const approved = await approve(browser, request)
  assert.equal(approved.status, 302)
  assert.ok(
    approved.headers.location?.startsWith('https://yourapp.com/callback?code='),
    approved.headers.location,
  )
  assert.equal(responseOf(approved).has('state'), false)

  const credentials = { [api]: server.base, your_client_id: app.clientId, your_client_secret: app.secret }
  const got = await curl(exchange, {
    ...credentials,
    authorization_code_here: responseOf(approved).get('code') ?? '',
  })
  assert.equal(got.status, 200, got.text)
  assert.equal(got.json['expires_in'], 3600)
  assert.equal(
    (await curl(byToken, { [api]: server.base, access_token_here: text(got, 'access_token') })).status,
    200,
  )

  const refreshed = await curl(refresh, { ...credentials, your_refresh_token: text(got, 'refresh_token') })
  assert.equal(refreshed.status, 200, refreshed.text)
  assert.equal(
    (await curl(byToken, { [api]: server.base, access_token_here: text(refreshed, 'access_token') })).status,
    200,
  )
})

test('the two error bodies', async () => {
  assertQuoted('osir', '{\n  "error": "unauthorized",\n  "message": "Invalid or missing API key"\n}')
  const missing = await send(`${server.base}/v1/domains`)
  assert.equal(missing.status, 401)
  assert.deepEqual(missing.json, { error: 'unauthorized', message: 'Invalid or missing API key' })

  assertQuoted(
    'osir',
    '{\n  "error": "forbidden",\n  "message": "Insufficient permissions for this action"\n}',
  )
  const forbidden = await send(`${server.base}/v1/domains`, {
    method: 'POST',
    headers: { 'X-API-Key': server.demo.keys['readonly'] ?? '' },
    json: { name: 'example.com' },
  })
  assert.equal(forbidden.status, 403)
  assert.deepEqual(forbidden.json, {
    error: 'forbidden',
    message: 'Insufficient permissions for this action',
  })
})
