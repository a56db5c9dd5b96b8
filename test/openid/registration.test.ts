/** What a client registers of how it is asked and told. The sections are those of OpenID Connect Registration, unless another document is named. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { compactVerify, createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { administer, type App, authorizePath, call, fresh, getCode, responseOf } from '../support/actors.ts'
import { assertionBy, newClientKey } from '../support/assertions.ts'
import { hasOpenssl } from '../support/certificates.ts'
import { credentials } from '../support/grants.ts'
import { type Answer, text } from '../support/http.ts'
import { type DocumentHost, startDocumentHost } from '../support/https-documents.ts'
import { callback, newFlow, newScene, newTokens, type Scene } from '../support/ocs.ts'
import { newProofKey, proofOf } from '../../packages/guard/test/support/proofs.ts'
import { freePort, startServer, type TestServer } from '../support/server.ts'

const generous = { limit: 1_000_000, window: 60 }
const elsewhere = 'https://elsewhere.example/cb'

let host: DocumentHost | undefined
let server: TestServer
/** A door that has nothing but what the documents have. */
let plain: TestServer
let scene: Scene
before(async () => {
  host = hasOpenssl ? await startDocumentHost() : undefined
  const registration = { registration: 'open', registrationLimit: generous }
  server = await startServer({
    ...host?.options,
    doors: {
      openchatstudio: {
        ...registration,
        subjectTypes: ['public', 'pairwise'],
        signedIntrospection: true,
        responseModes: ['query', 'query.jwt'],
        pushedRequests: 'optional',
        requestObjects: 'optional',
        dpop: 'optional',
        dpopNonce: false,
      },
    },
  })
  plain = await startServer({ doors: { openchatstudio: registration } })
  scene = await newScene(server, { scope: 'openid profile chatbot:read' })
})
after(async () => {
  await server.close()
  await plain.close()
  await host?.close()
})

const metadata = (more: object = {}) => ({
  client_name: fresh('Notes'),
  redirect_uris: [callback],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile chatbot:read',
  token_endpoint_auth_method: 'client_secret_post',
  ...more,
})
const register = (more: object = {}, at = server): Promise<Answer> =>
  call(at, '/o/register', { json: metadata(more) })
const refusal = ({ status, json }: Answer) => [status, json['error']]
const keysOf = ({ base }: TestServer) => createRemoteJWKSet(new URL(`${base}/.well-known/jwks.json`))
const now = () => new Date(server.now() * 1000)

/** A client that registered itself, in somebody's hands. */
async function sceneOf(more: object = {}): Promise<Scene & { readonly registered: Answer }> {
  const registered = await register(more)
  assert.equal(registered.status, 201, registered.text)
  const app: App = {
    clientId: text(registered, 'client_id'),
    secret: String(registered.json['client_secret'] ?? ''),
  }
  return { ...scene, app, registered }
}
const tokensOf = (of: Scene, more: object = {}) => newTokens(of, { scope: 'openid', team: of.team, ...more })
const ask = (of: Scene, more: Readonly<Record<string, string>> = {}) =>
  of.browser.open(
    authorizePath(newFlow(of, { scope: 'openid', team: of.team, more: { state: 's', ...more } })),
  )

const everything = {
  require_pushed_authorization_requests: true,
  require_signed_request_object: true,
  subject_type: 'pairwise',
  id_token_signed_response_alg: 'ES256',
  userinfo_signed_response_alg: 'ES256',
  introspection_signed_response_alg: 'ES256',
  authorization_signed_response_alg: 'ES256',
  request_object_signing_alg: 'PS256',
  default_max_age: 300,
  require_auth_time: true,
  dpop_bound_access_tokens: true,
}

