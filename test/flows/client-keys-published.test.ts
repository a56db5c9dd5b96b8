/** Clients whose keys the server fetches, and client libraries that this project did not write. @see RFC 7591 §2, RFC 7523 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import { after, before, test } from 'node:test'
import { exportPKCS8, SignJWT } from 'jose'
import * as client from 'openid-client'
import { type App, approve, authorizePath, call, newMachine, responseOf } from '../support/actors.ts'
import {
  assertionBy,
  byAssertion,
  type ClientKey,
  machineToken,
  newClientKey,
} from '../support/assertions.ts'
import { type Authority, hasOpenssl, newAuthority } from '../support/certificates.ts'
import { callback, newFlow, newScene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

const skip = !hasOpenssl && 'openssl is not on this machine'
const clientAuth = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'client_secret_jwt',
  'none',
]

let authority: Authority
let published: Server
let jwksUri = ''
let keys: readonly ClientKey[] = []
let asked = 0
let server: TestServer

before(async () => {
  if (skip) return
  authority = await newAuthority()
  const { cert, key } = await authority.issue({ subject: '/CN=keys', names: ['IP:127.0.0.1'] })
  published = createServer({ cert, key }, (_, response) => {
    asked += 1
    response
      .writeHead(200, { 'content-type': 'application/jwk-set+json', 'cache-control': 'max-age=120' })
      .end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }))
  })
  published.listen(0, '127.0.0.1')
  await once(published, 'listening')
  const address = published.address()
  jwksUri = `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/jwks.json`
  server = await startServer({
    doors: { openchatstudio: { clientAuth, pushedRequests: 'optional', requestObjects: 'optional' } },
    privateNetworks: ['127.0.0.0/8'],
    extraCertificates: authority.certPath,
  })
})
after(async () => {
  if (skip) return
  published.closeAllConnections()
  published.close()
  await server.close()
  await authority.close()
})

const ask = async (app: App, key: ClientKey, at = server) =>
  machineToken(
    at,
    byAssertion(await assertionBy(key, { clientId: app.clientId, aud: at.base, now: at.now() })),
  )

test('keys are fetched, kept, and fetched again for a new one; one that was taken out ends', {
  skip,
}, async () => {
  const [first, second] = [await newClientKey('first'), await newClientKey('second')]
  const app = await newMachine(server, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: jwksUri })
  keys = [first]
  assert.equal((await ask(app, first)).status, 200)
  assert.equal((await ask(app, first)).status, 200)
  assert.equal(asked, 1)
  keys = [second]
  await server.advance(31)
  assert.equal((await ask(app, second)).status, 200, 'its kid was unknown')
  assert.equal(asked, 2)
  assert.equal((await ask(app, first)).status, 401)
  assert.equal(asked, 2, 'and nobody can make the server ask and ask')
})

test('keys in a private network are not fetched unless that is allowed', { skip }, async (t) => {
  const closed = await startServer({
    doors: { openchatstudio: { clientAuth } },
    extraCertificates: authority.certPath,
  })
  t.after(() => closed.close())
  const app = await newMachine(closed, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: jwksUri })
  const key = await newClientKey('first')
  keys = [key]
  const askedSoFar = asked
  assert.equal((await ask(app, key, closed)).status, 401)
  assert.equal(asked, askedSoFar)
  await closed.stop()
  assert.match(closed.log(), /jwks_uri: an address of a private network/)
})

async function configure(app: App, auth: client.ClientAuth): Promise<client.Configuration> {
  const skew = server.now() - Math.floor(Date.now() / 1000)
  const metadata = { [client.clockSkew]: skew, [client.clockTolerance]: 10 }
  return client.discovery(new URL(server.base), app.clientId, metadata, auth, {
    execute: [client.allowInsecureRequests],
  })
}

async function codeFlow(config: client.Configuration, scene: Awaited<ReturnType<typeof newScene>>) {
  const verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: 'openid chatbot:read',
    state,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  const back = await approve(scene.browser, address.pathname + address.search)
  const current = new URL(`${callback}?${responseOf(back)}`)
  return client.authorizationCodeGrant(config, current, { pkceCodeVerifier: verifier, expectedState: state })
}

for (const alg of ['ES256', 'Ed25519', 'PS256', 'RS256']) {
  test(`RFC 9700 §2.5: openid-client goes through everything with private_key_jwt by ${alg}`, {
    skip,
  }, async () => {
    const key = await newClientKey('lib', alg)
    const scene = await newScene(server, {
      scope: 'openid chatbot:read',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.jwk] },
    })
    const config = await configure(scene.app, client.PrivateKeyJwt({ key: key.privateKey, kid: 'lib' }))
    const tokens = await codeFlow(config, scene)
    assert.equal(tokens.claims()?.sub, scene.person.id)
    const fresh = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
    assert.equal((await client.tokenIntrospection(config, fresh.access_token)).active, true)
    await client.tokenRevocation(config, fresh.refresh_token ?? '')
    assert.equal((await client.tokenIntrospection(config, fresh.access_token)).active, false)
    assert.ok(!server.log().includes(await exportPKCS8(key.privateKey)))
  })
}

test('openid-client goes through everything with client_secret_jwt', { skip }, async () => {
  const scene = await newScene(server, {
    scope: 'openid chatbot:read',
    token_endpoint_auth_method: 'client_secret_jwt',
  })
  const config = await configure(scene.app, client.ClientSecretJwt(scene.app.secret))
  const tokens = await codeFlow(config, scene)
  assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, true)
  const wrong = await configure(scene.app, client.ClientSecretJwt(`${scene.app.secret}x`))
  await assert.rejects(client.refreshTokenGrant(wrong, tokens.refresh_token ?? ''), /WWW-Authenticate/)
  assert.ok((await client.refreshTokenGrant(config, tokens.refresh_token ?? '')).access_token)
})

test('RFC 9126 §2, RFC 9101: one published key proves the client and signs what it pushes', {
  skip,
}, async () => {
  const [key, stranger] = [await newClientKey('both'), await newClientKey('both')]
  keys = [key]
  // An address of its own: what was fetched for another test is not asked for again so soon.
  const scene = await newScene(server, {
    scope: 'openid chatbot:read',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: `${jwksUri}?both`,
  })
  const { clientId } = scene.app
  const flow = newFlow(scene)
  const params = Object.fromEntries(new URL(authorizePath(flow), server.base).searchParams)
  const push = async (by: ClientKey) => {
    const request = await new SignJWT({ ...params, aud: server.base })
      .setProtectedHeader({ alg: 'ES256', kid: 'both' })
      .sign(by.privateKey)
    const assertion = await assertionBy(key, { clientId, aud: server.base, now: server.now() })
    return call(server, '/o/par', { form: { ...byAssertion(assertion), request } })
  }
  assert.equal((await push(stranger)).json['error'], 'invalid_request_object')
  const pushed = await push(key)
  assert.equal(pushed.status, 201, pushed.text)
  const query = new URLSearchParams({ client_id: clientId, request_uri: String(pushed.json['request_uri']) })
  const back = await approve(scene.browser, `/o/authorize/?${query}`)
  assert.ok(responseOf(back).get('code'))
})
