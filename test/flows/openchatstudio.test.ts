import assert from 'node:assert/strict'
import { createHash, randomInt } from 'node:crypto'
import { after, before, test } from 'node:test'
import { approve, newApp, newPerson, newTeam, responseOf } from '../support/actors.ts'
import { createBrowser } from '../support/browser.ts'
import { assertQuoted, curl } from '../support/documents.ts'
import { text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'

// The whole code flow of the OpenChatStudio document, with its own requests.
let server: TestServer
const host = 'https://www.openchatstudio.com'
before(async () => {
  server = await startServer()
})
after(() => server.close())

const authorize =
  'https://www.openchatstudio.com/o/authorize/?response_type=code&client_id=TkojUzrbS4nOUeF3deQ0uFwpNNH1kYjYFTisfEIC&redirect_uri=https://your-server/callback/&code_challenge=E9Mrozoa2owUzb1iCHFpQwbi6E3MwMZLvDu0mkMksYI&code_challenge_method=S256&scope=chatbot:read+session:read&state=random_state_string'
const token = `curl -X POST https://www.openchatstudio.com/o/token/ \\
  -H "Content-Type: application/x-www-form-urlencoded" \\
  -d "grant_type=authorization_code" \\
  -d "code=auth_code_here" \\
  -d "client_id=TkojUzrbS4nOUeF3deQ0uFwpNNH1kYjYFTisfEIC" \\
  -d "client_secret=your_client_secret" \\
  -d "code_verifier=random_string_used_for_pkce" \\
  -d "redirect_uri=https://your-server/callback/"`
const use = `curl -H "Authorization: Bearer eyJ0eXAiOiJKV1QiLCJhbGc..." \\
  https://www.openchatstudio.com/api/...`

/** The document's Python, line by line: 128 of its characters, hashed, base64url without padding. */
function documentPkce(): { readonly verifier: string; readonly challenge: string } {
  const characters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~'
  const verifier = Array.from({ length: 128 }, () => characters[randomInt(characters.length)]).join('')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

test('register, authorize with PKCE, consent, exchange, call the API', async () => {
  for (const quoted of [authorize, token, use]) assertQuoted('openchatstudio', quoted)
  const person = await newPerson(server)
  await newTeam(server, 'flow-team', [person])
  const app = await newApp(server, {
    door: 'openchatstudio',
    name: 'Flow',
    redirect_uris: ['https://your-server/callback/'],
    scope: 'chatbot:read session:read',
  })
  const { verifier, challenge } = documentPkce()

  const request = authorize
    .replace(host, '')
    .replace('TkojUzrbS4nOUeF3deQ0uFwpNNH1kYjYFTisfEIC', app.clientId)
    .replace('E9Mrozoa2owUzb1iCHFpQwbi6E3MwMZLvDu0mkMksYI', challenge)
  const browser = createBrowser(server.base)
  const anonymous = await browser.open(request)
  assert.equal(anonymous.status, 302)
  const signIn = await browser.settle(anonymous)
  const back = await browser.submit(signIn, { email: person.email, password: person.password })
  assert.equal(
    back.headers.location,
    request,
    'after signing in the browser is back at the identical request',
  )

  const approved = await approve(browser, request)
  assert.equal(approved.status, 302)
  assert.ok(approved.headers.location?.startsWith('https://your-server/callback/?'))
  assert.equal(responseOf(approved).get('state'), 'random_state_string')

  const exchanged = await curl(token, {
    [host]: server.base,
    auth_code_here: responseOf(approved).get('code') ?? '',
    TkojUzrbS4nOUeF3deQ0uFwpNNH1kYjYFTisfEIC: app.clientId,
    your_client_secret: app.secret,
    random_string_used_for_pkce: verifier,
  })
  assert.equal(exchanged.status, 200)
  assert.equal(exchanged.json['token_type'], 'Bearer')
  assert.equal(exchanged.json['expires_in'], 3600)
  assert.equal(exchanged.json['scope'], 'chatbot:read session:read')

  const called = await curl(use, {
    [`${host}/api/...`]: `${server.base}/api/chatbots/`,
    'eyJ0eXAiOiJKV1QiLCJhbGc...': text(exchanged, 'access_token'),
  })
  assert.equal(called.status, 200)
})
