import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { call, newPerson, type Person } from '../support/actors.ts'
import { type ExampleApi, examples, startExample } from '../support/example-api.ts'
import { type GuardAccess, newGuard } from '../support/guard-access.ts'
import { type Answer, type Ask, send, text } from '../support/http.ts'
import { newScene, newTokens } from '../support/ocs.ts'
import { falseTokens } from '../support/false-tokens.ts'
import { refusedCallers, type Vector } from '../support/refused-callers.ts'
import { httpAnswer, type LyingRelay, type RelayMode, startLyingRelay } from '../support/lying-relay.ts'
import { freePort, startServer, type TestServer } from '../support/server.ts'
import { signingKeyOf } from '../support/signing.ts'
import { changeVendor, newVendor, type Vendor, vendorTokens } from '../support/vendors.ts'

// The examples of docs/examples, run for real and held to one table. Between them and the server lies a relay, so that the
// server can be slow, gone or wrong.

let server: TestServer
let relay: LyingRelay
let access: GuardAccess
let person: Person
let vendor: Vendor
/** Access tokens: of an app that may all, of one that may nothing of the API, of the vendor. */
let tokens: Readonly<Record<'app' | 'profile' | 'vendor', string>>

const seconds = () => Math.floor(Date.now() / 1000)

before(async () => {
  const port = await freePort()
  relay = await startLyingRelay(port)
  server = await startServer({
    port,
    baseUrl: relay.url,
    // Other programs verify by their own clocks, which can't be moved.
    startAt: seconds(),
    forwardAuth: ['/behind/domains', '/behind/other'].map((path) => ({
      path,
      shape: 'message',
      rule: { doors: ['osir'], scopes: ['domains:read'] },
      token: true,
    })),
  })
  access = await newGuard(server)
  person = await newPerson(server)
  vendor = await newVendor(server)
  tokens = {
    app: (await newTokens(await newScene(server))).access,
    profile: (await newTokens(await newScene(server, { scope: 'profile' }))).access,
    vendor: (await vendorTokens(server, vendor)).access,
  }
})
after(async () => {
  await server.close()
  await relay.close()
})

const key = () => server.demo.keys['live'] ?? ''
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
async function newKey(
  more: object = {},
): Promise<{ readonly id: string; readonly headers: Ask['headers'] & object }> {
  const made = await call(server, '/v1/api-keys', { bearer: person.access, json: { name: 'k', ...more } })
  return { id: text(made, 'id'), headers: { 'X-API-Key': text(made, 'key') } }
}

/** A token as forward authentication puts it on a request. */
async function internalToken(path: string, { behind = 0, method = 'GET' } = {}): Promise<string> {
  await server.advance(seconds() - behind - server.now())
  const answer = await call(server, '/guard/forward-auth', {
    headers: { 'X-Forwarded-Method': method, 'X-Forwarded-Uri': path, 'X-API-Key': key() },
  })
  await server.advance(seconds() - server.now())
  return String(answer.headers['x-auth-token'])
}

function assertRefused(answer: Answer, { status, body, challenge, name }: Vector): void {
  assert.equal(answer.status, status, `${name}: ${answer.text}`)
  assert.match(String(answer.headers['content-type']), /^application\/json/)
  assert.equal(answer.headers['cache-control'], 'no-store')
  for (const [member, value] of Object.entries(body ?? {})) assert.deepEqual(answer.json[member], value, name)
  if (challenge) assert.match(String(answer.headers['www-authenticate']), challenge, name)
}

interface Caller {
  readonly kind: string
  readonly door: string
  readonly id: string
}
const callerOf = (answer: Answer) => answer.json['caller'] as Caller | undefined

