/** Tokens bound to a client's key, on a real server. The sections are those of RFC 9449. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { newProofKey, type ProofKey, proofOf } from '../../packages/guard/test/support/proofs.ts'
import { authorizePath, approve, call, type Flow, getCode, newApp, responseOf } from '../support/actors.ts'
import { newGuard } from '../support/guard-access.ts'
import { type Answer, send, text } from '../support/http.ts'
import { newFlow, newScene, type Scene } from '../support/ocs.ts'
import { newOsirFlow } from '../support/osir.ts'
import { type RemoteApi, startApi } from '../support/remote-api.ts'
import { startServer, type TestServer } from '../support/server.ts'

const apiOrigin = 'https://api.example'
let server: TestServer
let api: RemoteApi
let scene: Scene
let publicScene: Scene
let key: ProofKey
let otherKey: ProofKey

before(async () => {
  server = await startServer({
    doors: { openchatstudio: { dpop: 'optional' }, 'osir-oauth': { dpop: 'required', dpopNonce: false } },
    forwardAuth: [
      { path: '/v1/behind', shape: 'message', rule: { doors: ['openchatstudio'] }, origin: apiOrigin },
    ],
  })
  scene = await newScene(server, { scope: 'openid profile chatbot:read session:read' })
  publicScene = await newScene(server, { type: 'public' })
  api = await startApi(server, {}, { resource: `${apiOrigin}/app` })
  key = await newProofKey()
  otherKey = await newProofKey()
})
after(async () => {
  api.close()
  await server.close()
})

type Form = Readonly<Record<string, string>>

/** The nonce that the server gives out now. */
async function currentNonce(): Promise<string> {
  const proof = await proofOf(key, { method: 'POST', url: `${server.base}/o/token/`, now: server.now() })
  const form = { grant_type: 'x', client_id: scene.app.clientId, client_secret: scene.app.secret }
  const answer = await call(server, '/o/token/', {
    form: { ...form, grant_type: 'refresh_token' },
    headers: { DPoP: proof },
  })
  return String(answer.headers['dpop-nonce'])
}

/** A token request with a proof by `by`, nonce and all. */
async function tokenRequest(form: Form, by: ProofKey | undefined, path = '/o/token/'): Promise<Answer> {
  if (!by) return call(server, path, { form })
  const claims = { nonce: await currentNonce() }
  const proof = await proofOf(by, { method: 'POST', url: server.base + path, now: server.now(), claims })
  return call(server, path, { form, headers: { DPoP: proof } })
}

const clientOf = ({ app }: Pick<Flow, 'app'>): Form =>
  app.secret === '' ? { client_id: app.clientId } : { client_id: app.clientId, client_secret: app.secret }

async function codeForm(of: Scene, more: Form = {}): Promise<Form> {
  const flow = newFlow(of, { more: { state: 's', ...more } })
  const code = await getCode(of.browser, flow)
  return {
    grant_type: 'authorization_code',
    code,
    redirect_uri: flow.redirectUri,
    code_verifier: flow.pkce?.verifier ?? '',
    ...clientOf(of),
  }
}

const refreshForm = (of: Scene, answer: Answer): Form => ({
  grant_type: 'refresh_token',
  refresh_token: text(answer, 'refresh_token'),
  ...clientOf(of),
})

async function boundTokens(of: Scene): Promise<Answer> {
  const answer = await tokenRequest(await codeForm(of), key)
  assert.equal(answer.status, 200, answer.text)
  return answer
}

/** A call with a bound token and a fresh proof. */
async function callBound(path: string, token: string, by = key): Promise<Answer> {
  const proof = await proofOf(by, { url: server.base + path, now: server.now(), token })
  return call(server, path, { headers: { Authorization: `DPoP ${token}`, DPoP: proof } })
}

test('§5.1: discovery names the algorithms at the doors that bind tokens, and nothing elsewhere', async (t) => {
  const at = async (path: string) =>
    (await call(server, `/.well-known/${path}`)).json['dpop_signing_alg_values_supported']
  assert.deepEqual(await at('openid-configuration'), ['ES256', 'Ed25519', 'EdDSA', 'PS256', 'RS256'])
  assert.ok(await at('oauth-authorization-server/oauth'))
  const plain = await startServer()
  t.after(() => plain.close())
  const { json } = await call(plain, '/.well-known/openid-configuration')
  assert.ok(!('dpop_signing_alg_values_supported' in json))
})

