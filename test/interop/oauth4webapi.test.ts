/** The library under `openid-client` and Auth.js, step by step, as a client of OpenChatStudio's door. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as oauth from 'oauth4webapi'
import { type App, newMachine } from '../support/actors.ts'
import { insecure, newParty, type Party, redirectUri } from '../support/oauth4webapi.ts'
import { newScene, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { newVisitor } from '../support/visitor.ts'

const scope = 'openid profile chatbot:read'
let server: TestServer
let scene: Scene
let party: Party
let keys: oauth.CryptoKeyPair
before(async () => {
  server = await startServer({
    // The library verifies by its own clock.
    startAt: Math.floor(Date.now() / 1000),
    doors: {
      openchatstudio: {
        clientAuth: [
          'client_secret_basic',
          'client_secret_post',
          'client_secret_jwt',
          'private_key_jwt',
          'none',
        ],
        signedIntrospection: true,
      },
    },
  })
  scene = await newScene(server, { scope, redirect_uris: [redirectUri] })
  party = await newParty(server, scene.app)
  keys = await oauth.generateKeyPair('ES256', { extractable: true })
})
after(() => server.close())

interface Asked {
  readonly verifier: string
  readonly nonce: string
  readonly answer: URLSearchParams
}

/** The person is sent to the server, signs in and decides; the answer has passed the library's checks. */
async function authorize({ as, client }: Party, decision: 'approve' | 'deny' = 'approve'): Promise<Asked> {
  const verifier = oauth.generateRandomCodeVerifier()
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
  const address = new URL(as.authorization_endpoint ?? '')
  address.search = String(
    new URLSearchParams({
      response_type: 'code',
      client_id: client.client_id,
      redirect_uri: redirectUri,
      scope,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      // Consent may stand from another test.
      prompt: 'consent',
    }),
  )
  const { url } = await newVisitor(server, scene.person).visit(address, decision)
  return { verifier, nonce, answer: oauth.validateAuthResponse(as, client, url, state) }
}

async function redeem({ as, client, auth }: Party, { answer, verifier, nonce }: Asked) {
  const response = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    auth,
    answer,
    redirectUri,
    verifier,
    insecure,
  )
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  })
  // TLS would stand for the signature otherwise.
  await oauth.validateApplicationLevelSignature(as, response, insecure)
  return tokens
}

async function introspect({ as, client, auth }: Party, token: string) {
  return oauth.processIntrospectionResponse(
    as,
    client,
    await oauth.introspectionRequest(as, client, auth, token, insecure),
  )
}

test('code, ID token, userinfo, introspection, refresh and revocation', async () => {
  const { as, client, auth } = party
  const tokens = await redeem(party, await authorize(party))
  const claims = oauth.getValidatedIdTokenClaims(tokens)
  assert.equal(claims?.sub, scene.person.id)
  const info = await oauth.processUserInfoResponse(
    as,
    client,
    scene.person.id,
    await oauth.userInfoRequest(as, client, tokens.access_token, insecure),
  )
  assert.equal(info.email, scene.person.email)
  const told = await introspect(party, tokens.access_token)
  assert.equal(told.active, true)
  assert.equal(told.scope, scope.split(' ').sort().join(' '))

  const refreshed = await oauth.processRefreshTokenResponse(
    as,
    client,
    await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token ?? '', insecure),
  )
  assert.equal(oauth.getValidatedIdTokenClaims(refreshed)?.sub, scene.person.id)
  const revoked = await oauth.revocationRequest(as, client, auth, refreshed.refresh_token ?? '', insecure)
  await oauth.processRevocationResponse(revoked)
  assert.deepEqual(await introspect(party, refreshed.access_token), { active: false })
  const late = await oauth.userInfoRequest(as, client, refreshed.access_token, insecure)
  await assert.rejects(oauth.processUserInfoResponse(as, client, scene.person.id, late), (error) => {
    assert.ok(error instanceof oauth.WWWAuthenticateChallengeError)
    assert.equal(error.cause[0]?.scheme, 'bearer')
    assert.equal(error.cause[0]?.parameters.error, 'invalid_token')
    return true
  })
})

