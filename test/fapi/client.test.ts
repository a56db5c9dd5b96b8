/** A client library that this project did not write goes through all of the FAPI 2.0 Security Profile. */
import assert from 'node:assert/strict'
import { Agent, request } from 'node:https'
import { after, before, describe, test } from 'node:test'
import { decodeJwt } from 'jose'
import * as client from 'openid-client'
import { newProofKey, proofOf } from '../../packages/guard/test/support/proofs.ts'
import { approve, call, responseOf } from '../support/actors.ts'
import { newClientKey } from '../support/assertions.ts'
import type { MadeCertificate } from '../support/certificates.ts'
import { fapiDoor } from '../support/fapi.ts'
import { callback, newScene, type Scene } from '../support/ocs.ts'
import { type RemoteApi, startApi } from '../support/remote-api.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { send } from '../support/http.ts'
import { type CertifiedServer, skipCertificates, startCertifiedServer } from '../support/tls-proxy.ts'

const scope = 'openid profile chatbot:read'
type Options = Parameters<typeof client.discovery>[4]

async function discover(
  scene: Scene,
  authentication: client.ClientAuth,
  options: Options,
): Promise<client.Configuration> {
  // The server's clock stands where the tests have put it.
  const skew = scene.server.now() - Math.floor(Date.now() / 1000)
  const metadata = { [client.clockSkew]: skew, [client.clockTolerance]: 10 }
  return client.discovery(new URL(scene.server.base), scene.app.clientId, metadata, authentication, options)
}

/** The whole flow: a pushed request, the person's approval, the exchange. */
async function signIn(
  scene: Scene,
  config: client.Configuration,
  bound: client.DPoPOptions = {},
): Promise<client.TokenEndpointResponse & client.TokenEndpointResponseHelpers> {
  const verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const params = {
    redirect_uri: callback,
    scope,
    state,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }
  const address = await client.buildAuthorizationUrlWithPAR(config, params, bound)
  assert.deepEqual([...address.searchParams.keys()].sort(), ['client_id', 'request_uri'], '§5.3.3.2 item 6')
  const back = await approve(scene.browser, address.pathname + address.search)
  const current = new URL(`${callback}?${responseOf(back)}`)
  const checks = { pkceCodeVerifier: verifier, expectedState: state }
  const tokens = await client.authorizationCodeGrant(config, current, checks, undefined, bound)
  assert.equal(tokens.claims()?.sub, scene.person.id)
  return tokens
}

describe('private_key_jwt and DPoP', () => {
  const origin = 'https://api.example'
  let server: TestServer
  let api: RemoteApi
  before(async () => {
    server = await startServer({ doors: { openchatstudio: fapiDoor } })
    api = await startApi(server, {}, { resource: `${origin}/app` })
  })
  after(async () => {
    api.close()
    await server.close()
  })

  for (const alg of ['ES256', 'PS256', 'Ed25519'] as const) {
    test(`§5.3.3: a client with keys for ${alg} gets, uses and refreshes tokens`, async () => {
      const key = await newClientKey('k1', alg)
      const scene = await newScene(server, {
        scope,
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [key.jwk] },
      })
      const authentication = client.PrivateKeyJwt({ key: key.privateKey, kid: 'k1' })
      const config = await discover(scene, authentication, { execute: [client.allowInsecureRequests] })
      const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair(alg))
      const tokens = await signIn(scene, config, { DPoP })
      assert.equal(tokens.token_type, 'dpop')

      const chatbots = new URL(`${server.base}/api/chatbots/`)
      const use = (token: string) =>
        client.fetchProtectedResource(config, token, chatbots, 'GET', undefined, undefined, { DPoP })
      assert.equal((await use(tokens.access_token)).status, 200)
      const info = await client.fetchUserInfo(config, tokens.access_token, scene.person.id, { DPoP })
      assert.equal(info.sub, scene.person.id)
      const again = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP })
      assert.equal(again.refresh_token, tokens.refresh_token, '§5.3.2.1 item 9')
      assert.equal((await use(again.access_token)).status, 200)

      const headers = { Authorization: `DPoP ${tokens.access_token}` }
      for (const ask of [{ bearer: tokens.access_token }, { headers }])
        assert.equal((await call(server, '/api/chatbots/', ask)).status, 401, '§5.3.4 item 5')
    })
  }

  test('§5.3.4: a guard in another process wants the proof, by the key of the token, and not by RS256', async () => {
    const key = await newClientKey('k1')
    const scene = await newScene(server, {
      scope,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.jwk] },
    })
    const authentication = client.PrivateKeyJwt({ key: key.privateKey, kid: 'k1' })
    const config = await discover(scene, authentication, { execute: [client.allowInsecureRequests] })
    const pair = await client.randomDPoPKeyPair('PS256', { extractable: true })
    const { access_token: token } = await signIn(scene, config, { DPoP: client.getDPoPHandle(config, pair) })
    const { calculateJwkThumbprint, exportJWK, importJWK } = await import('jose')
    const jwk = await exportJWK(pair.publicKey)
    const jkt = await calculateJwkThumbprint(jwk)
    const asRs256 = await importJWK(await exportJWK(pair.privateKey), 'RS256')
    assert.ok(!(asRs256 instanceof Uint8Array))
    const ask = async (by: Parameters<typeof proofOf>[0] | undefined) => {
      const proof = by && (await proofOf(by, { url: `${origin}/app`, now: server.now(), token }))
      const headers = { Authorization: `DPoP ${token}`, ...(proof !== undefined && { DPoP: proof }) }
      return (await send(`${api.url}/app`, { headers })).status
    }
    assert.equal(await ask({ alg: 'PS256', privateKey: pair.privateKey, jwk, jkt }), 200)
    assert.equal(await ask({ alg: 'RS256', privateKey: asRs256, jwk, jkt }), 401, '§5.4.1 item 1')
    assert.equal(await ask(await newProofKey()), 401)
    assert.equal(await ask(undefined), 401)
  })
})

