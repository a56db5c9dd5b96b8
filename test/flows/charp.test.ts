import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertQuoted, curl } from '../support/documents.ts'
import { text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'

// Every request of the Charp.ai document.
let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

const token = `curl -X POST https://api.charp.ai/auth/token \\
  -H "Content-Type: application/json" \\
  -d '{
    "client_id": "your_client_id",
    "client_secret": "your_client_secret"
  }'`
const brands = `curl -X GET https://api.charp.ai/brands \\
  -H "Authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..."`
const refresh = `curl -X POST https://api.charp.ai/auth/refresh \\
  -H "Content-Type: application/json" \\
  -d '{
    "refresh_token": "def50200..."
  }'`

test('a token for id and secret, the API, a refresh without credentials', async () => {
  for (const quoted of [token, brands, refresh]) assertQuoted('charp', quoted)
  const base = { 'https://api.charp.ai': server.base }
  const vendor = server.demo.vendors['free']
  const got = await curl(token, {
    ...base,
    your_client_id: vendor?.client_id ?? '',
    your_client_secret: vendor?.client_secret ?? '',
  })
  assert.equal(got.status, 200)
  assert.equal(got.json['token_type'], 'Bearer')
  assert.equal(got.json['expires_in'], 3600)

  const listed = await curl(brands, {
    ...base,
    'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...': text(got, 'access_token'),
  })
  assert.equal(listed.status, 200)

  const refreshed = await curl(refresh, { ...base, 'def50200...': text(got, 'refresh_token') })
  assert.equal(refreshed.status, 200)
  assert.deepEqual(Object.keys(refreshed.json).sort(), Object.keys(got.json).sort())
  assert.notEqual(text(refreshed, 'refresh_token'), text(got, 'refresh_token'))
  const again = await curl(brands, {
    ...base,
    'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...': text(refreshed, 'access_token'),
  })
  assert.equal(again.status, 200)
})