test('RFC 9701 §5: introspection is answered as a signed JWT', async () => {
  const { as, client, auth } = party
  const { access_token } = await redeem(party, await authorize(party))
  const options = { ...insecure, requestJwtResponse: true }
  const response = await oauth.introspectionRequest(as, client, auth, access_token, options)
  assert.equal((await oauth.processIntrospectionResponse(as, client, response)).sub, scene.person.id)
  await oauth.validateApplicationLevelSignature(as, response, insecure)
})

test('an API verifies the access token with the library', async () => {
  const { access_token } = await redeem(party, await authorize(party))
  const request = new Request('https://api.example/', {
    headers: { Authorization: `Bearer ${access_token}` },
  })
  const claims = await oauth.validateJwtAccessToken(party.as, request, party.as.issuer, insecure)
  assert.equal(claims.client_id, scene.app.clientId)
})

describe('a machine gets a token', () => {
  const ways: Readonly<Record<string, (app: App) => Promise<oauth.ClientAuth> | oauth.ClientAuth>> = {
    client_secret_basic: ({ secret }) => oauth.ClientSecretBasic(secret),
    client_secret_post: ({ secret }) => oauth.ClientSecretPost(secret),
    client_secret_jwt: ({ secret }) => oauth.ClientSecretJwt(secret),
    private_key_jwt: () => oauth.PrivateKeyJwt({ key: keys.privateKey, kid: 'one' }),
  }
  for (const [token_endpoint_auth_method, authOf] of Object.entries(ways)) {
    test(`by ${token_endpoint_auth_method}`, async () => {
      const jwk = { ...(await crypto.subtle.exportKey('jwk', keys.publicKey)), kid: 'one', alg: 'ES256' }
      const app = await newMachine(server, {
        token_endpoint_auth_method,
        ...(token_endpoint_auth_method === 'private_key_jwt' && { jwks: { keys: [jwk] } }),
      })
      const machine = await newParty(server, app, await authOf(app))
      const { as, client, auth } = machine
      const response = await oauth.clientCredentialsGrantRequest(
        as,
        client,
        auth,
        { scope: 'chatbot:read' },
        insecure,
      )
      const tokens = await oauth.processClientCredentialsResponse(as, client, response)
      assert.equal(tokens.refresh_token, undefined)
      assert.equal((await introspect(machine, tokens.access_token)).client_id, app.clientId)
    })
  }
})

describe('the library understands', () => {
  test('that the person said no', async () => {
    await assert.rejects(authorize(party, 'deny'), (error) => {
      assert.ok(error instanceof oauth.AuthorizationResponseError)
      assert.equal(error.error, 'access_denied')
      return true
    })
  })

  test('a code that was used before', async () => {
    const asked = await authorize(party)
    const { access_token } = await redeem(party, asked)
    await assert.rejects(redeem(party, asked), (error) => {
      assert.ok(error instanceof oauth.ResponseBodyError)
      assert.deepEqual([error.status, error.error], [400, 'invalid_grant'])
      return true
    })
    assert.equal((await introspect(party, access_token)).active, false)
  })

  for (const [name, auth, scheme] of [
    ['HTTP Basic', oauth.ClientSecretBasic('wrong'), 'basic'],
    ['the body', oauth.ClientSecretPost('wrong'), 'bearer'],
  ] as const) {
    test(`a wrong secret in ${name}, which costs no code`, async () => {
      const asked = await authorize(party)
      await assert.rejects(redeem({ ...party, auth }, asked), (error) => {
        assert.ok(error instanceof oauth.WWWAuthenticateChallengeError)
        assert.equal(error.status, 401)
        assert.equal(error.cause[0]?.scheme, scheme)
        return true
      })
      assert.ok((await redeem(party, asked)).access_token)
    })
  }
})