for (const example of examples) {
  describe(example.name, { skip: example.skip }, () => {
    let api: ExampleApi
    before(async () => {
      example.build?.()
      api = await startExample(example, relay.url, access)
    })
    after(() => api.close())

    const ask = (path: string, headers: NonNullable<Ask['headers']> = {}) => send(api.url + path, { headers })
    /** Asks while the relay is in another mode. */
    async function during(
      mode: RelayMode,
      path: string,
      headers?: NonNullable<Ask['headers']>,
    ): Promise<Answer> {
      relay.become(mode)
      try {
        return await ask(path, headers)
      } finally {
        relay.become('pass')
      }
    }

    test('behind the proxy: without the public keys nobody is let in', async () => {
      const token = await internalToken('/behind/domains')
      for (const mode of ['cut', 'hold', { answer: httpAnswer('200 OK', '{}') }] as const) {
        const answer = await during(mode, '/behind/domains', { 'X-Auth-Token': token })
        assert.equal(answer.status, 503, answer.text)
        assert.equal(answer.json['error'], 'unavailable')
      }
    })

    test('a key holder, an app and a vendor are let in, each as who it is', async () => {
      const holder = await ask('/domains', { 'X-API-Key': key() })
      assert.equal(holder.status, 200, holder.text + api.log())
      assert.equal(callerOf(holder)?.kind, 'api-key')
      assert.equal(callerOf(holder)?.door, 'osir')
      assert.equal((await ask('/domains', bearer(key()))).status, 200, 'by either header')
      const app = await ask('/chatbots', bearer(tokens.app))
      assert.equal(callerOf(app)?.kind, 'app', app.text)
      await changeVendor(server, vendor, { plan: 'Standard' })
      assert.equal(callerOf(await ask('/campaigns', bearer(tokens.vendor)))?.kind, 'vendor')
    })

    test('how much of the limit is left is told on the reply', async () => {
      const { headers } = await ask('/domains', { 'X-API-Key': key() })
      assert.match(String(headers['x-ratelimit-remaining']), /^\d+$/)
      assert.match(String(headers['ratelimit-policy']), /;q=/)
    })

    test('everybody else is refused as the server words it', async () => {
      const { app, profile } = tokens
      const callers = refusedCallers({ key: key(), person: person.access, app, profile })
      for (const caller of callers) assertRefused(await ask(caller.path, caller.headers), caller)
    })

    test('another plan counts at the next request, either way', async () => {
      await changeVendor(server, vendor, { plan: 'Free' })
      const body = { error: 'plan_required', required_plan: 'Standard', current_plan: 'Free' }
      const refused = { name: 'plan', path: '', headers: {}, status: 403, body }
      assertRefused(await ask('/campaigns', bearer(tokens.vendor)), refused)
      await changeVendor(server, vendor, { plan: 'Enterprise' })
      assert.equal((await ask('/campaigns', bearer(tokens.vendor))).status, 200)
    })

    test('a key that was revoked is refused at the next request', async () => {
      const { id, headers } = await newKey()
      assert.equal((await ask('/domains', headers)).status, 200)
      await call(server, `/v1/api-keys/${id}`, { method: 'DELETE', bearer: person.access })
      assert.equal((await ask('/domains', headers)).status, 401)
    })

    test('the address is the connection’s; what a caller says of itself counts for nothing', async () => {
      const here = await newKey({ ip_list: ['127.0.0.1'] })
      assert.equal((await ask('/domains', here.headers)).status, 200)
      const elsewhere = await newKey({ ip_list: ['198.51.100.1'] })
      const said = {
        'X-Forwarded-For': '198.51.100.1',
        'X-Real-IP': '198.51.100.1',
        Forwarded: 'for=198.51.100.1',
      }
      assert.equal((await ask('/domains', { ...elsewhere.headers, ...said })).status, 403)
    })

    test('a server that is gone, silent or not itself lets nobody in: 503 in the words of the route', async () => {
      const oauth = { error: 'unavailable', error_description: 'The service is temporarily unavailable.' }
      const message = { error: 'unavailable', message: 'The service is temporarily unavailable.' }
      const allow = '{"outcome":"allow"}'
      const whole =
        '{"outcome":"allow","principal":{"kind":"person","id":"x","door":"osir","scopes":[]},"headers":{}}'
      for (const mode of [
        'cut',
        'hold',
        { answer: httpAnswer('200 OK', '{}') },
        { answer: httpAnswer('200 OK', allow) },
        { answer: httpAnswer('200 OK', '{"outcome":"allow","principal":null,"headers":{}}') },
        { answer: httpAnswer('200 OK', '[]') },
        { answer: httpAnswer('200 OK', 'yes') },
        { answer: httpAnswer('500 Internal Server Error', whole) },
        { answer: httpAnswer('401 Unauthorized', '{"error":"invalid_client"}') },
        { answer: httpAnswer('302 Found', whole, `Location: ${api.url}/domains\r\n`) },
        { answer: 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"outcome"' },
        { answer: httpAnswer('202 Accepted', whole) },
        { answer: 'no HTTP\r\n\r\n' },
      ] as const) {
        const holder = await during(mode, '/domains', { 'X-API-Key': key() })
        const about = `${JSON.stringify(mode)}: ${holder.text}`
        assert.equal(holder.status, 503, about)
        assert.deepEqual(holder.json, message, about)
        assert.equal(holder.headers['cache-control'], 'no-store')
      }
      const app = await during('cut', '/chatbots', bearer(tokens.app))
      assert.equal(app.status, 503)
      assert.deepEqual(app.json, oauth)
      assert.equal((await ask('/domains', { 'X-API-Key': key() })).status, 200, 'and then it goes on')
    })

    test('connections to the server are used again, and one that died meanwhile costs no request', async () => {
      assert.equal((await ask('/domains', { 'X-API-Key': key() })).status, 200)
      const opened = relay.opened()
      for (let count = 0; count < 10; count += 1) await ask('/domains', { 'X-API-Key': key() })
      assert.equal(relay.opened(), opened)
      relay.become('pass')
      assert.equal((await ask('/domains', { 'X-API-Key': key() })).status, 200)
    })

    test('behind the proxy: the token says who is calling, and the server is not asked', async () => {
      const token = await internalToken('/behind/domains')
      let answer = await ask('/behind/domains', { 'X-Auth-Token': token })
      // Keys that could not be had are asked for again a second later.
      while (answer.status === 503) answer = await ask('/behind/domains', { 'X-Auth-Token': token })
      assert.equal(answer.status, 200, answer.text + api.log())
      const asked = await ask('/domains', { 'X-API-Key': key() })
      assert.deepEqual(callerOf(answer), callerOf(asked), 'the same principal as a check tells')
      assert.equal((await during('cut', '/behind/domains', { 'X-Auth-Token': token })).status, 200)
      const head = await internalToken('/behind/domains', { method: 'HEAD' })
      assert.equal(
        (await ask('/behind/domains', { 'X-Auth-Token': head })).status,
        200,
        'HEAD is judged as GET',
      )
    })

    test('behind the proxy: whatever is not such a token for this route is refused', async () => {
      const token = await internalToken('/behind/domains')
      const cases = {
        ...falseTokens(token, signingKeyOf(server), seconds()),
        'another route’s': await internalToken('/behind/other'),
        'another method’s': await internalToken('/behind/domains', { method: 'POST' }),
        'one that has expired': await internalToken('/behind/domains', { behind: 120 }),
        'an app’s own token': tokens.app,
        'a key': key(),
      }
      for (const [name, value] of Object.entries(cases)) {
        const answer = await ask('/behind/domains', { 'X-Auth-Token': value })
        assert.equal(answer.status, 401, `${name}: ${answer.text}${api.log().slice(-2000)}`)
        assert.match(String(answer.headers['www-authenticate']), /^Bearer error="invalid_token"/)
      }
      assert.equal((await ask('/behind/domains')).status, 401, 'without one')
      assert.equal((await ask('/behind/domains', bearer(token))).status, 401, 'as a caller’s own credential')
    })

    test('nothing that it prints holds a credential', () => {
      for (const secret of [key(), tokens.app, tokens.vendor, person.access, access.clientSecret])
        assert.equal(api.log().includes(secret), false)
    })
  })
}
