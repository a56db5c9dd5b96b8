/** The library under `openid-client` and Auth.js with everything that a door can be asked to insist on, and on a device. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as oauth from 'oauth4webapi'
import { fresh, newApp } from '../support/actors.ts'
import { grantType } from '../support/grants.ts'
import { insecure, newParty, type Party, redirectUri } from '../support/oauth4webapi.ts'
import { newScene, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { newVisitor } from '../support/visitor.ts'

const scope = 'openid profile chatbot:read'
let server: TestServer
let scene: Scene
let keys: oauth.CryptoKeyPair
let party: Party
before(async () => {
  server = await startServer({
    // The library verifies by its own clock.
    startAt: Math.floor(Date.now() / 1000),
    doors: {
      openchatstudio: {
        clientAuth: ['private_key_jwt', 'none'],
        pushedRequests: 'required',
        requestObjects: 'required',
        responseModes: ['query.jwt'],
        dpop: 'required',
        grantTypes: ['authorization_code', 'refresh_token', grantType.device],
      },
    },
  })
  keys = await oauth.generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await crypto.subtle.exportKey('jwk', keys.publicKey)), kid: 'one', alg: 'ES256' }
  scene = await newScene(server, {
    scope,
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [jwk] },
  })
  const auth = oauth.PrivateKeyJwt({ key: keys.privateKey, kid: 'one' })
  party = await newParty(server, scene.app, auth, { authorization_signed_response_alg: 'ES256' })
})
after(() => server.close())

const newProof = async ({ client }: Party) => oauth.DPoP(client, await oauth.generateKeyPair('ES256'))

/** Asks, and once more where the library says that the server's nonce was missing. */
async function withNonce<T>(ask: () => Promise<T>): Promise<{ readonly value: T; readonly asked: number }> {
  try {
    return { value: await ask(), asked: 1 }
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error
    return { value: await ask(), asked: 2 }
  }
}

interface Wanted {
  readonly verifier: string
  readonly state: string
  readonly nonce: string
}

/** Pushes a signed request; where the person's browser goes with its name. */
async function push({ as, client, auth }: Party, { verifier, state, nonce }: Wanted): Promise<URL> {
  const wanted = {
    response_type: 'code',
    response_mode: 'jwt',
    redirect_uri: redirectUri,
    scope,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    prompt: 'consent',
  }
  const request = await oauth.issueRequestObject(as, client, wanted, { key: keys.privateKey, kid: 'one' })
  const pushed = await oauth.processPushedAuthorizationResponse(
    as,
    client,
    await oauth.pushedAuthorizationRequest(as, client, auth, { request }, insecure),
  )
  const address = new URL(as.authorization_endpoint ?? '')
  address.search = String(
    new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri }),
  )
  return address
}

async function authorize(decision: 'approve' | 'deny' = 'approve') {
  const wanted = {
    verifier: oauth.generateRandomCodeVerifier(),
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
  }
  const { url } = await newVisitor(server, scene.person).visit(await push(party, wanted), decision)
  assert.deepEqual([...url.searchParams.keys()], ['response'])
  const { as, client } = party
  return { ...wanted, answer: await oauth.validateJwtAuthResponse(as, client, url, wanted.state, insecure) }
}

async function redeem(
  { answer, verifier, nonce }: Awaited<ReturnType<typeof authorize>>,
  DPoP: oauth.DPoPHandle,
) {
  const { as, client, auth } = party
  return oauth.processAuthorizationCodeResponse(
    as,
    client,
    await oauth.authorizationCodeGrantRequest(as, client, auth, answer, redirectUri, verifier, {
      ...insecure,
      DPoP,
    }),
    { expectedNonce: nonce, requireIdToken: true },
  )
}

