/** Rights in detail, asked for, shown, granted and narrowed. The sections are those of RFC 9396. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { approve, authorizePath, call, newApp, responseOf } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { newFlow, newScene, redeem, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

// RFC 9396: what an app may do, in detail, at a real server whose `payment` type is in support/server-process.ts.
let server: TestServer
let scene: Scene
before(async () => {
  const route = { path: '/*', shape: 'oauth', rule: { doors: ['openchatstudio'] }, token: true } as const
  server = await startServer({
    doors: { openchatstudio: { authorizationDetails: ['payment'], pushedRequests: 'optional' } },
    forwardAuth: [route],
  })
  scene = await newScene(server)
})
after(() => server.close())

const payment = { type: 'payment', amount: '12.50', currency: 'EUR', creditor: 'Merchant A' }
const other = { ...payment, amount: '3.00', creditor: '<b>Merchant B' }

const flowOf = (details: unknown, from = scene) => {
  const value = typeof details === 'string' ? details : JSON.stringify(details)
  return newFlow(from, { team: from.team, more: { authorization_details: value, state: 's' } })
}
async function granted(details: unknown): Promise<Answer> {
  const flow = flowOf(details)
  const answer = await approve(scene.browser, authorizePath(flow))
  return redeem(server, flow, responseOf(answer).get('code') ?? '')
}
function refresh(token: string, details?: unknown): Promise<Answer> {
  const { clientId: client_id, secret: client_secret } = scene.app
  const more = details === undefined ? {} : { authorization_details: JSON.stringify(details) }
  return call(server, '/o/token/', {
    form: { grant_type: 'refresh_token', refresh_token: token, client_id, client_secret, ...more },
  })
}
const claimsOf = (token: unknown): Record<string, unknown> =>
  JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString())

test('§2.2: consent says what is wanted in the words of the type, and never as markup', async () => {
  const page = await scene.browser.open(authorizePath(flowOf([payment, other])))
  assert.match(page.text, /pay 12\.50 EUR to Merchant A/)
  assert.match(page.text, /pay 3\.00 EUR to &lt;b&gt;Merchant B/)
})

test('§7, §9.1, §9.2: what was granted is in the response, in the token and in introspection', async () => {
  const { json } = await granted([payment, other])
  assert.deepEqual(json['authorization_details'], [payment, other])
  assert.deepEqual(claimsOf(json['access_token'])['authorization_details'], [payment, other])
  const { clientId: client_id, secret: client_secret } = scene.app
  for (const token of [json['access_token'], json['refresh_token']]) {
    const told = await call(server, '/o/introspect/', {
      form: { client_id, client_secret, token: String(token) },
    })
    assert.deepEqual(told.json['authorization_details'], [payment, other])
  }
})

test('the guard’s principal has them, for the API to hold', async () => {
  const tokens = await granted([payment])
  const headers = { 'X-Original-Method': 'GET', 'X-Original-URI': '/pay' }
  const answer = await call(server, '/guard/forward-auth', { bearer: text(tokens, 'access_token'), headers })
  assert.equal(answer.status, 200, answer.text)
  const [internal] = Object.values(answer.headers).filter((value) => String(value).startsWith('ey'))
  assert.match(JSON.stringify(claimsOf(internal)), /"authorization_details":\[\{"type":"payment"/)
})

test('each such request is asked about: what was allowed once was allowed for that', async () => {
  await granted([payment])
  const again = await scene.browser.open(authorizePath(flowOf([payment])))
  assert.equal(again.status, 200)
})

describe('§6: a token request narrows, and never widens', () => {
  test('to one of two, and the refresh token keeps both', async () => {
    const first = await granted([payment, other])
    const less = await refresh(text(first, 'refresh_token'), [other])
    assert.deepEqual(less.json['authorization_details'], [other])
    const all = await refresh(text(less, 'refresh_token'))
    assert.deepEqual(all.json['authorization_details'], [payment, other])
  })

  test('another amount, more than was granted, or noise is refused', async () => {
    const first = await granted([payment])
    for (const asked of [[{ ...payment, amount: '99.00' }], [payment, other], 'x', {}, []]) {
      const answer = await refresh(text(first, 'refresh_token'), asked)
      assert.equal(answer.status, 400)
      assert.equal(answer.json['error'], 'invalid_authorization_details', JSON.stringify(asked))
    }
  })

  test('a grant without details has none to narrow to', async () => {
    const flow = newFlow(scene, { team: scene.team })
    const answer = await approve(scene.browser, authorizePath(flow))
    const more = { authorization_details: JSON.stringify([payment]) }
    const tokens = await redeem(server, flow, responseOf(answer).get('code') ?? '', more)
    assert.equal(tokens.json['error'], 'invalid_authorization_details')
  })

  test('a machine has nobody who allowed them', async () => {
    const client = { door: 'openchatstudio', team: scene.teamId, grant_types: ['client_credentials'] }
    const { clientId: client_id, secret: client_secret } = await newApp(server, client)
    const form = { grant_type: 'client_credentials', client_id, client_secret }
    assert.equal((await call(server, '/o/token/', { form })).status, 200)
    const more = { authorization_details: JSON.stringify([payment]) }
    const refused = await call(server, '/o/token/', { form: { ...form, ...more } })
    assert.equal(refused.json['error'], 'invalid_authorization_details')
  })
})

describe('§5: what does not fit is refused at the client’s address, and when it is pushed', () => {
  for (const [name, details] of [
    ['no JSON', 'x'],
    ['no list', payment],
    ['an unknown type', [{ type: 'x' }]],
    ['a known and an unknown type', [payment, { type: 'x' }]],
    ['a member missing', [{ type: 'payment', amount: '1.00' }]],
    ['a member that is not known', [{ ...payment, urgent: true }]],
    ['a member of the wrong shape', [{ ...payment, amount: '-1' }]],
    ['a member of Object.prototype as a type', [{ type: 'constructor' }]],
  ] as const) {
    test(name, async () => {
      const path = authorizePath(flowOf(details))
      const answer = await scene.browser.open(path)
      assert.equal(responseOf(answer).get('error'), 'invalid_authorization_details')
      assert.equal(responseOf(answer).get('state'), 's')
      const form = [...new URL(path, server.base).searchParams, ['client_secret', scene.app.secret]] as const
      const pushed = await call(server, '/o/par', { form })
      assert.equal(pushed.json['error'], 'invalid_authorization_details')
    })
  }
})

test('§10: discovery lists the types; a door that takes none ignores the parameter', async (t) => {
  const told = (await call(server, '/.well-known/openid-configuration')).json
  assert.deepEqual(told['authorization_details_types_supported'], ['payment'])
  const plain = await startServer()
  t.after(() => plain.close())
  const { json } = await call(plain, '/.well-known/openid-configuration')
  assert.equal(json['authorization_details_types_supported'], undefined)
  const own = await newScene(plain)
  const flow = flowOf([payment], own)
  const answer = await approve(own.browser, authorizePath(flow))
  const more = { authorization_details: JSON.stringify([payment]) }
  const tokens = await redeem(plain, flow, responseOf(answer).get('code') ?? '', more)
  assert.equal(tokens.status, 200)
  assert.equal(tokens.json['authorization_details'], undefined)
})
