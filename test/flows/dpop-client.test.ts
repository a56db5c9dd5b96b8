/** A client library that this project did not write goes through the whole flow with bound tokens. @see RFC 9449 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as client from 'openid-client'
import { approve, responseOf } from '../support/actors.ts'
import { callback, newScene, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let scene: Scene
before(async () => {
  const bound = { dpop: 'required', accessFormat: 'opaque' }
  server = await startServer({ doors: { openchatstudio: bound } })
  scene = await newScene(server, { scope: 'openid profile chatbot:read', type: 'public' })
})
after(() => server.close())

async function discover(): Promise<client.Configuration> {
  // The server's clock stands where the tests have put it.
  const skew = server.now() - Math.floor(Date.now() / 1000)
  const metadata = { [client.clockSkew]: skew, [client.clockTolerance]: 10 }
  return client.discovery(new URL(server.base), scene.app.clientId, metadata, client.None(), {
    execute: [client.allowInsecureRequests],
  })
}

for (const alg of ['ES256', 'Ed25519', 'PS256'] as const) {
  test(`openid-client gets, uses and refreshes tokens bound to a key for ${alg}`, async () => {
    const config = await discover()
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair(alg))
    const verifier = client.randomPKCECodeVerifier()
    const state = client.randomState()
    const address = client.buildAuthorizationUrl(config, {
      redirect_uri: callback,
      scope: 'openid profile chatbot:read',
      state,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      dpop_jkt: await DPoP.calculateThumbprint(),
    })
    const back = await approve(scene.browser, address.pathname + address.search)
    const current = new URL(`${callback}?${responseOf(back)}`)

    const checks = { pkceCodeVerifier: verifier, expectedState: state }
    const tokens = await client.authorizationCodeGrant(config, current, checks, undefined, { DPoP })
    assert.equal(tokens.token_type, 'dpop')
    assert.equal(tokens.claims()?.sub, scene.person.id)

    const chatbots = new URL(`${server.base}/api/chatbots/`)
    const ask = (token: string) =>
      client.fetchProtectedResource(config, token, chatbots, 'GET', undefined, undefined, { DPoP })
    assert.equal((await ask(tokens.access_token)).status, 200)
    const info = await client.fetchUserInfo(config, tokens.access_token, scene.person.id, { DPoP })
    assert.equal(info.sub, scene.person.id)

    const fresh = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP })
    assert.equal(fresh.token_type, 'dpop')
    assert.equal((await ask(fresh.access_token)).status, 200)

    const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair(alg))
    await assert.rejects(
      client.refreshTokenGrant(config, fresh.refresh_token ?? '', undefined, { DPoP: other }),
      {
        error: 'invalid_grant',
      },
    )
  })
}