describe('certificates', { skip: skipCertificates }, () => {
  let stage: CertifiedServer
  let mine: MadeCertificate
  let other: MadeCertificate
  before(async () => {
    if (skipCertificates) return
    const clientAuth = ['tls_client_auth', 'private_key_jwt']
    stage = await startCertifiedServer({
      doors: { openchatstudio: { ...fapiDoor, clientAuth, certificateBoundTokens: true } },
    })
    mine = await stage.authority.issue({ subject: '/CN=client', names: ['DNS:client.example'] })
    other = await stage.authority.issue({ subject: '/CN=other', names: ['DNS:other.example'] })
  })
  after(() => (skipCertificates ? undefined : stage.close()))

  const subject = { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: 'client.example' }

  /** What the library leaves to whoever calls it: how a request reaches the network. */
  function over({ cert, key }: MadeCertificate): client.CustomFetch {
    const agent = new Agent({ cert, key, ca: stage.authority.cert, keepAlive: false })
    return (url, { method, headers, body }) =>
      new Promise((resolve, reject) => {
        const asked = request(url, { method, headers, agent }, (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () => {
            const told = Object.entries(response.headers).map(
              ([name, value]) => [name, String(value)] as const,
            )
            const status = response.statusCode ?? 0
            resolve(new Response(Buffer.concat(chunks), { status, headers: told.map(([a, b]) => [a, b]) }))
          })
        })
        asked.on('error', reject)
        asked.end(body === undefined || body === null ? undefined : String(body))
      })
  }

  test('§5.3.3: a client with a certificate gets, uses and refreshes tokens that are bound to it, without any proof', async () => {
    const bound = { tls_client_certificate_bound_access_tokens: true }
    const scene = await newScene(stage.server, { scope, ...subject, ...bound })
    const options = { [client.customFetch]: over(mine) }
    const config = await discover(scene, client.TlsClientAuth(), options)
    const tokens = await signIn(scene, config)
    const confirmed = decodeJwt(tokens.access_token)['cnf']
    assert.deepEqual(Object.keys(confirmed ?? {}), ['x5t#S256'])
    const again = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
    assert.equal(again.refresh_token, tokens.refresh_token)
    const use = async (by: MadeCertificate | undefined) =>
      (await call(stage.server, '/api/chatbots/', { bearer: again.access_token, ...(by && { by }) })).status
    assert.deepEqual([await use(mine), await use(other), await use(undefined)], [200, 401, 401])
    assert.equal(
      (await call(stage.server, '/o/authorize/')).headers['strict-transport-security'],
      'max-age=31536000',
    )
  })

  test('§5.3.2.1 item 4: one that is not registered for bound tokens needs a proof, or gets none', async () => {
    const scene = await newScene(stage.server, { scope, ...subject })
    const options = { [client.customFetch]: over(mine) }
    const config = await discover(scene, client.TlsClientAuth(), options)
    await assert.rejects(signIn(scene, config), { error: 'invalid_dpop_proof' })
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair())
    const { access_token } = await signIn(scene, config, { DPoP })
    assert.deepEqual(Object.keys(decodeJwt(access_token)['cnf'] ?? {}), ['jkt'])
  })
})