describe('what is registered', () => {
  test('§3.2: is told back whole, by the registration, by its address, and to administrators', async () => {
    const registered = await register(everything)
    assert.equal(registered.status, 201, registered.text)
    const path = new URL(text(registered, 'registration_client_uri')).pathname
    const read = await call(server, path, { bearer: text(registered, 'registration_access_token') })
    const seen = await administer(server, 'GET', `/clients/${text(registered, 'client_id')}`)
    for (const { json } of [registered, read, seen])
      assert.deepEqual(
        Object.fromEntries(Object.keys(everything).map((name) => [name, json[name]])),
        everything,
      )
  })

  test('RFC 7592 §2.2: is said anew as a whole, and what is left out is gone', async () => {
    const registered = await register(everything)
    const { registration_client_uri: uri, registration_access_token: bearer, client_id } = registered.json
    const json = { ...metadata(), client_id, default_max_age: 60 }
    const put = await call(server, new URL(String(uri)).pathname, {
      method: 'PUT',
      json,
      bearer: String(bearer),
    })
    assert.equal(put.status, 200, put.text)
    const left = Object.keys(everything).filter((name) => put.json[name] !== undefined)
    assert.deepEqual(left, ['default_max_age'])
    assert.equal(put.json['default_max_age'], 60)
  })

  test('an administrator changes one thing and the others stay; null takes it away', async () => {
    const id = text(await register({ subject_type: 'pairwise', default_max_age: 60 }), 'client_id')
    const patched = await administer(server, 'PATCH', `/clients/${id}`, { default_max_age: 90 })
    assert.deepEqual([patched.json['subject_type'], patched.json['default_max_age']], ['pairwise', 90])
    const less = await administer(server, 'PATCH', `/clients/${id}`, { default_max_age: null })
    assert.deepEqual([less.json['subject_type'], less.json['default_max_age']], ['pairwise', undefined])
  })

  test('public clients that differ in it are two clients, and those that don’t are one', async () => {
    const said = metadata({ token_endpoint_auth_method: 'none' })
    const ids = []
    for (const more of [{}, { subject_type: 'pairwise' }, { subject_type: 'pairwise' }, {}])
      ids.push(text(await call(server, '/o/register', { json: { ...said, ...more } }), 'client_id'))
    assert.deepEqual([ids[0] === ids[3], ids[1] === ids[2], ids[0] === ids[1]], [true, true, false])
  })
})

describe('400 invalid_client_metadata', () => {
  for (const [name, more] of [
    ['§2: no algorithm at all', { id_token_signed_response_alg: 'none' }],
    ['§2: an algorithm that the server has no key for', { id_token_signed_response_alg: 'RS256' }],
    ['§2: the same for userinfo', { userinfo_signed_response_alg: 'PS256' }],
    ['RFC 9701 §6: the same for introspection', { introspection_signed_response_alg: 'none' }],
    ['JARM §3: the same for authorization responses', { authorization_signed_response_alg: 'none' }],
    ['§2: request objects that nobody signed', { request_object_signing_alg: 'none' }],
    ['§2: another kind of subject', { subject_type: 'ephemeral' }],
    ['§2: an age that is none', { default_max_age: -1 }],
    [
      'OpenID Connect Core §8.1: pairwise subjects with two hosts and no sector',
      { subject_type: 'pairwise', redirect_uris: [callback, elsewhere] },
    ],
    ['§2: a way of signing in that there is not', { default_acr_values: ['https://acr.example/phr'] }],
  ] as const)
    test(`${name} is refused, never replaced`, async () => {
      assert.deepEqual(refusal(await register(more)), [400, 'invalid_client_metadata'])
    })

  for (const [name, value] of Object.entries(everything)) {
    const always = [
      'id_token_signed_response_alg',
      'userinfo_signed_response_alg',
      'request_object_signing_alg',
      'default_max_age',
      'require_auth_time',
    ]
    if (always.includes(name)) continue
    test(`RFC 7591 §3.2.1: ${name} is not promised by a door that can’t keep it`, async () => {
      assert.deepEqual(refusal(await register({ [name]: value }, plain)), [400, 'invalid_client_metadata'])
    })
  }
})

