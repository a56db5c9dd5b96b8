import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { type App, newApp, call } from '../support/actors.ts'
import { credentials, grantType, somebody, type Somebody, startWith } from '../support/grants.ts'
import { type Answer, text } from '../support/http.ts'
import type { TestServer } from '../support/server.ts'
import { startVoucher, type Voucher } from '../support/vouching.ts'

// draft-ietf-oauth-identity-assertion-authz-grant §4.4: a token is for what was vouched for, and for no more.
const billing = 'https://billing.example/v1'
let server: TestServer
let vouchers: readonly [jags: Voucher, plain: Voucher]
let who: Somebody
let app: App
before(async () => {
  const now = () => server.now()
  vouchers = [await startVoucher(now), await startVoucher(now)]
  const [jags, plain] = vouchers
  server = await startWith([grantType.assertion, grantType.exchange], {
    authorizationDetails: ['payment'],
    resources: { [billing]: 'Billing', '/api': 'The chatbots' },
    trusts: [
      { issuer: jags.issuer, jwks: jags.jwks, profile: 'id-jag', subject: 'account' },
      { issuer: plain.issuer, jwks: plain.jwks, profile: 'assertion', subject: 'account' },
    ],
  })
  who = await somebody(server)
  app = await newApp(server, {
    door: 'openchatstudio',
    grant_types: [grantType.assertion, grantType.exchange],
    scope: 'chatbot:read',
  })
})
after(async () => {
  for (const one of vouchers) one.close()
  await server.close()
})

async function redeem(claims: object, form: object = {}, [by] = vouchers): Promise<Answer> {
  const all = { sub: who.person.id, aud: server.base, client_id: app.clientId, ...claims }
  const typ = by === vouchers[0] ? 'oauth-id-jag+jwt' : 'JWT'
  return call(server, '/o/token', {
    form: {
      grant_type: grantType.assertion,
      assertion: await by.sign(all, { typ }),
      ...credentials(app),
      ...form,
    },
  })
}
const audience = (answer: Answer) => decodeJwt(text(answer, 'access_token')).aud

test('one that is vouched for in detail does not get a token without such a limit (RFC 9396 §6)', async () => {
  const authorization_details = [{ type: 'payment', amount: '1.00', currency: 'EUR', creditor: 'A' }]
  for (const by of vouchers) {
    const refused = await redeem({ authorization_details }, {}, [by, by])
    assert.deepEqual([refused.status, refused.json['error']], [400, 'invalid_grant'])
  }
  assert.equal((await redeem({ authorization_details: [] })).status, 400)
})

test('one that is vouched for at one API gets a token for that API (RFC 8707 §2.2)', async () => {
  assert.equal(audience(await redeem({ resource: billing })), billing)
  assert.deepEqual(audience(await redeem({ resource: [billing, `${server.base}/api`] })), [
    billing,
    `${server.base}/api`,
  ])
  assert.equal(
    audience(await redeem({ resource: [billing, `${server.base}/api`] }, { resource: billing })),
    billing,
  )
  assert.equal(audience(await redeem({ resource: server.base })), server.base)
  const wider = await redeem({ resource: billing }, { resource: `${server.base}/api` })
  assert.deepEqual([wider.status, wider.json['error']], [400, 'invalid_target'])
  const unknown = await redeem({ resource: [billing, 'https://other.example'] })
  assert.deepEqual([unknown.status, unknown.json['error']], [400, 'invalid_grant'])
})

test('nor is somebody vouched for elsewhere without the details that were asked for', async () => {
  const refused = await call(server, '/o/token', {
    form: {
      grant_type: grantType.exchange,
      requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
      subject_token: 'x',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      authorization_details: '[{"type":"payment"}]',
      ...credentials(app),
    },
  })
  assert.equal(refused.json['error'], 'invalid_authorization_details', refused.text)
})
