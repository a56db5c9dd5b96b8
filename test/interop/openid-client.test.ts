/** `openid-client`, the certified one, as most people use it: discovery, code with PKCE, and what it gets by that. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as client from 'openid-client'
import { newMachine } from '../support/actors.ts'
import { newScene, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { newVisitor } from '../support/visitor.ts'

const redirect_uri = 'https://client.example/callback'
const scope = 'openid profile chatbot:read'

let server: TestServer
let scene: Scene
before(async () => {
  // The library verifies by its own clock.
  server = await startServer({ startAt: Math.floor(Date.now() / 1000) })
  scene = await newScene(server, { scope, redirect_uris: [redirect_uri] })
})
after(() => server.close())

function discover({ clientId, secret }: Scene['app'], auth = client.ClientSecretPost(secret)) {
  const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks]
  return client.discovery(new URL(server.base), clientId, undefined, auth, { execute })
}

/** The person is sent to the server, signs in and decides; what the library then does with the answer. */
async function authorize(config: client.Configuration, decision: 'approve' | 'deny' = 'approve') {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const checks = {
    pkceCodeVerifier,
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
  }
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    // Consent may stand from another test.
    prompt: 'consent',
  })
  const { url } = await newVisitor(server, scene.person).visit(address, decision)
  return (by = config) => client.authorizationCodeGrant(by, url, checks)
}

test('code, userinfo, refresh, introspection and revocation', async () => {
  const config = await discover(scene.app)
  const tokens = await (await authorize(config))()
  assert.equal(tokens.claims()?.sub, scene.person.id)
  const info = await client.fetchUserInfo(config, tokens.access_token, scene.person.id)
  assert.equal(info.email, scene.person.email)
  const again = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
  assert.equal((await client.tokenIntrospection(config, again.access_token)).active, true)
  await client.tokenRevocation(config, again.refresh_token ?? '')
  assert.equal((await client.tokenIntrospection(config, again.access_token)).active, false)
  await assert.rejects(client.refreshTokenGrant(config, again.refresh_token ?? ''), {
    error: 'invalid_grant',
  })
})

test('a machine’s token', async () => {
  const config = await discover(await newMachine(server))
  const tokens = await client.clientCredentialsGrant(config, { scope: 'chatbot:read' })
  assert.equal(tokens.expires_in, 3600)
})

describe('the library understands', () => {
  test('that the person said no', async () => {
    const redeem = await authorize(await discover(scene.app), 'deny')
    await assert.rejects(redeem(), { name: 'AuthorizationResponseError', error: 'access_denied' })
  })

  test('a code that was used before', async () => {
    const redeem = await authorize(await discover(scene.app))
    await redeem()
    await assert.rejects(redeem(), { name: 'ResponseBodyError', status: 400, error: 'invalid_grant' })
  })

  for (const [name, auth] of [
    ['HTTP Basic', client.ClientSecretBasic('wrong')],
    ['the body', client.ClientSecretPost('wrong')],
  ] as const) {
    test(`a wrong secret in ${name}, which costs no code`, async () => {
      const right = await discover(scene.app)
      const redeem = await authorize(right)
      const wrong = await discover(scene.app, auth)
      await assert.rejects(redeem(wrong), { name: 'WWWAuthenticateChallengeError', status: 401 })
      assert.ok((await redeem(right)).access_token)
    })
  }
})