describe('the sector (§5)', { skip: !hasOpenssl && 'openssl is not on this machine' }, () => {
  const two = { subject_type: 'pairwise', redirect_uris: [callback, elsewhere] }
  const at = (uri: string) => register({ ...two, sector_identifier_uri: uri })

  test('is the host of a document that lists every redirect address', async () => {
    const uri = host?.publish([elsewhere, callback, 'https://third.example/'])
    const registered = await at(uri ?? '')
    assert.equal(registered.status, 201, registered.text)
    assert.equal(registered.json['sector_identifier_uri'], uri)
  })

  for (const [name, json, status] of [
    ['does not list one of them', [callback], 200],
    ['is no list', { redirect_uris: [callback, elsewhere] }, 200],
    ['is no JSON', 'nothing', 200],
    ['is not there', [callback, elsewhere], 404],
  ] as const)
    test(`is refused where the document ${name}`, async () => {
      const answer = await at(host?.publish(json, status) ?? '')
      assert.deepEqual(refusal(answer), [400, 'invalid_client_metadata'])
    })

  test('is fetched over https from public addresses alone, and of what is there nothing is told', async () => {
    for (const uri of [
      'http://127.0.0.1/x',
      'https://10.0.0.1/x',
      'https://169.254.169.254/x',
      'https://u:p@a.example/',
    ]) {
      const answer = await at(uri)
      assert.deepEqual(refusal(answer), [400, 'invalid_client_metadata'])
      assert.doesNotMatch(answer.text, /ECONN|timeout|answered/)
    }
  })

  test('is held against redirect addresses that an administrator changes', async () => {
    const uri = host?.publish([callback, elsewhere])
    const id = text(await at(uri ?? ''), 'client_id')
    const third = ['https://third.example/cb']
    await assert.rejects(
      administer(server, 'PATCH', `/clients/${id}`, { redirect_uris: third }),
      /does not list/,
    )
    await administer(server, 'PATCH', `/clients/${id}`, { redirect_uris: [callback] })
  })

  test('two clients with one document know people by one name, whatever their hosts', async () => {
    const uri = host?.publish([callback, elsewhere])
    const [one, other] = await Promise.all([
      sceneOf({ ...two, sector_identifier_uri: uri }),
      sceneOf({ subject_type: 'pairwise', sector_identifier_uri: uri }),
    ])
    const subs = []
    for (const each of [one, other]) {
      const { access } = await tokensOf(each)
      subs.push((await call(server, '/o/userinfo/', { bearer: access })).json['sub'])
    }
    assert.equal(subs[0], subs[1])
    assert.notEqual(subs[0], scene.person.id)
  })
})

describe('signed answers', () => {
  test('OpenID Connect Core §5.3.2: userinfo is a JWT for the client that registered an algorithm, with iss and aud', async () => {
    const of = await sceneOf({ userinfo_signed_response_alg: 'ES256' })
    const { access } = await tokensOf(of)
    const answer = await call(server, '/o/userinfo/', { bearer: access })
    assert.equal(answer.headers['content-type'], 'application/jwt')
    const expected = {
      issuer: server.base,
      audience: of.app.clientId,
      algorithms: ['ES256'],
      currentDate: now(),
    }
    const { payload } = await jwtVerify(answer.text, keysOf(server), expected)
    assert.equal(payload.sub, of.person.id)
    const { access: other } = await tokensOf(scene)
    assert.match(
      String((await call(server, '/o/userinfo/', { bearer: other })).headers['content-type']),
      /^application\/json/,
    )
  })

  test('RFC 8725 §3.11: it is no ID token, so it is no hint either', async () => {
    const of = await sceneOf({ userinfo_signed_response_alg: 'ES256' })
    const { access } = await tokensOf(of)
    const hint = (await call(server, '/o/userinfo/', { bearer: access })).text
    assert.equal(decodeProtectedHeader(hint).typ, 'userinfo+jwt')
    assert.equal(responseOf(await ask(of, { id_token_hint: hint })).get('error'), 'invalid_request')
  })

  test('§2: ID tokens, introspection and authorization responses are signed as registered', async () => {
    const of = await sceneOf({
      id_token_signed_response_alg: 'ES256',
      introspection_signed_response_alg: 'ES256',
      authorization_signed_response_alg: 'ES256',
    })
    const { access, answer } = await tokensOf(of)
    const form = { token: access, ...credentials(of.app) }
    const headers = { Accept: 'application/token-introspection+jwt' }
    const told = (await call(server, '/o/introspect/', { form, headers })).text
    const response = responseOf(await ask(of, { response_mode: 'jwt', prompt: 'none' })).get('response') ?? ''
    for (const jwt of [text(answer, 'id_token'), told, response])
      assert.equal((await compactVerify(jwt, keysOf(server))).protectedHeader.alg, 'ES256')
  })

  test('OpenID Connect Discovery §3: the algorithms of userinfo are told', async () => {
    const { json } = await call(server, '/.well-known/openid-configuration')
    assert.deepEqual(json['userinfo_signing_alg_values_supported'], ['ES256'])
  })

  test('a client never gets another algorithm than the one it registered, and nothing is spent on the try', async (t) => {
    const port = await freePort()
    const first = await startServer({ port })
    const own = await newScene(first, { scope: 'openid', id_token_signed_response_alg: 'ES256' })
    const { refresh } = await tokensOf(own)
    await first.stop()
    const { dataFolder, demo } = first
    const signing = { algorithm: 'RS256' } as const
    const second = await startServer({ port, dataFolder, seed: false, startAt: first.now(), signing })
    t.after(() => second.close())
    await second.advance(601)
    const form = { grant_type: 'refresh_token', refresh_token: refresh, ...credentials(own.app) }
    const refused = await call(second, '/o/token/', { form })
    assert.equal(refused.status, 503, refused.text)
    const admin: TestServer = Object.create(second, { demo: { value: demo } })
    await administer(admin, 'PATCH', `/clients/${own.app.clientId}`, {
      id_token_signed_response_alg: 'RS256',
    })
    const answer = await call(second, '/o/token/', { form })
    assert.equal(decodeProtectedHeader(text(answer, 'id_token')).alg, 'RS256')
  })
})

