/** OpenID CIBA Core 1.0 in poll mode: an app asks for a person by name, who decides on their account page. */
import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { decodeJwt } from 'jose'
import { administer, type App, call, newApp } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { credentials, grantType, somebody, type Somebody, startWith } from '../support/grants.ts'
import { storeBytes, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let who: Somebody
let app: App
let hook: Server
const secret = `whsec_${randomBytes(32).toString('base64')}`
const told: { readonly request: IncomingMessage; readonly body: string }[] = []

before(async () => {
  hook = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      told.push({ request, body })
      response.end()
    })
  }).listen(0, '127.0.0.1')
  await once(hook, 'listening')
  const address = hook.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/hook`
  server = await startWith([grantType.backchannel], { backchannelHook: { url, secret } })
  who = await somebody(server)
  app = await newCentre()
})
after(async () => {
  hook.close()
  await server.close()
})

const newCentre = (more: object = {}): Promise<App> =>
  newApp(server, {
    door: 'openchatstudio',
    name: 'Call centre',
    grant_types: [grantType.backchannel, 'refresh_token'],
    scope: 'openid chatbot:read session:read',
    ...more,
  })

const refusal = ({ status, json }: Answer) => [status, json['error']]
type Form = Readonly<Record<string, string>>

const ask = (more: Form = {}, by: App = app): Promise<Answer> =>
  call(server, '/o/backchannel_authentication', {
    form: { scope: 'openid chatbot:read', login_hint: who.person.email, ...credentials(by), ...more },
  })
const poll = (asked: Answer, by: App = app): Promise<Answer> =>
  call(server, '/o/token', {
    form: {
      grant_type: grantType.backchannel,
      auth_req_id: text(asked, 'auth_req_id'),
      ...credentials(by),
    },
  })
const links = ({ text: html }: Answer) =>
  [...html.matchAll(/href="(\/account\/requests\/[^"]+)"/g)].map(([, href]) => href ?? '')

/** Where a person finds the newest request. */
async function newest({ browser }: Pick<Somebody, 'browser'> = who): Promise<string> {
  return links(await browser.open('/account')).at(-1) ?? ''
}
const decide = async (decision: 'approve' | 'deny', by: Somebody = who) =>
  by.browser.submit(await by.browser.open(await newest(by)), { decision })

test('§7.3, §8, §10.1: an app asks, the person finds it on their account page and approves, the app polls its tokens', async () => {
  const asked = await ask({ binding_message: 'Order 4711', requested_expiry: '120' })
  assert.equal(asked.status, 200, asked.text)
  assert.equal(asked.headers['cache-control'], 'no-store')
  assert.deepEqual({ ...asked.json, auth_req_id: '' }, { auth_req_id: '', expires_in: 120, interval: 5 })
  assert.deepEqual(refusal(await poll(asked)), [400, 'authorization_pending'])
  assert.deepEqual(refusal(await poll(asked)), [400, 'slow_down'])

  const account = await who.browser.open('/account')
  assert.match(account.text, /Waiting for you/)
  const page = await who.browser.open(await newest())
  for (const said of ['Call centre', 'Order 4711', '127.0.0.1', 'See your chatbots', who.team])
    assert.ok(page.text.includes(said), `the page says ${said}`)
  const done = await who.browser.submit(page, { decision: 'approve' })
  assert.match(done.text, /is connected/)
  assert.doesNotMatch((await who.browser.open('/account')).text, /Waiting for you/)

  const tokens = await poll(asked)
  assert.equal(tokens.status, 200, tokens.text)
  assert.equal(decodeJwt(text(tokens, 'id_token')).sub, who.person.id)
  const me = await call(server, '/api/user/me/', { bearer: text(tokens, 'access_token') })
  assert.deepEqual([me.json['id'], me.json['team']], [who.person.id, who.team])
  assert.deepEqual(refusal(await poll(asked)), [400, 'invalid_grant'], 'once')

  const again = await ask({ login_hint: '', id_token_hint: text(tokens, 'id_token') })
  assert.equal(again.status, 200, again.text)
  await decide('deny')
  assert.deepEqual(refusal(await poll(again)), [400, 'access_denied'])
})

test('§4: discovery names the endpoint and its mode, and a server without it has neither', async () => {
  const { json } = await call(server, '/.well-known/openid-configuration')
  assert.equal(json['backchannel_authentication_endpoint'], `${server.base}/o/backchannel_authentication`)
  assert.deepEqual(json['backchannel_token_delivery_modes_supported'], ['poll'])
  assert.equal(json['backchannel_user_code_parameter_supported'], false)
  const plain = await startServer()
  const without = (await call(plain, '/.well-known/openid-configuration')).json
  assert.deepEqual(
    Object.keys(without).filter((name) => name.startsWith('backchannel')),
    [],
  )
  assert.equal((await call(plain, '/o/backchannel_authentication', { form: {} })).status, 404)
  await plain.close()
})

describe('§7.1, §13: what is refused', () => {
  const wrong: [name: string, more: Form, error: string][] = [
    ['no hint', { login_hint: '' }, 'invalid_request'],
    ['two hints', { id_token_hint: 'x' }, 'invalid_request'],
    ['a hint that is no address', { login_hint: 'somebody' }, 'invalid_request'],
    [
      'a hint in the form of a token that nobody made',
      { login_hint: '', id_token_hint: 'x' },
      'invalid_request',
    ],
    ['a hint token, which is not taken', { login_hint: '', login_hint_token: 'x' }, 'invalid_request'],
    ['no scope', { scope: '' }, 'invalid_scope'],
    ['a scope without openid', { scope: 'chatbot:read' }, 'invalid_scope'],
    ['a scope that the client may not have', { scope: 'openid session:write' }, 'invalid_scope'],
    ['a message of two lines', { binding_message: 'a\nb' }, 'invalid_binding_message'],
    ['a message that is long', { binding_message: 'x'.repeat(65) }, 'invalid_binding_message'],
    ['a signed request (§7.1.1)', { request: 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln' }, 'invalid_request'],
    ['a request at an address', { request_uri: 'https://app.example/request' }, 'invalid_request'],
    ['a user code (§7.1.2)', { user_code: '1234' }, 'invalid_request'],
    ['an expiry that is no number', { requested_expiry: 'soon' }, 'invalid_request'],
  ]
  for (const [name, more, error] of wrong)
    test(name, async () => assert.deepEqual(refusal(await ask(more)), [400, error]))

  test('a client that is public, not registered for it, or not proven', async () => {
    const open = await newCentre({ type: 'public' })
    assert.deepEqual(refusal(await ask({}, open)), [400, 'unauthorized_client'])
    const other = await newCentre({
      grant_types: ['authorization_code'],
      redirect_uris: ['https://a.example/cb'],
    })
    assert.deepEqual(refusal(await ask({}, other)), [400, 'unauthorized_client'])
    assert.deepEqual(refusal(await ask({}, { ...app, secret: 'wrong' })), [401, 'invalid_client'])
  })
  test('§7.2: an ID token that was made for another client', async () => {
    const other = await newCentre()
    const theirs = await somebody(server)
    const asked = await ask({ login_hint: theirs.person.email }, other)
    await decide('approve', theirs)
    const hint = text(await poll(asked, other), 'id_token')
    assert.deepEqual(refusal(await ask({ login_hint: '', id_token_hint: hint })), [400, 'invalid_request'])
  })
})

describe('who may decide', () => {
  test('the person who was named and nobody else, who does not see it either', async () => {
    const asked = await ask()
    const stranger = await somebody(server)
    const href = await newest()
    assert.equal((await stranger.browser.open(href)).status, 404)
    const mine = await who.browser.open(href)
    const csrf = /name="csrf" value="([^"]+)"/.exec((await stranger.browser.open('/account')).text)?.[1] ?? ''
    const posted = await stranger.browser.submit(mine, { csrf, decision: 'approve' })
    assert.equal(posted.status, 404)
    assert.equal((await stranger.browser.open('/account')).text.includes('Waiting for you'), false)
    assert.equal(refusal(await poll(asked))[1], 'authorization_pending')
    await decide('deny')
  })
  test('§7.2: an address without an account is answered like one with an account, and waits in vain', async () => {
    const asked = await ask({ login_hint: 'nobody-here@example.com' })
    assert.deepEqual({ ...asked.json, auth_req_id: '' }, { auth_req_id: '', expires_in: 600, interval: 5 })
    assert.deepEqual(refusal(await poll(asked)), [400, 'authorization_pending'])
  })
  test('§11: a request that is over is on no page and buys nothing', async () => {
    const asked = await ask({ requested_expiry: '60' })
    const page = await who.browser.open(await newest())
    await server.advance(60)
    assert.equal((await who.browser.submit(page, { decision: 'approve' })).status, 404)
    assert.equal(links(await who.browser.open('/account')).length, 0)
    assert.deepEqual(refusal(await poll(asked)), [400, 'expired_token'])
  })
  test('of 50 polls at once exactly one gets the tokens, another client none', async () => {
    const asked = await ask()
    await decide('approve')
    assert.deepEqual(refusal(await poll(asked, await newCentre())), [400, 'invalid_grant'])
    const polled = await Promise.all(Array.from({ length: 50 }, () => poll(asked)))
    assert.equal(polled.filter(({ status }) => status === 200).length, 1)
    for (const one of polled) if (one.status !== 200) assert.deepEqual(refusal(one), [400, 'invalid_grant'])
  })
  test('one client can ask for one person ten times in ten minutes, whoever that is', async () => {
    const pushy = await newCentre()
    for (const login_hint of [who.person.email, 'nobody-there@example.com']) {
      for (let times = 0; times < 10; times += 1) assert.equal((await ask({ login_hint }, pushy)).status, 200)
      assert.deepEqual(refusal(await ask({ login_hint }, pushy)), [429, 'rate_limited'])
      assert.equal(
        (await ask({ login_hint: login_hint.toUpperCase() }, pushy)).status,
        429,
        'however it is written',
      )
    }
    await server.advance(600)
  })
})

test('the hook is told, signed as Standard Webhooks has it, and of nobody who is not there', async () => {
  told.length = 0
  await ask({ login_hint: 'nobody-at-all@example.com' })
  await ask({ binding_message: 'Order 4712' })
  while (told.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const [first] = told
  assert.ok(first)
  const { data, type } = JSON.parse(first.body) as { type: string; data: Record<string, unknown> }
  assert.equal(type, 'backchannel.asked')
  assert.deepEqual(
    [data['account_id'], data['client_name'], data['binding_message']],
    [who.person.id, 'Call centre', 'Order 4712'],
  )
  assert.equal(data['url'], server.base + (await newest()))
  const { headers } = first.request
  const key = Buffer.from(secret.slice(6), 'base64')
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${first.body}`
  assert.equal(
    headers['webhook-signature'],
    `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
  )
  assert.equal(told.length, 1)
})

test('no auth_req_id is in the store, the log or what the hook is told; the audit log tells who asked and who decided', async () => {
  const own = await newCentre()
  const asked = await ask({}, own)
  await decide('approve')
  await poll(asked, own)
  const id = text(asked, 'auth_req_id')
  for (const kept of [await storeBytes(server), server.log(), ...told.map(({ body }) => body)])
    assert.equal(kept.includes(id), false)
  for (const type of ['backchannel.asked', 'consent.given', 'token.issued']) {
    const { json } = await administer(server, 'GET', `/audit?type=${type}`)
    const events = json['data'] as readonly Record<string, unknown>[]
    assert.ok(
      events.some(({ clientId, accountId }) => clientId === own.clientId && accountId === who.person.id),
      type,
    )
  }
})
