import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { approve, authorizePath, call, responseOf } from '../support/actors.ts'
import { text } from '../support/http.ts'
import { newFlow, newScene, redeem } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

// OpenID Connect Core §5.4, §5.5: what a person leaves out on the consent page is not told in another way.
let server: TestServer
before(async () => {
  server = await startServer({ doors: { openchatstudio: { claimsParameter: true } } })
})
after(() => server.close())

test('whoever leaves the profile out does not tell their address by a single claim', async () => {
  const scene = await newScene(server, { scope: 'openid profile' })
  const email = { email: { essential: true } }
  const claims = JSON.stringify({ id_token: email, userinfo: email })
  const flow = newFlow(scene, { team: scene.team, scope: 'openid profile', more: { state: 's', claims } })
  const answer = await approve(scene.browser, authorizePath(flow), { scope: ['openid'] })
  const tokens = await redeem(server, flow, responseOf(answer).get('code') ?? '')
  assert.equal(tokens.json['scope'], 'openid')
  assert.equal(decodeJwt(text(tokens, 'id_token'))['email'], undefined)
  const told = await call(server, '/o/userinfo/', { bearer: text(tokens, 'access_token') })
  assert.deepEqual([told.status, told.json['email']], [200, undefined])
})
