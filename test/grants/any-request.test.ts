/** Whatever comes to the token endpoint, for every grant type: never a fault of the server, never more than was granted. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type App, call, newApp } from '../support/actors.ts'
import { text } from '../support/http.ts'
import {
  accessTokenType,
  approveDevice,
  askForDevice,
  credentials,
  grantType,
  somebody,
  type Somebody,
  startWith,
} from '../support/grants.ts'
import { callback, newScene, newTokens, type Scene } from '../support/ocs.ts'
import type { TestServer } from '../support/server.ts'
import { startVoucher, type Voucher } from '../support/vouching.ts'

let server: TestServer
let scene: Scene
let who: Somebody
let app: App
let voucher: Voucher

const granted = ['chatbot:read', 'openid', 'session:read']
const types = [...Object.values(grantType), 'authorization_code', 'refresh_token', 'client_credentials']

before(async () => {
  voucher = await startVoucher(() => server.now())
  const trusts = [{ issuer: voucher.issuer, jwks: voucher.jwks, profile: 'assertion', subject: 'account' }]
  server = await startWith(Object.values(grantType), { trusts })
  scene = await newScene(server, { scope: granted.join(' ') })
  who = await somebody(server)
  app = await newApp(server, {
    door: 'openchatstudio',
    team: who.teamId,
    grant_types: types,
    redirect_uris: [callback],
    scope: granted.join(' '),
  })
})
after(async () => {
  voucher.close()
  await server.close()
})

/** What real requests have in them, so that some of what comes gets far. */
async function treasures(): Promise<readonly string[]> {
  const [own, asked] = [await newTokens({ ...scene, app: scene.app }), await askForDevice(server, app)]
  await approveDevice(who, text(asked, 'user_code'))
  const assertion = await voucher.sign({ sub: who.person.id, aud: server.base })
  const codes = [text(asked, 'device_code'), text(asked, 'user_code')]
  const wide = [...granted, 'chatbot:write', 'session:write', 'profile']
  const tokens = [own.access, own.refresh, text(own.answer, 'id_token'), who.person.access, assertion]
  return [...tokens, ...codes, ...types, ...granted, ...wide, wide.join(' '), accessTokenType, server.base]
}

const names = [
  'code',
  'code_verifier',
  'redirect_uri',
  'refresh_token',
  'scope',
  'device_code',
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'audience',
  'resource',
  'assertion',
  'auth_req_id',
  'client_id',
  'login_hint',
  'id_token_hint',
  'binding_message',
  'requested_expiry',
  'user_code',
]

test('no parameters of any grant bring the server to a fault, or a scope that was not granted', async () => {
  const values = await treasures()
  const value = fc.oneof(
    fc.constantFrom(...values),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constant(''),
  )
  const form = fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 8 })
  const path = fc.constantFrom(
    '/o/token',
    '/o/token',
    '/o/token',
    '/o/device_authorization',
    '/o/backchannel_authentication',
  )
  // Half of them begin as they should, so that what is arbitrary is met by all of a grant and not only by its first check.
  const real = fc.boolean()
  const own: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    [grantType.exchange]: { subject_token: values[0] ?? '', subject_token_type: accessTokenType },
    refresh_token: { refresh_token: values[1] ?? '' },
  }
  let served = 0
  const all = fc.record({ path, type: fc.constantFrom(...types), form, proven: fc.boolean(), real })
  await fc.assert(
    fc.asyncProperty(all, async ({ path: at, type, form: fields, proven, real: begins }) => {
      const by = proven ? credentials(app) : {}
      const sent = [...Object.entries((begins && own[type]) || {}), ...fields, ...Object.entries(by)]
      const once = begins ? [...new Map(sent)] : sent
      const answer = await call(server, at, { form: [['grant_type', type], ...once] })
      assert.ok(answer.status < 500, `${at} ${answer.status} ${answer.text}`)
      assert.equal(answer.headers['cache-control'], 'no-store')
      if (answer.status !== 200) return assert.equal(typeof answer.json['error'], 'string')
      served += 1
      assert.ok(proven, 'nothing without proof of the client')
      for (const scope of String(answer.json['scope'] ?? '')
        .split(' ')
        .filter(Boolean))
        assert.ok(granted.includes(scope), `${type} gave ${scope}`)
    }),
    { numRuns: 800, seed: 8693 },
  )
  assert.ok(served > 10, `${served} were served`)
})

test('every grant type gives tokens for what it should: what came before was refused for a reason', async () => {
  const asked = await askForDevice(server, app)
  await approveDevice(who, text(asked, 'user_code'))
  const subject = { subject_token: '', subject_token_type: accessTokenType }
  const assertion = await voucher.sign({ sub: who.person.id, aud: server.base })
  const good: [type: string, more: Readonly<Record<string, string>>][] = [
    [grantType.device, { device_code: text(asked, 'device_code') }],
    [grantType.assertion, { assertion }],
    ['client_credentials', {}],
  ]
  let token = ''
  for (const [type, more] of good) {
    const answer = await call(server, '/o/token', {
      form: { grant_type: type, ...more, ...credentials(app) },
    })
    assert.equal(answer.status, 200, answer.text)
    token = text(answer, 'access_token')
  }
  const exchanged = await call(server, '/o/token', {
    form: { grant_type: grantType.exchange, ...subject, subject_token: token, ...credentials(app) },
  })
  assert.equal(exchanged.status, 200, exchanged.text)
})
