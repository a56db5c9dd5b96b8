import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { type App, call, newApp } from '../support/actors.ts'
import { credentials, grantType, startWith } from '../support/grants.ts'
import { text } from '../support/http.ts'
import { newScene, type Scene } from '../support/ocs.ts'
import type { TestServer } from '../support/server.ts'
import { startVoucher, type Voucher } from '../support/vouching.ts'

// RFC 9470 §6.1, §6.2, RFC 9068 §2.2.1: an API that asks for a new sign-in looks at auth_time, in the token or by introspection. Software
// that can make itself a token at any time, for itself or by somebody's word, must not look like a person who has just signed in.
let server: TestServer
let voucher: Voucher
let scene: Scene
before(async () => {
  voucher = await startVoucher(() => server.now())
  const trusts = [{ issuer: voucher.issuer, jwks: voucher.jwks, profile: 'assertion', subject: 'account' }]
  server = await startWith([grantType.assertion], { acrValues: { password: 'urn:password' }, trusts })
  scene = await newScene(server)
})
after(async () => {
  voucher.close()
  await server.close()
})

async function tellsNoSignIn(app: App, token: string): Promise<void> {
  const { json } = await call(server, '/o/introspect/', { form: { token, ...credentials(app) } })
  assert.equal(json['active'], true)
  assert.deepEqual([json['auth_time'], json['acr']], [undefined, undefined])
  const claims = decodeJwt(token)
  assert.deepEqual([claims['auth_time'], claims['acr']], [undefined, undefined])
  assert.equal((await call(server, '/api/chatbots/', { bearer: token })).status, 200)
}

test('a token of software for itself tells no moment of a sign-in', async () => {
  const app = await newApp(server, {
    door: 'openchatstudio',
    grant_types: ['client_credentials'],
    scope: 'chatbot:read',
    team: scene.teamId,
  })
  const form = { grant_type: 'client_credentials', ...credentials(app) }
  await tellsNoSignIn(app, text(await call(server, '/o/token', { form }), 'access_token'))
})

test('nor does one that somebody else vouched for, whatever they say of a sign-in at theirs', async () => {
  const app = await newApp(server, {
    door: 'openchatstudio',
    grant_types: [grantType.assertion],
    scope: 'chatbot:read',
  })
  for (const more of [{}, { auth_time: server.now() }]) {
    const assertion = await voucher.sign({ sub: scene.person.id, aud: server.base, ...more })
    const form = { grant_type: grantType.assertion, assertion, ...credentials(app) }
    await tellsNoSignIn(app, text(await call(server, '/o/token', { form }), 'access_token'))
  }
})