test('where a guard in another language asks nobody can show a proof: bound tokens are refused and not asked for', async () => {
  const { basic } = await newGuard(server)
  const token = text(await boundTokens(scene), 'access_token')
  for (const headers of [{}, { authorization: `DPoP ${token}` }, { authorization: `Bearer ${token}` }]) {
    const json = {
      method: 'GET',
      path: '/x',
      ip: '::1',
      headers,
      rule: { doors: ['openchatstudio'] },
      shape: 'oauth',
    }
    const answer = await call(server, '/guard/check', { json, headers: { Authorization: basic } })
    assert.equal(answer.json['outcome'], 'refuse')
    assert.doesNotMatch(answer.text, /DPoP/i)
  }
})

test('§8, §8.1: a proof without a nonce is sent back with one, and costs no code; with it the token is bound', async () => {
  const form = await codeForm(scene)
  const url = `${server.base}/o/token/`
  const ask = async (claims: object) => {
    const proof = await proofOf(key, { method: 'POST', url, now: server.now(), claims: { ...claims } })
    return call(server, '/o/token/', { form, headers: { DPoP: proof } })
  }
  const first = await ask({})
  assert.equal(first.status, 400)
  assert.equal(first.json['error'], 'use_dpop_nonce')
  const nonce = first.headers['dpop-nonce']
  assert.ok(nonce)
  assert.equal((await ask({ nonce: 'made-up' })).json['error'], 'use_dpop_nonce')
  const second = await ask({ nonce })
  assert.equal(second.status, 200, second.text)
  assert.equal(second.json['token_type'], 'DPoP')
  assert.ok(second.headers['dpop-nonce'], '§8.2: and the nonce for the next one')
  assert.deepEqual(decodeJwt(text(second, 'access_token'))['cnf'], { jkt: key.jkt })
  assert.equal(decodeJwt(text(second, 'id_token'))['cnf'], undefined)
})

const badProofs: [name: string, change: (url: string) => Promise<readonly string[]>][] = [
  ['§4.3 check 1: two proofs', async (url) => [await good(url), await good(url)]],
  ['§4.3 check 2: noise', async () => ['noise']],
  ['§4.3 check 4: another type', async (url) => [await good(url, { header: { typ: 'JWT' } })]],
  [
    '§4.3 check 6: another key’s signature',
    async (url) => [await good(url, {}, { ...otherKey, jwk: key.jwk })],
  ],
  ['§4.3 check 8: another method', async (url) => [await good(url, { method: 'GET' })]],
  ['§4.3 check 9: another endpoint', async () => [await good(`${server.base}/o/introspect/`)]],
  ['§4.3 check 9: another server', async () => [await good('https://evil.example/o/token/')]],
]
async function good(url: string, change: object = {}, by = key): Promise<string> {
  const claims = { nonce: await currentNonce() }
  return proofOf(by, { method: 'POST', url, now: server.now(), claims, ...change })
}
for (const [name, change] of badProofs) {
  test(`a token request is refused for ${name}, and the code still works`, async () => {
    const form = await codeForm(scene)
    const headers = { DPoP: await change(`${server.base}/o/token/`) }
    const answer = await call(server, '/o/token/', { form, headers })
    assert.equal(answer.status, 400)
    assert.equal(answer.json['error'], 'invalid_dpop_proof')
    assert.equal((await tokenRequest(form, key)).json['token_type'], 'DPoP')
  })
}

test('§11.1: a proof is good for one token request', async () => {
  const proof = await good(`${server.base}/o/token/`)
  const form = refreshForm(scene, await boundTokens(scene))
  const twice = [1, 2].map(() => call(server, '/o/token/', { form, headers: { DPoP: proof } }))
  const answers = await Promise.all(twice)
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400])
  assert.ok(answers.some(({ json }) => json['error'] === 'invalid_dpop_proof'))
})

test('a client proves itself before its proof is looked at', async () => {
  const form = { ...(await codeForm(scene)), client_secret: 'wrong' }
  const answer = await call(server, '/o/token/', { form, headers: { DPoP: 'noise' } })
  assert.equal(answer.json['error'], 'invalid_client')
})

