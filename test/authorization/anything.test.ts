import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { authorizePath, call } from '../support/actors.ts'
import { type Browser, createBrowser, readForm } from '../support/browser.ts'
import type { Answer } from '../support/http.ts'
import { callback, newFlow, newScene, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

// RFC 9700 §4.11 and RFC 6749 §4.1.2.1: whatever is sent, in whatever way, with everything switched on. Nobody here has ever
// approved anything, so there is no request that a code could answer.
let server: TestServer
let scene: Scene
let key: CryptoKey
let browsers: readonly Browser[]
const native = 'com.example.app:/cb'
before(async () => {
  const pair = await generateKeyPair('ES256')
  key = pair.privateKey
  server = await startServer({
    doors: {
      openchatstudio: {
        responseModes: ['query', 'form_post', 'query.jwt', 'form_post.jwt'],
        pushedRequests: 'optional',
        requestObjects: 'optional',
        claimsParameter: true,
        authorizationDetails: ['payment'],
        dpop: 'optional',
        resources: { 'https://billing.example/v1': 'Billing' },
      },
    },
  })
  const jwks = { keys: [await exportJWK(pair.publicKey)] }
  scene = await newScene(server, { redirect_uris: [callback, native], scope: 'openid chatbot:read', jwks })
  browsers = [scene.browser, createBrowser(server.base)]
})
after(() => server.close())

type Pair = readonly [name: string, value: string]

const names = (
  'response_type client_id redirect_uri scope state nonce prompt max_age login_hint code_challenge code_challenge_method ' +
  'response_mode request request_uri resource team id_token_hint acr_values claims authorization_details dpop_jkt ' +
  'ui_locales decision csrf sallyport_step iss code error __proto__ constructor'
).split(' ')
const words = (
  'code token query form_post jwt query.jwt form_post.jwt fragment none login consent select_account openid S256 plain 0 1 -1 ' +
  'approve urn:ietf:params:oauth:request_uri:x https://evil.example/ //evil.example /\\evil.example javascript:alert(1) ' +
  'https://billing.example/v1 {} {"userinfo":{"name":null}} [{"type":"x"}] [{"type":"payment"}] "><script>'
).split(' ')
const others = ['', 'none login', 'openid chatbot:read', `${callback}?x=1`, `${callback}#f`, callback, native]
const values = [...words, ...others, 'a'.repeat(43), '\u0000', '\r\nLocation: https://evil.example']
const value = fc.oneof(
  fc.constantFrom(...values),
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
)
const pair = fc.tuple(fc.constantFrom(...names), value)
/** What a good request is changed by: names to leave out, and pairs to add or to put in their place. */
const change = fc.record({
  without: fc.subarray(names.slice(0, 12), { maxLength: 2 }),
  instead: fc.array(pair, { maxLength: 3 }),
  more: fc.array(pair, { maxLength: 3 }),
  mode: fc.constantFrom('', 'query', 'form_post', 'jwt', 'form_post.jwt'),
  redirectUri: fc.constantFrom(callback, native),
  team: fc.boolean(),
  prompt: fc.constantFrom('', 'none', 'consent', 'login', 'select_account'),
})
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never

const textOf = (pairs: readonly Pair[]) =>
  new URLSearchParams(pairs.map(([name, one]): [string, string] => [name, one])).toString()

function pairsOf({ without, instead, more, mode, prompt, redirectUri, team }: Change): readonly Pair[] {
  const own = { redirectUri, ...(team && { team: scene.team }) }
  const flow = newFlow(scene, { ...own, more: { response_mode: mode, prompt, state: 's' } })
  const good = new Map(new URL(authorizePath(flow), server.base).searchParams)
  for (const name of without) good.delete(name)
  for (const [name, replaced] of instead) good.set(name, replaced)
  return [...good, ...more]
}

/** Where an answer would take the browser: this server, or the client’s own addresses, and nowhere else. */
function assertHarmless({ status, headers, text }: Answer, what: string): void {
  assert.ok(status < 500, `${status} ${what}`)
  const { location } = headers
  const away = [callback, native].some((address) => location?.startsWith(`${address}?`))
  assert.ok(location === undefined || away || /^\/(?![/\\])/.test(location), `${location} ${what}`)
  if (away) assertNoCode(new URL(location ?? '').searchParams, what)
  if (/<form/.test(text)) {
    const { action, fields } = readForm(text)
    assert.ok(action === callback || /^\/(?![/\\])/.test(action), `${action} ${what}`)
    if (action === callback) assertNoCode(new URLSearchParams(textOf(fields)), what)
  }
  assert.doesNotMatch(text, /<script/, what)
}
function assertNoCode(params: URLSearchParams, what: string): void {
  const signed = params.get('response')?.split('.')[1]
  const claims = signed === undefined ? {} : JSON.parse(Buffer.from(signed, 'base64url').toString())
  assert.equal(params.has('code') || 'code' in claims, false, what)
  assert.ok(params.has('error') || 'error' in claims, what)
}

async function follow(browser: Browser, first: Answer, what: string): Promise<void> {
  let answer = first
  for (let hops = 0; hops < 3; hops += 1) {
    assertHarmless(answer, what)
    const { location } = answer.headers
    if (!location?.startsWith('/')) return
    answer = await browser.open(location)
  }
  assertHarmless(answer, what)
}

const who = fc.constantFrom(0, 1)
const limits = { seed: 20_261_124, numRuns: 400 }

test('any request in an address', async () => {
  await fc.assert(
    fc.asyncProperty(change, who, async (made, index) => {
      const browser = browsers[index] ?? assert.fail()
      const query = textOf(pairsOf(made))
      await follow(browser, await browser.open(`/o/authorize/?${query}`), query)
    }),
    limits,
  )
})

test('any request in a form', async () => {
  await fc.assert(
    fc.asyncProperty(change, who, async (made, index) => {
      const browser = browsers[index] ?? assert.fail()
      const form = pairsOf(made)
      await follow(browser, await browser.open('/o/authorize/', { form }), JSON.stringify(form))
    }),
    limits,
  )
})

test('any request that the client signed', async () => {
  await fc.assert(
    fc.asyncProperty(change, fc.array(pair, { maxLength: 3 }), who, async (made, beside, index) => {
      const browser = browsers[index] ?? assert.fail()
      const claims = { aud: server.base, ...Object.fromEntries(pairsOf(made)) }
      const request = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(key)
      const text = textOf([['client_id', scene.app.clientId], ['request', request], ...beside])
      await follow(browser, await browser.open(`/o/authorize/?${text}`), JSON.stringify(claims))
    }),
    limits,
  )
})

test('any request that is pushed, and what becomes of those that are taken', async () => {
  let taken = 0
  await fc.assert(
    fc.asyncProperty(change, fc.array(pair, { maxLength: 2 }), who, async (made, beside, index) => {
      const browser = browsers[index] ?? assert.fail()
      const form = [...pairsOf(made), ['client_secret', scene.app.secret] as const]
      const answer = await call(server, '/o/par', { form })
      assert.ok([201, 400, 401].includes(answer.status), `${answer.status} ${JSON.stringify(form)}`)
      assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
      if (answer.status !== 201) return void assert.equal(typeof answer.json['error'], 'string')
      taken += 1
      const name = ['request_uri', String(answer.json['request_uri'])] as const
      const text = textOf([['client_id', scene.app.clientId], name, ...beside])
      await follow(browser, await browser.open(`/o/authorize/?${text}`), JSON.stringify(form))
    }),
    limits,
  )
  assert.ok(taken > 20, `only ${taken} were good enough to go on with`)
})