test('a signed request is pushed, the answer is signed, and what it buys is bound to a key', async () => {
  const { as, client, auth } = party
  const DPoP = await newProof(party)
  const asked = await authorize()
  const first = await withNonce(() => redeem(asked, DPoP))
  assert.equal(first.asked, 2, 'the first answer brought the nonce, and cost no code')
  assert.equal(first.value.token_type, 'dpop')
  const refreshed = await withNonce(async () =>
    oauth.processRefreshTokenResponse(
      as,
      client,
      await oauth.refreshTokenGrantRequest(as, client, auth, first.value.refresh_token ?? '', {
        ...insecure,
        DPoP,
      }),
    ),
  )
  assert.equal(refreshed.asked, 1, 'the nonce is still good')
  const { access_token } = refreshed.value
  const read = (proof: oauth.DPoPHandle) =>
    withNonce(async () =>
      oauth.processUserInfoResponse(
        as,
        client,
        scene.person.id,
        await oauth.userInfoRequest(as, client, access_token, { ...insecure, DPoP: proof }),
      ),
    )
  assert.equal((await read(DPoP)).value.email, scene.person.email)
  await assert.rejects(read(await newProof(party)), (error) => {
    assert.ok(error instanceof oauth.WWWAuthenticateChallengeError)
    assert.equal(error.cause[0]?.parameters.error, 'invalid_token', error.message)
    return true
  })
})

describe('the library understands', () => {
  test('a refusal in a signed answer', async () => {
    await assert.rejects(authorize('deny'), (error) => {
      assert.ok(error instanceof oauth.AuthorizationResponseError)
      assert.equal(error.error, 'access_denied')
      return true
    })
  })

  test('that a request was pushed which nobody signed, or with another’s key', async () => {
    const { as, client } = party
    const other = await oauth.generateKeyPair('ES256')
    const byOther = oauth.PrivateKeyJwt({ key: other.privateKey, kid: 'one' })
    for (const [auth, status, error] of [
      [party.auth, 400, 'invalid_request'],
      [byOther, 401, 'invalid_client'],
    ] as const) {
      const wanted = { response_type: 'code', redirect_uri: redirectUri, scope }
      const response = await oauth.pushedAuthorizationRequest(as, client, auth, wanted, insecure)
      const body: unknown = await response.clone().json()
      await assert.rejects(oauth.processPushedAuthorizationResponse(as, client, response), (thrown) => {
        assert.ok(
          thrown instanceof oauth.ResponseBodyError || thrown instanceof oauth.WWWAuthenticateChallengeError,
        )
        assert.equal(thrown.status, status)
        return true
      })
      assert.equal((body as { readonly error?: string }).error, error)
    }
  })

  test('a code that was used before', async () => {
    const DPoP = await newProof(party)
    const asked = await authorize()
    await withNonce(() => redeem(asked, DPoP))
    await assert.rejects(redeem(asked, DPoP), (error) => {
      assert.ok(error instanceof oauth.ResponseBodyError)
      assert.equal(error.error, 'invalid_grant')
      return true
    })
  })
})

describe('on a device', () => {
  async function begin() {
    const app = await newApp(server, {
      door: 'openchatstudio',
      type: 'public',
      name: fresh('Screen'),
      grant_types: [grantType.device, 'refresh_token'],
      scope: 'chatbot:read',
    })
    const device = await newParty(server, app, oauth.None())
    const { as, client, auth } = device
    const DPoP = await newProof(device)
    const started = await oauth.processDeviceAuthorizationResponse(
      as,
      client,
      await oauth.deviceAuthorizationRequest(as, client, auth, { scope: 'chatbot:read' }, insecure),
    )
    const poll = async () => {
      await server.advance(started.interval ?? 5)
      return oauth.processDeviceCodeResponse(
        as,
        client,
        await oauth.deviceCodeGrantRequest(as, client, auth, started.device_code, { ...insecure, DPoP }),
      )
    }
    const says = (code: string) => (error: unknown) => {
      assert.ok(error instanceof oauth.ResponseBodyError)
      assert.equal(error.error, code)
      return true
    }
    await assert.rejects(withNonce(poll), says('authorization_pending'))
    return { device, DPoP, started, poll, says }
  }

  test('it polls until the person has approved, and refreshes by its key', async () => {
    const { device, DPoP, started, poll } = await begin()
    const { answer } = await newVisitor(server, scene.person).visit(started.verification_uri_complete ?? '')
    assert.match(answer?.text ?? '', /is connected/)
    const { value } = await withNonce(poll)
    assert.equal(value.token_type, 'dpop')
    const { as, client, auth } = device
    const again = await withNonce(async () =>
      oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(as, client, auth, value.refresh_token ?? '', {
          ...insecure,
          DPoP,
        }),
      ),
    )
    assert.ok(again.value.access_token)
  })

  test('it is told that the person said no', async () => {
    const { started, poll, says } = await begin()
    await newVisitor(server, scene.person).visit(started.verification_uri_complete ?? '', 'deny')
    await assert.rejects(withNonce(poll), says('access_denied'))
  })
})