test('§7.1, RFC 9700 §2.2.1, §4.10: a bound token opens the API with a proof, once a proof, and never as a bearer', async () => {
  const token = text(await boundTokens(scene), 'access_token')
  assert.equal((await callBound('/api/chatbots/', token)).status, 200)
  assert.equal((await callBound('/o/userinfo/', token)).status, 200)
  assert.equal((await callBound('/api/chatbots/', token, otherKey)).status, 401)
  assert.equal((await call(server, '/api/chatbots/', { bearer: token })).status, 401)
  const proof = await proofOf(key, { url: `${server.base}/api/chatbots/`, now: server.now(), token })
  const headers = { Authorization: `DPoP ${token}`, DPoP: proof }
  const statuses = []
  for (let time = 0; time < 2; time += 1)
    statuses.push((await call(server, '/api/chatbots/', { headers })).status)
  assert.deepEqual(statuses, [200, 401])
  const challenge = (await call(server, '/api/chatbots/', { headers })).headers['www-authenticate']
  assert.match(String(challenge), /DPoP .*error="invalid_dpop_proof", algs="ES256 /)
})

test('§5: a client that sends no proof gets a bearer token, as ever', async () => {
  const answer = await tokenRequest(await codeForm(scene), undefined)
  assert.equal(answer.json['token_type'], 'Bearer')
  assert.equal((await call(server, '/api/chatbots/', { bearer: text(answer, 'access_token') })).status, 200)
})

test('§6.2: introspection tells the key of a bound token', async () => {
  const told = async (token: string, of: Scene) =>
    (await call(server, '/o/introspect/', { form: { token, ...clientOf(of) } })).json
  const confidential = await boundTokens(scene)
  const access = await told(text(confidential, 'access_token'), scene)
  assert.equal(access['token_type'], 'DPoP')
  assert.deepEqual(access['cnf'], { jkt: key.jkt })
  const refresh = await told(text(confidential, 'refresh_token'), scene)
  assert.equal(refresh['cnf'], undefined, 'a confidential client’s refresh token is bound to its secret')
})

test('§5: a public client’s refresh token works with its key alone, and nobody without it can end it', async () => {
  const answer = await boundTokens(publicScene)
  const form = refreshForm(publicScene, answer)
  for (const by of [undefined, otherKey]) {
    const refused = await tokenRequest(form, by)
    assert.equal(refused.status, 400)
    assert.equal(refused.json['error'], 'invalid_grant')
  }
  const second = await tokenRequest(form, key)
  assert.equal(second.json['token_type'], 'DPoP', second.text)
  const third = await tokenRequest(refreshForm(publicScene, second), key)
  assert.equal(third.status, 200)
  // The first one is two generations old now: with the key that is theft, without it just noise.
  assert.equal((await tokenRequest(form, otherKey)).status, 400)
  assert.equal((await callBound('/api/chatbots/', text(third, 'access_token'))).status, 200)
  assert.equal((await tokenRequest(form, key)).status, 400)
  assert.equal((await callBound('/api/chatbots/', text(third, 'access_token'))).status, 401)
})

test('§5: a public client that begins to prove a key is bound to it from then on', async () => {
  const first = await tokenRequest(await codeForm(publicScene), undefined)
  const second = await tokenRequest(refreshForm(publicScene, first), key)
  assert.equal(second.json['token_type'], 'DPoP')
  assert.equal((await tokenRequest(refreshForm(publicScene, second), undefined)).status, 400)
})

test('§5: a confidential client may change its key', async () => {
  const answer = await tokenRequest(refreshForm(scene, await boundTokens(scene)), otherKey)
  assert.equal(answer.status, 200)
  assert.equal((await callBound('/api/chatbots/', text(answer, 'access_token'), otherKey)).status, 200)
})

test('§10: a code that was asked for with a key is for that key alone', async () => {
  const ask = async (by: ProofKey | undefined) =>
    tokenRequest(await codeForm(scene, { dpop_jkt: key.jkt }), by)
  assert.equal((await ask(key)).status, 200)
  for (const by of [otherKey, undefined]) {
    const refused = await ask(by)
    assert.equal(refused.status, 400)
    assert.equal(refused.json['error'], 'invalid_grant')
  }
})

test('§10: a key that can be none is told to the client before anybody is asked', async () => {
  const flow = newFlow(scene, { more: { state: 's', dpop_jkt: 'short' } })
  const answer = await scene.browser.open(authorizePath(flow))
  assert.equal(responseOf(answer).get('error'), 'invalid_request')
})

test('a door that binds nothing ignores proofs and keys', async (t) => {
  const plain = await startServer()
  t.after(() => plain.close())
  const there = await newScene(plain)
  const flow = newFlow(there, { more: { state: 's', dpop_jkt: 'short' } })
  const code = responseOf(await approve(there.browser, authorizePath(flow))).get('code') ?? ''
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: flow.redirectUri,
    code_verifier: flow.pkce?.verifier ?? '',
    ...clientOf(there),
  }
  const answer = await call(plain, '/o/token/', { form, headers: { DPoP: 'noise' } })
  assert.equal(answer.json['token_type'], 'Bearer')
  assert.equal(answer.headers['dpop-nonce'], undefined)
  const { status, headers } = await call(plain, '/api/chatbots/')
  assert.equal(status, 401)
  assert.equal(headers['www-authenticate'], 'Bearer realm="api"')
})

