/** A client library that this project did not write pushes and signs its requests and reads signed responses. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type CryptoKey, exportJWK, generateKeyPair } from 'jose'
import * as client from 'openid-client'
import { approve } from '../support/actors.ts'
import { callback, newScene, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

const billing = 'https://billing.example/v1'
let server: TestServer
let scene: Scene
let key: CryptoKey
before(async () => {
  const pair = await generateKeyPair('ES256')
  key = pair.privateKey
  server = await startServer({
    doors: {
      openchatstudio: {
        pushedRequests: 'required',
        requestObjects: 'required',
        responseModes: ['query.jwt'],
        resources: { [billing]: 'Billing' },
      },
    },
  })
  const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }] }
  scene = await newScene(server, { scope: 'openid profile chatbot:read', jwks })
})
after(() => server.close())

async function discover(): Promise<client.Configuration> {
  // The server's clock stands where the tests have put it.
  const skew = server.now() - Math.floor(Date.now() / 1000)
  const metadata = {
    [client.clockSkew]: skew,
    [client.clockTolerance]: 30,
    client_secret: scene.app.secret,
    authorization_signed_response_alg: 'ES256',
  }
  const execute = [client.allowInsecureRequests, client.useJwtResponseMode]
  return client.discovery(new URL(server.base), scene.app.clientId, metadata, undefined, { execute })
}

test('openid-client pushes a signed request for one API, and reads the signed response', async () => {
  const config = await discover()
  const verifier = client.randomPKCECodeVerifier()
  const [state, nonce] = [client.randomState(), client.randomNonce()]
  const wanted = {
    redirect_uri: callback,
    scope: 'openid chatbot:read',
    state,
    nonce,
    team: scene.team,
    max_age: '300',
    resource: billing,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }
  const signed = await client.buildAuthorizationUrlWithJAR(config, wanted, { key, kid: 'one' })
  const pushed = await client.buildAuthorizationUrlWithPAR(config, signed.searchParams)
  assert.deepEqual([...pushed.searchParams.keys()].sort(), ['client_id', 'request_uri'])
  const answer = await approve(scene.browser, pushed.pathname + pushed.search)
  const location = new URL(answer.headers.location ?? '')
  assert.deepEqual([...location.searchParams.keys()], ['response'])
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, maxAge: 300 }
  const tokens = await client.authorizationCodeGrant(config, location, checks)
  assert.equal(tokens.claims()?.sub, scene.person.id)
  const [, payload = ''] = tokens.access_token.split('.')
  assert.equal(JSON.parse(Buffer.from(payload, 'base64url').toString()).aud, billing)
  const again = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', { resource: billing })
  assert.ok(again.access_token)
})

test('openid-client is told a refusal in a signed response', async () => {
  const config = await discover()
  const state = client.randomState()
  const code_challenge = await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier())
  const wanted = {
    redirect_uri: callback,
    scope: 'openid',
    state,
    code_challenge,
    code_challenge_method: 'S256',
  }
  const signed = await client.buildAuthorizationUrlWithJAR(config, wanted, { key, kid: 'one' })
  const pushed = await client.buildAuthorizationUrlWithPAR(config, signed.searchParams)
  const answer = await approve(scene.browser, pushed.pathname + pushed.search, { decision: 'deny' })
  const redeemed = client.authorizationCodeGrant(config, new URL(answer.headers.location ?? ''), {
    expectedState: state,
    pkceCodeVerifier: 'x'.repeat(43),
  })
  await assert.rejects(redeemed, (error: { readonly error?: string }) => error.error === 'access_denied')
})
