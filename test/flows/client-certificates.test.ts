/** Clients with certificates, through a real nginx that ends their TLS, by the documented example. The sections are those of RFC 8705. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { Agent, request } from 'node:https'
import { after, before, describe, test } from 'node:test'
import { decodeJwt } from 'jose'
import * as client from 'openid-client'
import { administer, type App, approve, call, getCode, newMachine, responseOf } from '../support/actors.ts'
import type { CertificateWish, MadeCertificate } from '../support/certificates.ts'
import { type Answer, send, text } from '../support/http.ts'
import { callback, newFlow, newScene } from '../support/ocs.ts'
import { refusalToStart, startServer, type TestServer } from '../support/server.ts'
import {
  type CertifiedServer,
  clientCertificate,
  skipCertificates,
  startCertifiedServer,
} from '../support/tls-proxy.ts'

const skip = skipCertificates
const clientAuth = [
  'client_secret_basic',
  'client_secret_post',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'none',
]
const door = { clientAuth, certificateBoundTokens: true }
const subject = {
  subject: '/C=DE/O=Example, Inc./CN=client',
  names: ['DNS:client.example', 'URI:spiffe://example/app', 'email:app@client.example', 'IP:192.0.2.7'],
}
const dn = 'CN=client,O=Example\\, Inc.,C=DE'

let stage: CertifiedServer
let server: TestServer
let mine: MadeCertificate
let other: MadeCertificate
let selfMade: MadeCertificate

before(async () => {
  if (skip) return
  stage = await startCertifiedServer({
    doors: { openchatstudio: door },
    forwardAuth: [{ path: '/v1/behind', shape: 'message', rule: { doors: ['openchatstudio'] } }],
  })
  server = stage.server
  const issue = (wish: CertificateWish) => stage.authority.issue(wish)
  mine = await issue(subject)
  other = await issue({ subject: '/C=DE/O=Example, Inc./CN=other', names: ['DNS:other.example'] })
  selfMade = await stage.authority.selfSigned(subject)
})
after(() => (skip ? undefined : stage.close()))

const x5c = ({ cert }: MadeCertificate) => new X509Certificate(cert).raw.toString('base64')
const thumbprintOf = ({ cert }: MadeCertificate) =>
  Buffer.from(new X509Certificate(cert).fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
const jwkOf = (made: MadeCertificate) => ({
  ...new X509Certificate(made.cert).publicKey.export({ format: 'jwk' }),
  x5c: [x5c(made)],
})

const byName = (more: object = { tls_client_auth_subject_dn: dn }) =>
  newMachine(server, { token_endpoint_auth_method: 'tls_client_auth', ...more })
const bySelf = (...certificates: readonly MadeCertificate[]) =>
  newMachine(server, {
    token_endpoint_auth_method: 'self_signed_tls_client_auth',
    jwks: { keys: certificates.map(jwkOf) },
  })

function token(
  app: App,
  by: MadeCertificate | undefined,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const form = { grant_type: 'client_credentials', client_id: app.clientId }
  return call(server, '/o/token/', { form, headers, ...(by && { by }) })
}

function assertRefused(answer: Answer, why?: string): void {
  assert.equal(answer.status, 401, `${why ?? ''} ${answer.text}`)
  assert.equal(answer.json['error'], 'invalid_client')
}

describe('tls_client_auth', { skip }, () => {
  const names: [member: string, value: string, wrong: string][] = [
    ['subject_dn', dn, 'CN=client,O=Example,C=DE'],
    ['san_dns', 'client.example', 'other.example'],
    ['san_uri', 'spiffe://example/app', 'spiffe://example/other'],
    ['san_email', 'app@client.example', 'other@client.example'],
    ['san_ip', '192.0.2.7', '192.0.2.8'],
  ]
  for (const [member, value, wrong] of names) {
    test(`§2.1.2: by ${member}`, async () => {
      const name = `tls_client_auth_${member}`
      assert.equal((await token(await byName({ [name]: value }), mine)).status, 200)
      assertRefused(await token(await byName({ [name]: wrong }), mine))
    })
  }

  test('§2: without a certificate, and with one for another subject', async () => {
    const app = await byName()
    assertRefused(await token(app, undefined))
    assertRefused(await token(app, other))
  })

  test('§2.1: with the right subject in a certificate that nobody vouches for', async () => {
    assertRefused(await token(await byName(), selfMade))
  })

  test('§6.5: with the header of the proxy, written by the caller', async () => {
    const app = await byName()
    const headers = { 'X-Client-Cert': encodeURIComponent(mine.cert), 'X-Client-Verify': 'SUCCESS' }
    assertRefused(await token(app, undefined, headers))
    assertRefused(await token(app, other, headers))
    assertRefused(await token(app, selfMade, { 'X-Client-Verify': 'SUCCESS' }))
  })

  test('RFC 7591 §2: nobody else is let in by a certificate, and nobody by a secret instead', async () => {
    const secret = await newMachine(server)
    assertRefused(await token(secret, mine))
    const app = await byName()
    const form = { grant_type: 'client_credentials', client_id: app.clientId, client_secret: secret.secret }
    assertRefused(await call(server, '/o/token/', { form, by: mine }))
  })

  test('the same at introspection and revocation', async () => {
    const app = await byName()
    const form = { token: text(await token(app, mine), 'access_token'), client_id: app.clientId }
    const at = (path: string, by: MadeCertificate) => call(server, path, { form, by })
    assert.equal((await at('/o/introspect/', mine)).json['active'], true)
    assertRefused(await at('/o/introspect/', other))
    assertRefused(await at('/o/revoke_token/', other))
    assert.equal((await at('/o/revoke_token/', mine)).status, 200)
    assert.deepEqual((await at('/o/introspect/', mine)).json, { active: false })
  })

  test('a failed authentication costs no code', async () => {
    const scene = await newScene(server, {
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: dn,
    })
    const flow = newFlow(scene)
    const form = {
      grant_type: 'authorization_code',
      code: await getCode(scene.browser, flow),
      redirect_uri: callback,
      code_verifier: flow.pkce?.verifier ?? '',
      client_id: scene.app.clientId,
    }
    assertRefused(await call(server, '/o/token/', { form, by: other }))
    assert.equal((await call(server, '/o/token/', { form, by: mine })).status, 200)
  })
})

describe('self_signed_tls_client_auth', { skip }, () => {
  test('§2.2: with the registered certificate, and no other of the same name', async () => {
    const app = await bySelf(selfMade)
    assert.equal((await token(app, selfMade)).status, 200)
    assertRefused(await token(app, mine))
    assertRefused(await token(app, await stage.authority.selfSigned(subject)))
    assertRefused(await token(app, undefined))
  })

  test('§2.2.2: one of several, so that it can be replaced', async () => {
    const renewed = await stage.authority.selfSigned(subject)
    const app = await bySelf(selfMade, renewed)
    assert.deepEqual([(await token(app, selfMade)).status, (await token(app, renewed)).status], [200, 200])
    await administer(server, 'PATCH', `/clients/${app.clientId}`, { jwks: { keys: [jwkOf(renewed)] } })
    assertRefused(await token(app, selfMade))
    assert.equal((await token(app, renewed)).status, 200)
  })

  test('by thumbprint', async () => {
    const { x5c: _, ...jwk } = jwkOf(selfMade)
    const app = await newMachine(server, {
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks: { keys: [{ ...jwk, 'x5t#S256': thumbprintOf(selfMade) }] },
    })
    assert.equal((await token(app, selfMade)).status, 200)
    assertRefused(await token(app, mine))
  })
})

describe('certificate-bound tokens', { skip }, () => {
  const bound = { tls_client_certificate_bound_access_tokens: true }

  test('§3.1: the token has the thumbprint; the guard lets it in on that connection alone', async () => {
    const app = await byName({ tls_client_auth_subject_dn: dn, ...bound })
    const answer = await token(app, mine)
    assert.equal(answer.json['token_type'], 'Bearer')
    const access = text(answer, 'access_token')
    assert.deepEqual(decodeJwt(access)['cnf'], { 'x5t#S256': thumbprintOf(mine) })
    const use = async (by: MadeCertificate | undefined, headers: Readonly<Record<string, string>> = {}) =>
      call(server, '/api/chatbots/', { bearer: access, headers, ...(by && { by }) })
    assert.equal((await use(mine)).status, 200)
    for (const refused of [
      await use(undefined),
      await use(other),
      await use(undefined, { 'X-Client-Cert': encodeURIComponent(mine.cert) }),
    ]) {
      assert.equal(refused.status, 401)
      assert.match(String(refused.headers['www-authenticate']), /error="invalid_token"/)
    }
  })

  test('§3.2: introspection tells the binding', async () => {
    const app = await byName({ tls_client_auth_subject_dn: dn, ...bound })
    const access = text(await token(app, mine), 'access_token')
    const { json } = await call(server, '/o/introspect/', {
      form: { token: access, client_id: app.clientId },
      by: mine,
    })
    assert.deepEqual(json['cnf'], { 'x5t#S256': thumbprintOf(mine) })
    assert.equal(json['token_type'], 'Bearer')
  })

  test('a client with a secret can have bound tokens too, and gets no others', async () => {
    const app = await newMachine(server, bound)
    const form = { grant_type: 'client_credentials', client_id: app.clientId, client_secret: app.secret }
    const without = await call(server, '/o/token/', { form })
    assert.equal(without.status, 400)
    assert.equal(without.json['error'], 'invalid_request')
    const access = text(await call(server, '/o/token/', { form, by: selfMade }), 'access_token')
    assert.deepEqual(decodeJwt(access)['cnf'], { 'x5t#S256': thumbprintOf(selfMade) })
  })

  test('a client that is not registered for it gets tokens that are bound to nothing', async () => {
    const access = text(await token(await byName(), mine), 'access_token')
    assert.ok(!('cnf' in decodeJwt(access)))
    assert.equal((await call(server, '/api/chatbots/', { bearer: access })).status, 200)
  })

  test('§4: the refresh token of a public client is bound for good; a stolen one is worth nothing', async () => {
    const scene = await newScene(server, { type: 'public', ...bound })
    const flow = newFlow(scene)
    const code = await getCode(scene.browser, flow)
    const redeem = { code, redirect_uri: callback, code_verifier: flow.pkce?.verifier ?? '' }
    const ask = (form: Readonly<Record<string, string>>, by?: MadeCertificate) =>
      call(server, '/o/token/', { form: { client_id: scene.app.clientId, ...form }, ...(by && { by }) })
    const bare = await ask({ grant_type: 'authorization_code', ...redeem })
    assert.equal(bare.status, 400, 'no certificate, and the code is not spent by that')
    const first = await ask({ grant_type: 'authorization_code', ...redeem }, selfMade)
    assert.equal(first.status, 200, first.text)
    const refresh = { grant_type: 'refresh_token', refresh_token: text(first, 'refresh_token') }
    assert.equal((await ask(refresh, other)).json['error'], 'invalid_grant')
    assert.equal((await ask(refresh)).status, 400)
    const path = `/clients/${scene.app.clientId}`
    await administer(server, 'PATCH', path, { tls_client_certificate_bound_access_tokens: false })
    assert.equal(
      (await ask(refresh)).json['error'],
      'invalid_grant',
      'also when new tokens are bound no more',
    )
    assert.equal((await ask(refresh, selfMade)).status, 200)
  })

  test('§3: forward authentication checks the certificate', async () => {
    const app = await byName({ tls_client_auth_subject_dn: dn, ...bound })
    const bearer = text(await token(app, mine), 'access_token')
    const headers = { 'X-Original-Method': 'GET', 'X-Original-URI': '/v1/behind' }
    const ask = (by?: MadeCertificate) =>
      call(server, '/guard/forward-auth', { bearer, headers, ...(by && { by }) })
    assert.equal((await ask(mine)).status, 200)
    assert.equal((await ask(other)).status, 401)
    assert.equal((await ask()).status, 401)
  })

  test('§3: an API in another language says which certificate was shown', async () => {
    const app = await byName({ tls_client_auth_subject_dn: dn, ...bound })
    const access = text(await token(app, mine), 'access_token')
    const guard = (await administer(server, 'POST', '/guards', { name: 'api' })).json
    const basic = Buffer.from(`${guard['client_id']}:${guard['client_secret']}`).toString('base64')
    const question = {
      method: 'GET',
      path: '/',
      ip: '192.0.2.1',
      headers: { authorization: `Bearer ${access}` },
      rule: { doors: ['openchatstudio'] },
      shape: 'oauth',
    }
    const ask = async (more: object, by?: MadeCertificate) =>
      call(server, '/guard/check', {
        json: { ...question, ...more },
        headers: { Authorization: `Basic ${basic}` },
        ...(by && { by }),
      })
    assert.equal((await ask({ certificate: x5c(mine) })).json['outcome'], 'allow')
    assert.equal((await ask({ certificate: x5c(other) })).json['outcome'], 'refuse')
    assert.equal((await ask({})).json['outcome'], 'refuse')
    assert.equal((await ask({}, mine)).json['outcome'], 'refuse', 'not the one of the API’s own connection')
    assert.equal((await ask({ certificate: 'not base64' })).status, 400)
  })
})

test('RFC 8414 §2, RFC 8705 §3.3: discovery tells it', { skip }, async () => {
  const { json } = await call(server, '/.well-known/openid-configuration')
  assert.deepEqual(json['token_endpoint_auth_methods_supported'], clientAuth)
  assert.equal(json['tls_client_certificate_bound_access_tokens'], true)
  assert.ok(!('mtls_endpoint_aliases' in json))
})

test('§5: discovery tells the other address at which certificates are asked for', { skip }, async (t) => {
  const baseUrl = 'https://mtls.example'
  const aliased = await startServer({
    doors: { openchatstudio: { ...door, pushedRequests: 'optional' } },
    clientCertificate: { ...clientCertificate, baseUrl },
    trustedProxies: 1,
  })
  t.after(() => aliased.close())
  const { json } = await call(aliased, '/.well-known/openid-configuration')
  assert.deepEqual(json['mtls_endpoint_aliases'], {
    token_endpoint: `${baseUrl}/o/token`,
    introspection_endpoint: `${baseUrl}/o/introspect`,
    revocation_endpoint: `${baseUrl}/o/revoke_token`,
    userinfo_endpoint: `${baseUrl}/o/userinfo`,
    pushed_authorization_request_endpoint: `${baseUrl}/o/par`,
  })
  const elsewhere = await call(aliased, '/.well-known/oauth-authorization-server/oauth')
  assert.ok(!('mtls_endpoint_aliases' in elsewhere.json), 'a door that takes none')
})

test('§6.5: past the proxy the port takes the same headers, which is why nobody may reach it; in the clear nothing', {
  skip,
}, async () => {
  const app = await byName()
  const form = { grant_type: 'client_credentials', client_id: app.clientId }
  const headers = { 'X-Client-Cert': encodeURIComponent(mine.cert), 'X-Client-Verify': 'SUCCESS' }
  const direct = await send(`${server.address}/o/token/`, { form, headers })
  assert.equal(direct.status, 403, 'it does not even say that it came over TLS')
})

test('a server without a trusted proxy, and a door without the setting, do not start', { skip }, async () => {
  const doors = { openchatstudio: door }
  const { verified: _, ...unverified } = clientCertificate
  const rows = [
    [{ clientCertificate }, /needs SALLYPORT_TRUSTED_PROXIES to be at least 1/],
    [{}, /tls_client_auth needs the setting clientCertificate/],
    [
      { clientCertificate: unverified, trustedProxies: 1 },
      /tls_client_auth needs clientCertificate.verified/,
    ],
  ] as const
  for (const [options, said] of rows) assert.match(await refusalToStart({ doors, ...options }), said)
})

test('a door that binds nothing registers nobody for it', { skip }, async (t) => {
  const plain = await startServer()
  t.after(() => plain.close())
  await assert.rejects(
    newMachine(plain, { tls_client_certificate_bound_access_tokens: true }),
    /tls_client_certificate_bound_access_tokens is not for clients of this door/,
  )
})

test('openid-client goes through everything with a certificate and bound tokens', { skip }, async () => {
  const scene = await newScene(server, {
    scope: 'openid profile chatbot:read',
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_auth_san_dns: 'client.example',
    tls_client_certificate_bound_access_tokens: true,
  })
  const agent = new Agent({ cert: mine.cert, key: mine.key, ca: stage.authority.cert, keepAlive: false })
  // What the library leaves to whoever calls it: how a request reaches the network.
  const overTls: client.CustomFetch = (url, { method, headers, body }) =>
    new Promise((resolve, reject) => {
      const asked = request(url, { method, headers, agent }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const told = Object.entries(response.headers).map(([name, value]): [string, string] => [
            name,
            String(value),
          ])
          resolve(new Response(Buffer.concat(chunks), { status: response.statusCode ?? 0, headers: told }))
        })
      })
      asked.on('error', reject)
      asked.end(body === undefined || body === null ? undefined : String(body))
    })
  const skew = server.now() - Math.floor(Date.now() / 1000)
  const metadata = { [client.clockSkew]: skew, [client.clockTolerance]: 10 }
  const config = await client.discovery(
    new URL(server.base),
    scene.app.clientId,
    metadata,
    client.TlsClientAuth(),
    {
      [client.customFetch]: overTls,
    },
  )
  const verifier = client.randomPKCECodeVerifier()
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: 'openid profile chatbot:read',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  const back = await approve(scene.browser, address.pathname + address.search)
  const current = new URL(`${callback}?${responseOf(back)}`)
  const tokens = await client.authorizationCodeGrant(config, current, { pkceCodeVerifier: verifier })
  assert.deepEqual(decodeJwt(tokens.access_token)['cnf'], { 'x5t#S256': thumbprintOf(mine) })
  assert.equal(
    (await client.fetchUserInfo(config, tokens.access_token, scene.person.id)).sub,
    scene.person.id,
  )
  const fresh = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
  assert.equal((await client.tokenIntrospection(config, fresh.access_token)).active, true)
  await client.tokenRevocation(config, fresh.access_token)
  assert.equal((await client.tokenIntrospection(config, fresh.access_token)).active, false)
})