test('a machine’s token is bound as well', async () => {
  const app = await newApp(server, {
    door: 'openchatstudio',
    scope: 'chatbot:read',
    grant_types: ['client_credentials'],
    team: scene.teamId,
  })
  const answer = await tokenRequest({ grant_type: 'client_credentials', ...clientOf({ app }) }, key)
  assert.equal(answer.json['token_type'], 'DPoP', answer.text)
  assert.equal((await callBound('/api/chatbots/', text(answer, 'access_token'))).status, 200)
})

test('§5: a door that requires proofs gives nothing without one, and takes them without a nonce if it is set so', async () => {
  const flow = await newOsirFlow(server)
  const code = await getCode(scene.browser, flow)
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: flow.redirectUri,
    ...clientOf(flow),
  }
  const without = await call(server, '/oauth/token', { form })
  assert.equal(without.status, 400)
  assert.equal(without.json['error'], 'invalid_dpop_proof')
  const proof = (now: number) => proofOf(key, { method: 'POST', url: `${server.base}/oauth/token`, now })
  const stale = await call(server, '/oauth/token', {
    form,
    headers: { DPoP: await proof(server.now() - 61) },
  })
  assert.equal(stale.json['error'], 'invalid_dpop_proof', '§11.1: without nonces the clock decides')
  const answer = await call(server, '/oauth/token', { form, headers: { DPoP: await proof(server.now()) } })
  assert.equal(answer.json['token_type'], 'DPoP', answer.text)
  assert.equal(answer.headers['dpop-nonce'], undefined)
})

test('a guard in another process checks the proof against its own address', async () => {
  const token = text(await boundTokens(scene), 'access_token')
  const ask = async (url: string) => {
    const proof = await proofOf(key, { url, now: server.now(), token })
    return send(`${api.url}/app`, { headers: { Authorization: `DPoP ${token}`, DPoP: proof } })
  }
  assert.equal((await ask(`${apiOrigin}/app`)).status, 200)
  // What Host says is the caller's to choose, so it is no address of the API's.
  const refused = await ask(`${api.url}/app`)
  assert.equal(refused.status, 401)
  assert.match(
    String(refused.headers['www-authenticate']),
    /^DPoP error="invalid_dpop_proof", algs="ES256 .*", resource_metadata="https:\/\/api\.example\/\.well-known\/oauth-protected-resource\/app", Bearer$/,
  )
  assert.equal((await send(`${api.url}/app`, { bearer: token })).status, 401)
})

test('a proxy that asks for permission has the proof checked against the route’s origin', async () => {
  const token = text(await boundTokens(scene), 'access_token')
  const proofAt = (url: string) => proofOf(key, { url, now: server.now(), token })
  const pass = (proof: string, method = 'GET') => {
    const headers = { 'X-Forwarded-Method': method, 'X-Forwarded-Uri': '/v1/behind?q=1' }
    return call(server, '/guard/forward-auth', {
      headers: { ...headers, Authorization: `DPoP ${token}`, DPoP: proof },
    })
  }
  const proof = await proofAt(`${apiOrigin}/v1/behind`)
  assert.equal((await pass(proof)).status, 200)
  assert.equal((await pass(proof)).status, 401, '§11.1: once, by every guard of the server')
  assert.equal((await pass(await proofAt(`${apiOrigin}/v1/behind`), 'POST')).status, 401)
  assert.equal((await pass(await proofAt(`${server.base}/v1/behind`))).status, 401)
})

test('§8.2: a nonce is good for some minutes and no longer', async () => {
  const nonce = await currentNonce()
  const form = await codeForm(scene)
  await server.advance(300)
  const proof = await proofOf(key, {
    method: 'POST',
    url: `${server.base}/o/token/`,
    now: server.now(),
    claims: { nonce },
  })
  const answer = await call(server, '/o/token/', { form, headers: { DPoP: proof } })
  assert.equal(answer.json['error'], 'use_dpop_nonce')
})
