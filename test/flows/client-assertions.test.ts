/** Clients that prove themselves with signed assertions, on a real server. The sections are those of RFC 7523. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { administer, type App, call, getCode, newMachine } from '../support/actors.ts'
import {
  assertionBy,
  type AssertionWish,
  byAssertion,
  type ClientKey,
  machineToken,
  newClientKey,
} from '../support/assertions.ts'
import { type Answer, text } from '../support/http.ts'
import { callback, newFlow, newScene } from '../support/ocs.ts'
import { startServer, storeBytes, type TestServer } from '../support/server.ts'

const clientAuth = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'client_secret_jwt',
  'none',
]
const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials']
let server: TestServer
let key: ClientKey
let otherKey: ClientKey
let byKey: App
let bySecret: App

before(async () => {
  server = await startServer({
    doors: {
      openchatstudio: { clientAuth },
      'osir-oauth': { clientAuth, grantTypes, insecureEndpointAudience: true },
    },
  })
  key = await newClientKey('k1')
  otherKey = await newClientKey('k2')
  byKey = await newMachine(server, {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [key.jwk] },
  })
  bySecret = await newMachine(server, { token_endpoint_auth_method: 'client_secret_jwt' })
})
after(() => server.close())

const wish = (more: Partial<AssertionWish> = {}): AssertionWish => ({
  clientId: byKey.clientId,
  aud: server.base,
  now: server.now(),
  ...more,
})
const byKeyWith = async (more: Partial<AssertionWish> = {}, by: ClientKey | string = key) =>
  machineToken(server, byAssertion(await assertionBy(by, wish(more))))

function assertRefused(answer: Answer, why?: string): void {
  assert.equal(answer.status, 401, `${why ?? ''} ${answer.text}`)
  assert.deepEqual(answer.json, {
    error: 'invalid_client',
    error_description: 'client authentication failed',
  })
  assert.equal(answer.headers['www-authenticate'], 'Bearer error="invalid_client"')
}

describe('200', () => {
  test('a client that is changed to sign with its secret is told one that it can sign with', async () => {
    const app = await newMachine(server)
    const change = async (token_endpoint_auth_method: string, more: object = {}) =>
      administer(server, 'PATCH', `/clients/${app.clientId}`, { token_endpoint_auth_method, ...more })
    const changed = await change('client_secret_jwt')
    assert.equal(changed.status, 200, changed.text)
    const sign = (secret: string) => assertionBy(secret, wish({ clientId: app.clientId }))
    const secret = text(changed, 'client_secret')
    assert.equal((await machineToken(server, byAssertion(await sign(secret)))).status, 200)
    assertRefused(await machineToken(server, byAssertion(await sign(app.secret))), 'only its hash is kept')
    assert.equal('client_secret' in (await change('client_secret_jwt')).json, false, 'it has one')
    const named = await administer(server, 'PATCH', `/clients/${app.clientId}`, { name: 'Renamed' })
    assert.equal('client_secret' in named.json, false)
  })
  test('a client that is changed from a key to a secret is told one', async () => {
    const app = await newMachine(server, {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.jwk] },
    })
    const changed = await administer(server, 'PATCH', `/clients/${app.clientId}`, {
      token_endpoint_auth_method: 'client_secret_post',
      jwks: null,
    })
    const form = { client_id: app.clientId, client_secret: text(changed, 'client_secret') }
    assert.equal((await machineToken(server, form)).status, 200)
  })
  test('§2.2: an assertion by the registered key gets a token, with and without client_id', async () => {
    const answer = await byKeyWith()
    assert.equal(answer.status, 200, answer.text)
    assert.equal((await call(server, '/api/chatbots/', { bearer: text(answer, 'access_token') })).status, 200)
    const form = byAssertion(await assertionBy(key, wish()))
    assert.equal((await machineToken(server, { ...form, client_id: byKey.clientId })).status, 200)
  })

  test('RFC 7523bis §4: with the type of its own', async () => {
    assert.equal((await byKeyWith({ header: { typ: 'client-authentication+jwt' } })).status, 200)
  })

  test('OpenID Connect Core §9: an assertion by the secret', async () => {
    const assertion = await assertionBy(bySecret.secret, wish({ clientId: bySecret.clientId }))
    assert.equal((await machineToken(server, byAssertion(assertion))).status, 200)
  })

  test('the same at introspection and revocation', async () => {
    const token = text(await byKeyWith(), 'access_token')
    const at = async (path: string) =>
      call(server, path, { form: { token, ...byAssertion(await assertionBy(key, wish())) } })
    assert.equal((await at('/o/introspect/')).json['active'], true)
    assert.equal((await at('/o/revoke_token/')).status, 200)
    assert.deepEqual((await at('/o/introspect/')).json, { active: false })
  })

  for (const alg of ['RS256', 'PS256', 'Ed25519', 'EdDSA']) {
    test(`keys of ${alg}`, async () => {
      const one = await newClientKey('k', alg)
      const app = await newMachine(server, {
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [otherKey.jwk, one.jwk] },
      })
      assert.equal((await byKeyWith({ clientId: app.clientId }, one)).status, 200)
    })
  }

  test('a door that takes addresses of endpoints for an audience', async () => {
    const app = await newMachine(server, {
      door: 'osir-oauth',
      scope: 'domains:read',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.jwk] },
    })
    const ask = async (aud: string | readonly string[]) =>
      call(server, '/oauth/token', {
        form: {
          grant_type: 'client_credentials',
          ...byAssertion(await assertionBy(key, wish({ clientId: app.clientId, aud }))),
        },
      })
    assert.equal((await ask(`${server.base}/oauth`)).status, 200)
    assert.equal((await ask(`${server.base}/oauth/token`)).status, 200)
    assert.equal((await ask([`${server.base}/oauth`, `${server.base}/oauth/token`])).status, 200)
    assertRefused(await ask([`${server.base}/oauth`, 'https://evil.example']))
    assertRefused(await ask(server.base), 'the other door is another issuer')
    assert.match(server.log(), /insecureEndpointAudience is on at door osir-oauth/)
  })
})

describe('401', () => {
  const refused: [name: string, more: () => Partial<AssertionWish>][] = [
    [
      '§3 rule 3: for the token endpoint, at a door that takes the issuer alone',
      () => ({ aud: `${server.base}/o/token` }),
    ],
    ['§3 rule 3: for another server', () => ({ aud: 'https://other.example' })],
    ['RFC 7523bis §4: for this server and another', () => ({ aud: [server.base, 'https://other.example'] })],
    ['§3 rule 4: expired', () => ({ claims: { exp: server.now() - 60 } })],
    ['§3 rule 4: good for hours', () => ({ claims: { exp: server.now() + 7200 } })],
    ['§3 rule 4: without an end', () => ({ claims: { exp: undefined } })],
    ['§3 rule 5: not yet good', () => ({ claims: { nbf: server.now() + 120 } })],
    ['OpenID Connect Core §9: without jti', () => ({ claims: { jti: undefined } })],
    ['§3 rule 2: of somebody else', () => ({ claims: { sub: bySecret.clientId } })],
    ['RFC 7515 §4.1.4: by a key that nobody registered', () => ({ header: { kid: 'k9' } })],
    ['RFC 8725 §3.11: typed as a DPoP proof', () => ({ header: { typ: 'dpop+jwt' } })],
    ['of a client that is not there', () => ({ clientId: 'app_none' })],
  ]
  for (const [name, more] of refused) {
    test(name, async () => assertRefused(await byKeyWith(more())))
  }

  test('§3 rule 9: by another key under the name of the registered one', async () => {
    assertRefused(await byKeyWith({ header: { kid: 'k1' } }, otherKey))
    assertRefused(await byKeyWith({}, otherKey))
  })

  test('§3 rule 7: a second time, also of many at once exactly one is taken', async () => {
    const form = byAssertion(await assertionBy(key, wish()))
    const answers = await Promise.all(Array.from({ length: 20 }, () => machineToken(server, form)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.equal(answers.filter(({ status }) => status === 401).length, 19)
    await server.advance(119)
    assertRefused(await machineToken(server, form), 'to its last second')
  })

  test('§3 rule 7: the same jti of another client is another one', async () => {
    const claims = { jti: 'shared' }
    assert.equal((await byKeyWith({ claims })).status, 200)
    const assertion = await assertionBy(bySecret.secret, wish({ clientId: bySecret.clientId, claims }))
    assert.equal((await machineToken(server, byAssertion(assertion))).status, 200)
  })

  test('a restart forgets no assertion', async () => {
    const form = byAssertion(await assertionBy(key, wish()))
    assert.equal((await machineToken(server, form)).status, 200)
    await server.kill()
    await server.restart()
    assertRefused(await machineToken(server, form))
  })

  test('RFC 8725 §3.1: a shared secret where a key is registered, whatever it is', async () => {
    assertRefused(await byKeyWith({}, JSON.stringify(key.jwk)))
    assertRefused(await byKeyWith({ clientId: bySecret.clientId }, key), 'and the other way round')
    assertRefused(await byKeyWith({ clientId: bySecret.clientId }, `${bySecret.secret}x`))
  })

  test('the algorithm that was registered, and no other', async () => {
    const rsa = await newClientKey('k', 'RS256')
    const app = await newMachine(server, {
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks: { keys: [key.jwk, { ...rsa.jwk, alg: 'RS256' }] },
    })
    assert.equal((await byKeyWith({ clientId: app.clientId })).status, 200)
    assertRefused(await byKeyWith({ clientId: app.clientId }, rsa))
  })

  test('RFC 7591 §2: by any way but the registered one', async () => {
    const basic = `Basic ${Buffer.from(`${bySecret.clientId}:${bySecret.secret}`).toString('base64')}`
    const byHeader = await machineToken(server, {}, { headers: { Authorization: basic } })
    assert.equal(byHeader.status, 401)
    assert.equal(byHeader.headers['www-authenticate'], 'Basic realm="oauth"', 'RFC 6749 §5.2')
    const { clientId: client_id, secret: client_secret } = bySecret
    assertRefused(await machineToken(server, { client_id, client_secret }))
    assertRefused(await machineToken(server, { client_id: byKey.clientId }), 'nor with nothing')
    const plain = await newMachine(server)
    assertRefused(await byKeyWith({ clientId: plain.clientId }, plain.secret), 'nor one that is for secrets')
  })

  test('at a door that takes no assertions', async (t) => {
    const other = await startServer()
    t.after(() => other.close())
    const app = await newMachine(other)
    const assertion = await assertionBy(app.secret, { ...wish(), clientId: app.clientId, aud: other.base })
    assertRefused(await machineToken(other, byAssertion(assertion)))
    await assert.rejects(
      newMachine(other, { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } }),
      /must be one that the door takes/,
    )
  })

  test('a failed authentication costs no code', async () => {
    const scene = await newScene(server, {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.jwk] },
    })
    const flow = newFlow(scene)
    const code = await getCode(scene.browser, flow)
    const form = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      code_verifier: flow.pkce?.verifier ?? '',
    }
    const redeem = async (by: ClientKey) =>
      call(server, '/o/token/', {
        form: { ...form, ...byAssertion(await assertionBy(by, wish({ clientId: scene.app.clientId }))) },
      })
    assertRefused(await redeem(otherKey))
    assert.equal((await redeem(key)).status, 200)
  })
})

describe('400', () => {
  test('RFC 6749 §2.3: two ways in one request', async () => {
    const form = byAssertion(await assertionBy(key, wish()))
    const { clientId, secret } = bySecret
    const basic = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`
    const answers = [
      await machineToken(server, { ...form, client_secret: secret }),
      await machineToken(server, form, { headers: { Authorization: basic } }),
      await machineToken(server, { client_assertion: form['client_assertion'] ?? '' }),
      await machineToken(server, { ...form, client_secret: secret }, { headers: { Authorization: basic } }),
    ]
    for (const answer of answers) {
      assert.equal(answer.status, 400, answer.text)
      assert.equal(answer.json['error'], 'invalid_request')
    }
    assert.equal((await machineToken(server, form)).status, 200, 'which did not use the assertion up')
  })
})

test('RFC 8414 §2: discovery lists what the door takes, with the algorithms, and no more', async () => {
  const { json } = await call(server, '/.well-known/openid-configuration')
  const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'client_secret_jwt']
  assert.deepEqual(json['token_endpoint_auth_methods_supported'], [...methods, 'none'])
  assert.deepEqual(json['introspection_endpoint_auth_methods_supported'], methods)
  const algorithms = ['ES256', 'Ed25519', 'EdDSA', 'PS256', 'RS256', 'HS256']
  for (const endpoint of ['token', 'introspection', 'revocation'])
    assert.deepEqual(json[`${endpoint}_endpoint_auth_signing_alg_values_supported`], algorithms)
})

test('keys are changed, told and taken away by the management API; private ones are refused', async () => {
  const app = await newMachine(server, {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [key.jwk] },
  })
  assert.equal(app.secret, '', 'who signs has no secret')
  const path = `/clients/${app.clientId}`
  const told = (await administer(server, 'GET', path)).json
  assert.equal(told['token_endpoint_auth_method'], 'private_key_jwt')
  assert.deepEqual(told['jwks'], { keys: [key.jwk] })
  await administer(server, 'PATCH', path, { jwks: { keys: [otherKey.jwk] } })
  assertRefused(await byKeyWith({ clientId: app.clientId }))
  assert.equal((await byKeyWith({ clientId: app.clientId }, otherKey)).status, 200)
  const patch = (body: object) => administer(server, 'PATCH', path, body)
  await assert.rejects(patch({ jwks: { keys: [{ ...otherKey.jwk, d: 'x' }] } }), /jwks a key has private/)
  await assert.rejects(patch({ jwks: null }), /jwks or jwks_uri is needed/)
  await assert.rejects(patch({ jwks_uri: 'https://a.example/' }), /must not come together/)
  await assert.rejects(administer(server, 'POST', `${path}/secrets`), /without a secret/)
  await patch({ token_endpoint_auth_method: 'client_secret_post', jwks: null })
  const secret = text(await administer(server, 'POST', `${path}/secrets`), 'client_secret')
  assert.equal((await machineToken(server, { client_id: app.clientId, client_secret: secret })).status, 200)
  assertRefused(await byKeyWith({ clientId: app.clientId }, otherKey))
})

test('the secret of who signs with it is nowhere in the store, and neither is an assertion', async () => {
  const assertion = await assertionBy(bySecret.secret, wish({ clientId: bySecret.clientId }))
  assert.equal((await machineToken(server, byAssertion(assertion))).status, 200)
  const stored = await storeBytes(server)
  assert.ok(!stored.includes(bySecret.secret))
  assert.ok(!server.log().includes(bySecret.secret))
  assert.ok(!server.log().includes(assertion.split('.')[2] ?? ''))
})
