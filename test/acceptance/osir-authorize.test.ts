import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  administer,
  authorizePath,
  approve,
  exchange,
  type Flow,
  getCode,
  newPerson,
  newPkce,
  type Person,
  responseOf,
  signedInBrowser,
} from '../support/actors.ts'
import { type Browser, createBrowser } from '../support/browser.ts'
import { assertOauthError, callback, newOsirFlow, redeemAt } from '../support/osir.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let person: Person
let browser: Browser
before(async () => {
  server = await startServer()
  person = await newPerson(server)
  browser = await signedInBrowser(server, person)
})
after(() => server.close())

const newFlow = (app?: object, more?: Partial<Flow>) => newOsirFlow(server, app, more)
const redeem = (flow: Flow, code: string, more?: Readonly<Record<string, string>>) =>
  redeemAt(server, flow, code, more)

test('OSIR-17 without state and PKCE: sign in, consent with both scopes, a code and no state', async () => {
  const flow = await newFlow()
  const path = `/oauth/authorize?client_id=${flow.app.clientId}&redirect_uri=${callback}&response_type=code&scope=domains:read%20domains:write`
  const anonymous = createBrowser(server.base)
  const signIn = await anonymous.settle(await anonymous.open(path))
  const consent = await anonymous.settle(
    await anonymous.submit(signIn, { email: person.email, password: person.password }),
  )
  assert.equal(consent.status, 200)
  for (const words of ['View domains', 'Manage domains']) assert.ok(consent.text.includes(words), words)
  const answer = await anonymous.submit(consent, { decision: 'approve' })
  assert.equal(answer.status, 302)
  assert.ok(answer.headers.location?.startsWith(`${callback}?code=`))
  assert.equal(responseOf(answer).has('state'), false)
})

test('OSIR-18 a plus sign joins scopes as well', async () => {
  const flow = await newFlow()
  const path = `/oauth/authorize?client_id=${flow.app.clientId}&redirect_uri=${callback}&response_type=code&scope=domains:read+domains:write`
  const code = responseOf(await approve(browser, path)).get('code') ?? ''
  assert.equal((await redeem(flow, code)).json['scope'], 'domains:read domains:write')
})

test('OSIR-25 a challenge that was sent is enforced', async () => {
  const flow = await newFlow({}, { pkce: newPkce() })
  const { pkce: _pkce, ...without } = flow
  assertOauthError(
    await redeem(without, await getCode(browser, flow)),
    400,
    'invalid_grant',
    'invalid_request',
  )
  assertOauthError(
    await redeem(flow, await getCode(browser, flow), { code_verifier: 'x'.repeat(43) }),
    400,
    'invalid_grant',
  )
  assert.equal((await redeem(flow, await getCode(browser, flow))).status, 200)
})

test('OSIR-26 a verifier without a challenge is refused', async () => {
  const flow = await newFlow()
  assertOauthError(
    await redeem(flow, await getCode(browser, flow), { code_verifier: newPkce().verifier }),
    400,
    'invalid_grant',
  )
})

test('OSIR-27 a public client needs PKCE', async () => {
  const flow = await newFlow({ type: 'public' })
  const answer = await browser.open(authorizePath(flow))
  assert.equal(answer.status, 302)
  assert.equal(responseOf(answer).get('error'), 'invalid_request')
  const proven = { ...flow, pkce: newPkce() }
  assert.equal((await redeem(proven, await getCode(browser, proven), { client_secret: '' })).status, 200)
})

test('OSIR-28 whatever is not the registered address gets a page and no redirect', async () => {
  const flow = await newFlow()
  for (const uri of [
    `${callback}/`,
    `${callback}more`,
    'http://yourapp.com/callback',
    'https://yourapp.com:443/callback',
    `${callback}#f`,
    `${callback}?x=1`,
    'https://yourapp.com@evil.example/callback',
    'https://YOURAPP.com/callback',
    'https://yourapp.com/%63allback',
  ]) {
    const answer = await browser.open(authorizePath({ ...flow, redirectUri: uri }))
    assert.equal(answer.status, 400, uri)
    assert.match(answer.headers['content-type'] ?? '', /^text\/html/)
    assert.equal(answer.headers.location, undefined)
  }
})

test('OSIR-29 a request that anybody could have made is asked each time', async () => {
  const flow = await newFlow()
  await getCode(browser, flow)
  assert.equal((await browser.open(authorizePath(flow))).status, 200, 'asked again')
  const bound = { ...flow, pkce: newPkce(), more: { state: 's' } }
  assert.equal((await browser.open(authorizePath(bound))).status, 302, 'one that is bound to its app is not')
})

test('OSIR-33 nobody grants more than they have', async () => {
  const limited = await newPerson(server)
  const { json } = await administer(server, 'GET', `/accounts/${limited.id}`)
  await administer(server, 'PUT', `/teams/${String(json['home_team'])}/members/${limited.id}`, {
    role: 'technical',
  })
  const own = await signedInBrowser(server, limited)
  const flow = await newFlow({ scope: 'domains:read billing:write' }, { scope: 'domains:read billing:write' })
  const page = await own.open(authorizePath(flow))
  assert.match(page.text, /not yours to give/)
  const approved = await own.submit(page, { decision: 'approve', scope: ['domains:read', 'billing:write'] })
  const tokens = await redeem(flow, responseOf(approved).get('code') ?? '')
  assert.equal(tokens.json['scope'], 'domains:read')
  const billing = await newFlow({ scope: 'billing:write' }, { scope: 'billing:write' })
  assert.equal(responseOf(await approve(own, authorizePath(billing))).get('error'), 'access_denied')
})

test('OSIR-41 with a slash the endpoints are the same, never a redirect', async () => {
  const flow = await newFlow({}, { authorize: '/oauth/authorize/' })
  const page = await browser.open(authorizePath(flow))
  assert.equal(page.status, 200, 'the consent page itself, not the way to it')
  const approved = await browser.submit(page, { decision: 'approve' })
  assert.equal(approved.status, 302)
  assert.ok(approved.headers.location?.startsWith(`${callback}?code=`))
  const code = responseOf(approved).get('code') ?? ''
  const answer = await exchange(server, '/oauth/token/', flow, code)
  assert.equal(answer.status, 200)
  assert.equal(answer.json['scope'], 'domains:read domains:write')
  // Burned there, it is burned here: both are one endpoint.
  assertOauthError(await redeem(flow, code), 400, 'invalid_grant')
})