describe('requests', () => {
  test('RFC 9126 §6: who registered to push its requests has no other taken', async () => {
    const of = await sceneOf({ require_pushed_authorization_requests: true })
    assert.equal(responseOf(await ask(of)).get('error'), 'invalid_request')
  })

  test('RFC 9101 §10.5: who registered to sign its requests has no other taken', async () => {
    const of = await sceneOf({ require_signed_request_object: true })
    assert.equal(responseOf(await ask(of)).get('error'), 'invalid_request')
  })

  test('§2 request_object_signing_alg: an object by another algorithm is refused, though the key is the client’s', async () => {
    const [rsa, ec] = [await newClientKey('rsa', 'PS256'), await newClientKey('ec')]
    const jwks = { keys: [rsa.jwk, ec.jwk] }
    const of = await sceneOf({ jwks, request_object_signing_alg: 'PS256' })
    const { clientId } = of.app
    const claims = {
      sub: undefined,
      client_id: clientId,
      response_type: 'code',
      redirect_uri: callback,
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    }
    const by = (key: typeof rsa) =>
      assertionBy(key, { clientId, aud: server.base, now: server.now(), claims })
    const path = (request: string) =>
      `/o/authorize/?${new URLSearchParams({ client_id: clientId, redirect_uri: callback, request })}`
    const good = await of.browser.open(path(await by(rsa)))
    assert.equal(good.status, 200, good.headers.location)
    const bad = await of.browser.open(path(await by(ec)))
    assert.equal(responseOf(bad).get('error'), 'invalid_request_object')
  })

  test('§2 default_max_age: holds where the request names no age, and gives way where it names one', async () => {
    const of = await sceneOf({ default_max_age: 60 })
    // A consent of the second in which it registered does not stand.
    await server.advance(1)
    await tokensOf(of)
    const silent = { prompt: 'none' }
    assert.ok(responseOf(await ask(of, silent)).has('code'))
    await server.advance(61)
    assert.equal(responseOf(await ask(of, silent)).get('error'), 'login_required')
    assert.ok(responseOf(await ask(of, { ...silent, max_age: '3600' })).has('code'))
  })

  test('RFC 9449 §5.2: nor where the door no longer binds any', async (t) => {
    const port = await freePort()
    const first = await startServer({
      port,
      doors: { openchatstudio: { dpop: 'optional', dpopNonce: false } },
    })
    const own = await newScene(first, { scope: 'openid', dpop_bound_access_tokens: true })
    const flow = newFlow(own, { scope: 'openid', team: own.team })
    const code = await getCode(own.browser, flow)
    await first.stop()
    const { dataFolder } = first
    const second = await startServer({ port, dataFolder, seed: false, startAt: first.now() })
    t.after(() => second.close())
    const proof = await proofOf(await newProofKey(), {
      method: 'POST',
      url: `${second.base}/o/token/`,
      now: second.now(),
    })
    const form = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      code_verifier: flow.pkce?.verifier ?? '',
      ...credentials(own.app),
    }
    const answer = await call(second, '/o/token/', { form, headers: { DPoP: proof } })
    assert.deepEqual(refusal(answer), [400, 'invalid_request'], answer.text)
  })

  test('RFC 9449 §5.2: who registered for bound tokens gets no other', async () => {
    const of = await sceneOf({ dpop_bound_access_tokens: true })
    const flow = newFlow(of, { scope: 'openid', team: of.team })
    const code = await getCode(of.browser, flow)
    const form = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      code_verifier: flow.pkce?.verifier ?? '',
      ...credentials(of.app),
    }
    const bare = await call(server, '/o/token/', { form })
    assert.deepEqual(refusal(bare), [400, 'invalid_dpop_proof'])
    const key = await newProofKey()
    const proof = await proofOf(key, { method: 'POST', url: `${server.base}/o/token/`, now: server.now() })
    const bound = await call(server, '/o/token/', { form, headers: { DPoP: proof } })
    assert.equal(bound.json['token_type'], 'DPoP', bound.text)
  })
})
