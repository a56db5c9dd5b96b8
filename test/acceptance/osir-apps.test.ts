import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  administer,
  authorizePath,
  approve,
  call,
  exchange,
  type Flow,
  getCode,
  newApp,
  newPerson,
  newPkce,
  type Person,
  responseOf,
  signedInBrowser,
} from '../support/actors.ts'
import { type Browser, createBrowser } from '../support/browser.ts'
import { type Answer, text } from '../support/http.ts'
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

const callback = 'https://yourapp.com/callback'

async function newFlow(app: object = {}, more: Partial<Flow> = {}): Promise<Flow> {
  const registered = await newApp(server, {
    door: 'osir-oauth',
    redirect_uris: [callback],
    scope: 'domains:read domains:write',
    ...app,
  })
  return {
    app: registered,
    redirectUri: callback,
    authorize: '/oauth/authorize',
    scope: 'domains:read domains:write',
    ...more,
  }
}

const redeem = (flow: Flow, code: string, more: Readonly<Record<string, string>> = {}) =>
  exchange(server, '/oauth/token', flow, code, more)
const domains = (bearer: string, json?: object) =>
  call(server, '/v1/domains', { bearer, ...(json && { json }) })

async function newTokens(flow?: Flow): Promise<{
  readonly flow: Flow
  readonly access: string
  readonly refresh: string
  readonly answer: Answer
}> {
  const used = flow ?? (await newFlow())
  const answer = await redeem(used, await getCode(browser, used))
  return { flow: used, answer, access: text(answer, 'access_token'), refresh: text(answer, 'refresh_token') }
}

function refresh({ app }: Flow, token: string, secret = app.secret): Promise<Answer> {
  return call(server, '/oauth/token', {
    form: {
      grant_type: 'refresh_token',
      refresh_token: token,
      client_id: app.clientId,
      client_secret: secret,
    },
  })
}

function assertError(answer: Answer, status: number, ...errors: string[]): void {
  assert.equal(answer.status, status, answer.text)
  assert.ok(errors.includes(text(answer, 'error')), answer.text)
}

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

test('OSIR-19 the code is exchanged as the document shows', async () => {
  const { answer } = await newTokens()
  assert.equal(answer.status, 200)
  const { access_token: access, refresh_token: token, ...rest } = answer.json
  assert.ok(typeof access === 'string' && typeof token === 'string')
  assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600, scope: 'domains:read domains:write' })
})

test('OSIR-20 the token reads and writes', async () => {
  const { access } = await newTokens()
  assert.equal((await domains(access)).status, 200)
  assert.equal((await domains(access, { name: 'new.example' })).status, 201)
})

test('OSIR-21 after an hour the body is the document’s', async () => {
  const { access } = await newTokens()
  await server.advance(3601)
  const answer = await domains(access)
  assert.equal(answer.status, 401)
  assert.deepEqual(answer.json, { error: 'unauthorized', message: 'Invalid or missing API key' })
})

test('OSIR-22 a refresh answers a new access token', async () => {
  const { flow, access, refresh: token } = await newTokens()
  const answer = await refresh(flow, token)
  assert.equal(answer.status, 200)
  assert.notEqual(text(answer, 'access_token'), access)
  assert.equal((await domains(text(answer, 'access_token'))).status, 200)
})

test('OSIR-23 the old refresh token works while its successor is unused', async () => {
  const { flow, refresh: first } = await newTokens()
  const successor = text(await refresh(flow, first), 'refresh_token')
  await server.advance(7 * 24 * 3600)
  const again = await refresh(flow, first)
  assert.equal(again.status, 200)
  assert.equal(text(again, 'refresh_token'), successor)
})

test('OSIR-24 and ends the family once it was used', async () => {
  const { flow, refresh: first } = await newTokens()
  const second = await refresh(flow, text(await refresh(flow, first), 'refresh_token'))
  assert.equal(second.status, 200)
  assertError(await refresh(flow, first), 400, 'invalid_grant')
  assertError(await refresh(flow, text(second, 'refresh_token')), 400, 'invalid_grant')
  assert.equal((await domains(text(second, 'access_token'))).status, 401)
})

test('OSIR-25 a challenge that was sent is enforced', async () => {
  const flow = await newFlow({}, { pkce: newPkce() })
  const { pkce: _pkce, ...without } = flow
  assertError(await redeem(without, await getCode(browser, flow)), 400, 'invalid_grant', 'invalid_request')
  assertError(
    await redeem(flow, await getCode(browser, flow), { code_verifier: 'x'.repeat(43) }),
    400,
    'invalid_grant',
  )
  assert.equal((await redeem(flow, await getCode(browser, flow))).status, 200)
})

test('OSIR-26 a verifier without a challenge is refused', async () => {
  const flow = await newFlow()
  assertError(
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

test('OSIR-30 codes work once, for a minute, for their client, with its secret', async () => {
  const flow = await newFlow()
  const used = await getCode(browser, flow)
  assertError(await redeem(flow, used, { client_secret: 'wrong' }), 401, 'invalid_client')
  assert.equal((await redeem(flow, used)).status, 200)
  assertError(await redeem(flow, used), 400, 'invalid_grant')
  const foreign = await getCode(browser, flow)
  assertError(await redeem({ ...flow, app: (await newFlow()).app }, foreign), 400, 'invalid_grant')
  const late = await getCode(browser, flow)
  await server.advance(61)
  assertError(await redeem(flow, late), 400, 'invalid_grant')
})

test('OSIR-31 errors of the token endpoint have the shape of RFC 6749', async () => {
  const answer = await redeem(await newFlow(), 'unknown')
  assert.equal(answer.status, 400)
  assert.deepEqual(Object.keys(answer.json).sort(), ['error', 'error_description'])
  assert.equal(answer.json['error'], 'invalid_grant')
})

test('OSIR-32 a token that may only read can’t write', async () => {
  const { access } = await newTokens(await newFlow({}, { scope: 'domains:read' }))
  const answer = await domains(access, { name: 'x.example' })
  assert.equal(answer.status, 403)
  assert.deepEqual(answer.json, { error: 'forbidden', message: 'Insufficient permissions for this action' })
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
  const code = await getCode(browser, flow)
  assert.equal((await exchange(server, '/oauth/token/', flow, code)).status, 200)
})

test('OSIR-42 a JSON body is refused', async () => {
  const answer = await call(server, '/oauth/token', { json: { grant_type: 'authorization_code' } })
  assertError(answer, 415, 'unsupported_media_type')
})

test('OSIR-44 two secrets work while they overlap', async () => {
  const { flow, refresh: token } = await newTokens()
  const rotated = await administer(server, 'POST', `/clients/${flow.app.clientId}/secrets`, {
    overlap_seconds: 60,
  })
  assert.equal((await refresh(flow, token)).status, 200)
  assert.equal((await refresh(flow, token, text(rotated, 'client_secret'))).status, 200)
  await server.advance(60)
  assertError(await refresh(flow, token), 401, 'invalid_client')
  assert.equal((await refresh(flow, token, text(rotated, 'client_secret'))).status, 200)
})
