/** What the basic documents ask for and no row of the contract does, on a real server. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { approve, authorizePath, call, newMachine, responseOf } from '../support/actors.ts'
import { createBrowser } from '../support/browser.ts'
import { text } from '../support/http.ts'
import { callback, newFlow, newScene, newTokens, redeem, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let scene: Scene
before(async () => {
  server = await startServer()
  scene = await newScene(server, { scope: 'openid profile chatbot:read session:read' })
})
after(() => server.close())

/** The claims of a token, after its signature was checked by a published key. */
async function opened(token: string, typ: string): Promise<Record<string, unknown>> {
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', server.base))
  const { payload } = await jwtVerify(token, keys, { typ, currentDate: new Date(server.now() * 1000) })
  return payload
}

async function openedAccess(scope: string): Promise<Record<string, unknown>> {
  return opened((await newTokens(scene, { scope })).access, 'at+jwt')
}

describe('the redirect address', () => {
  test('RFC 6749 §3.1.2: a query that it has of its own is kept, in answers and in refusals', async () => {
    const redirectUri = 'https://your-server/callback/?tenant=a%20b'
    const own = await newScene(server, { redirect_uris: [callback, redirectUri] })
    const flow = newFlow(own, { redirectUri })
    for (const decision of ['approve', 'deny']) {
      const answer = await approve(own.browser, authorizePath(flow), { decision })
      assert.ok(answer.headers.location?.startsWith(`${redirectUri}&`), answer.headers.location)
      assert.equal(responseOf(answer).getAll('tenant').length, 1)
    }
  })

  test('RFC 9700 §4.12: what follows a form with a password is 303, so that nothing is sent on', async () => {
    const browser = createBrowser(server.base)
    const { email, password } = scene.person
    assert.equal((await browser.submit(await browser.open('/sign-in'), { email, password })).status, 303)
  })
})

describe('bearer tokens', () => {
  test('RFC 6750 §2.2: one in the body of a form is none', async () => {
    const { access } = await newTokens(scene, { scope: 'openid profile' })
    const answer = await call(server, '/o/userinfo/', { form: { access_token: access } })
    assert.equal(answer.status, 401)
    assert.equal((await call(server, '/o/userinfo/', { bearer: access })).status, 200)
  })
})

describe('access tokens', () => {
  test('RFC 9068 §2.1: the type is at+jwt and the algorithm is an asymmetric one that is published', async () => {
    const header = decodeProtectedHeader((await newTokens(scene)).access)
    assert.deepEqual(Object.keys(header).sort(), ['alg', 'kid', 'typ'])
    assert.equal(header.typ, 'at+jwt')
    const keys = (await call(server, '/.well-known/jwks.json')).json['keys'] as readonly { kid: string }[]
    assert.ok(keys.some(({ kid }) => kid === header.kid))
  })

  test('RFC 9068 §2.2: issuer, end, audience, subject, client, start and a name of its own', async () => {
    const one = await openedAccess('chatbot:read')
    assert.equal(one['sub'], scene.person.id)
    assert.equal(one['client_id'], scene.app.clientId)
    assert.equal(Number(one['exp']) - Number(one['iat']), 3600)
    for (const name of ['iss', 'aud', 'jti']) assert.ok(one[name], name)
    assert.notEqual(one['jti'], (await openedAccess('chatbot:read'))['jti'])
  })

  test('RFC 9068 §2.2.3: the scope is what was granted, as text', async () => {
    assert.equal((await openedAccess('chatbot:read'))['scope'], 'chatbot:read')
  })

  test('RFC 9700 §2.3: one is for the least that was asked for, and opens nothing else', async () => {
    const { access } = await newTokens(scene, { scope: 'chatbot:read' })
    assert.equal((await call(server, '/api/chatbots/', { bearer: access })).status, 200)
    const answer = await call(server, '/api/sessions/', { bearer: access })
    assert.equal(answer.status, 403)
    assert.match(answer.headers['www-authenticate'] ?? '', /insufficient_scope/)
  })

  test('RFC 9700 §4.15, RFC 9068 §5: the subject of a machine is never the subject of a person', async () => {
    const { clientId: client_id, secret: client_secret } = await newMachine(server)
    const form = { grant_type: 'client_credentials', client_id, client_secret }
    const answer = await call(server, '/o/token/', { form })
    const claims = await opened(text(answer, 'access_token'), 'at+jwt')
    assert.equal(claims['sub'], client_id)
    assert.notEqual(client_id.slice(0, 4), scene.person.id.slice(0, 4))
    assert.equal((await call(server, '/o/userinfo/', { bearer: text(answer, 'access_token') })).status, 403)
  })
})

describe('discovery', () => {
  test('RFC 8414 §3.1: the well-known part comes before the path of the issuer, and after it is nothing', async () => {
    const metadata = await call(server, '/.well-known/oauth-authorization-server/oauth')
    assert.equal(metadata.json['issuer'], `${server.base}/oauth`)
    assert.equal((await call(server, '/oauth/.well-known/oauth-authorization-server')).status, 404)
  })
})

describe('ID tokens', () => {
  const idTokenOf = async (scope: string) => {
    const { access, answer } = await newTokens(scene, { scope, team: scene.team })
    return { access, claims: await opened(text(answer, 'id_token'), 'JWT') }
  }

  test('OpenID Connect Core §10.1: they are signed by a published key with an asymmetric algorithm', async () => {
    const { answer } = await newTokens(scene, { scope: 'openid' })
    const { alg } = decodeProtectedHeader(text(answer, 'id_token'))
    const metadata = (await call(server, '/.well-known/openid-configuration')).json
    assert.ok((metadata['id_token_signing_alg_values_supported'] as readonly unknown[]).includes(alg))
    assert.equal((await idTokenOf('openid')).claims['aud'], scene.app.clientId)
  })

  test('OpenID Connect Core §3.1.2.2: without the scope openid there is none, and userinfo is closed', async () => {
    const { access, answer } = await newTokens(scene, { scope: 'chatbot:read' })
    assert.equal(answer.json['id_token'], undefined)
    assert.equal((await call(server, '/o/userinfo/', { bearer: access })).status, 403)
  })

  test('OpenID Connect Core §5.4: what a scope does not ask for is not told', async () => {
    const { access } = await idTokenOf('openid')
    const told = (await call(server, '/o/userinfo/', { bearer: access })).json
    assert.equal(told['sub'], scene.person.id)
    assert.equal(told['email'], undefined)
  })
})

test('OpenID Connect Core §3.1.2.2: a request that lacks what it must have gives no code, whatever else it says', async () => {
  const flow = newFlow(scene, { scope: 'openid' })
  const url = new URL(authorizePath(flow), server.base)
  url.searchParams.delete('response_type')
  url.searchParams.set('nonce', 'n')
  const answer = await scene.browser.open(url.pathname + url.search)
  assert.equal(responseOf(answer).get('error'), 'invalid_request')
  assert.equal(responseOf(answer).get('code'), null)
  assert.equal((await redeem(server, flow, 'n')).status, 400)
})
