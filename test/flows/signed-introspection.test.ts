/** Introspection that is answered as a signed JWT. The sections are those of RFC 9701. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { compactVerify, createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { type App, call, newMachine } from '../support/actors.ts'
import { machineToken } from '../support/assertions.ts'
import { type Answer, text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'

const jwt = 'application/token-introspection+jwt'
let server: TestServer
let app: App
let other: App
before(async () => {
  server = await startServer({ doors: { openchatstudio: { signedIntrospection: true } } })
  app = await newMachine(server)
  other = await newMachine(server)
})
after(() => server.close())

const credentials = ({ clientId: client_id, secret: client_secret }: App) => ({ client_id, client_secret })
const tokenOf = async (of: App) => text(await machineToken(server, credentials(of)), 'access_token')

function introspect(token: string, by: App, accept?: string): Promise<Answer> {
  const form = { token, ...credentials(by) }
  return call(server, '/o/introspect/', {
    form,
    ...(accept !== undefined && { headers: { Accept: accept } }),
  })
}

test('§5: the answer is signed by a published key, for the client that asked', async () => {
  const token = await tokenOf(app)
  const plain = (await introspect(token, app)).json
  const answer = await introspect(token, app, jwt)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['content-type'], jwt)
  assert.equal(answer.headers['cache-control'], 'no-store')
  const keys = createRemoteJWKSet(new URL(`${server.base}/.well-known/jwks.json`))
  const { payload } = await jwtVerify(answer.text, keys, {
    typ: 'token-introspection+jwt',
    issuer: server.base,
    audience: app.clientId,
    currentDate: new Date(server.now() * 1000),
  })
  assert.deepEqual(payload, {
    iss: server.base,
    aud: app.clientId,
    iat: server.now(),
    token_introspection: plain,
  })
  assert.equal(plain['active'], true)
})

test('§5: of a token that is not active, or somebody else’s, it says no more than that', async () => {
  for (const token of ['nonsense', await tokenOf(other)]) {
    const answer = await introspect(token, app, jwt)
    assert.deepEqual(decodeJwt(answer.text)['token_introspection'], { active: false })
  }
})

test('§4: who does not ask for it gets JSON, and so does who prefers that', async () => {
  const token = await tokenOf(app)
  for (const accept of [undefined, 'application/json', '*/*', `${jwt};q=0.1, application/json`]) {
    const answer = await introspect(token, app, accept)
    assert.match(String(answer.headers['content-type']), /^application\/json\b/)
    assert.equal(answer.json['active'], true)
  }
})

test('§5: nobody is answered without proving who they are, in whatever form', async () => {
  const token = await tokenOf(app)
  const refused = await introspect(token, { ...app, secret: 'wrong' }, jwt)
  assert.equal(refused.status, 401)
  assert.equal(refused.json['error'], 'invalid_client', 'in JSON')
})

test('§8.1: the answer is no access token, no ID token, and no client’s assertion', async () => {
  const answer = await introspect(await tokenOf(app), app, jwt)
  assert.equal(decodeProtectedHeader(answer.text).typ, 'token-introspection+jwt')
  for (const claim of ['sub', 'exp', 'client_id', 'scope'])
    assert.ok(!(claim in decodeJwt(answer.text)), claim)
  assert.equal((await call(server, '/api/chatbots/', { bearer: answer.text })).status, 401)
  assert.deepEqual((await introspect(answer.text, app)).json, { active: false })
})

test('§7: discovery tells it, at the door that does it alone', async (t) => {
  const name = 'introspection_signing_alg_values_supported'
  const { json } = await call(server, '/.well-known/openid-configuration')
  const alg = decodeProtectedHeader((await introspect('x', app, jwt)).text).alg
  assert.deepEqual(json[name], [alg])
  const oauth = await call(server, '/.well-known/oauth-authorization-server/oauth')
  assert.ok(!(name in oauth.json))
  const plain = await startServer()
  t.after(() => plain.close())
  assert.ok(!(name in (await call(plain, '/.well-known/openid-configuration')).json))
  const one = await newMachine(plain)
  const form = { token: 'x', ...credentials(one) }
  const answer = await call(plain, '/o/introspect/', { form, headers: { Accept: jwt } })
  assert.deepEqual(answer.json, { active: false })
})

test('openid-client asks for it, verifies it and reads it', async () => {
  const skew = server.now() - Math.floor(Date.now() / 1000)
  const metadata = {
    client_secret: app.secret,
    introspection_signed_response_alg: 'ES256',
    [client.clockSkew]: skew,
  }
  const config = await client.discovery(new URL(server.base), app.clientId, metadata, undefined, {
    execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
  })
  const forms: string[] = []
  config[client.customFetch] = async (url, options) => {
    const response = await fetch(url, options as RequestInit)
    forms.push(response.headers.get('content-type') ?? '')
    return response
  }
  const told = await client.tokenIntrospection(config, await tokenOf(app))
  assert.equal(told.active, true)
  assert.equal(told['client_id'], app.clientId)
  assert.ok(forms.includes(jwt), forms.join(', '))
})

test('the signature is over what was sent', async () => {
  const keys = createRemoteJWKSet(new URL(`${server.base}/.well-known/jwks.json`))
  const [head, , mac] = (await introspect('x', app, jwt)).text.split('.')
  const claims = { iss: server.base, aud: app.clientId, token_introspection: { active: true } }
  const forged = Buffer.from(JSON.stringify(claims)).toString('base64url')
  await assert.rejects(compactVerify(`${head}.${forged}.${mac}`, keys), /signature verification failed/)
})
