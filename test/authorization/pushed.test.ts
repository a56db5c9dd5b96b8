/** Requests that are pushed first. The sections are those of RFC 9126. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { approve, authorizePath, call, newApp, newPkce, responseOf } from '../support/actors.ts'
import { createBrowser } from '../support/browser.ts'
import type { Answer } from '../support/http.ts'
import { callback, newFlow, newScene, redeem, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

// RFC 9126: authorization requests that the client pushed, at a real server.
let server: TestServer
let scene: Scene
before(async () => {
  server = await startServer({
    doors: {
      openchatstudio: { pushedRequests: 'optional', responseModes: ['query', 'form_post'], dpop: 'optional' },
      'osir-oauth': { pushedRequests: 'required' },
    },
  })
  scene = await newScene(server)
})
after(() => server.close())

type Fields = Readonly<Record<string, string | undefined>>

/** Pushes the document's request with some parameters changed, added or removed. */
function push(change: Fields = {}, from: Pick<Scene, 'app'> = scene, flow = newFlow(from)): Promise<Answer> {
  const params = Object.fromEntries(new URL(authorizePath(flow), server.base).searchParams)
  const all = { ...params, client_secret: from.app.secret, ...change }
  const form = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  return call(server, '/o/par', { form })
}
async function pushed(
  change: Fields = {},
  from: Pick<Scene, 'app'> = scene,
  flow = newFlow(from),
): Promise<string> {
  const answer = await push(change, from, flow)
  assert.equal(answer.status, 201, answer.text)
  return pathOf(String(answer.json['request_uri']), from.app.clientId)
}
const pathOf = (request_uri: string, client_id = scene.app.clientId) =>
  `/o/authorize/?${new URLSearchParams({ client_id, request_uri })}`
function assertPage(answer: Answer): void {
  assert.equal(answer.status, 400)
  assert.match(answer.text, /invalid_request_uri/)
  assert.equal(answer.headers.location, undefined)
}

test('§2.2: a request is answered 201 with a name that says nothing and lasts 90 seconds', async () => {
  const answer = await push()
  assert.equal(answer.status, 201)
  assert.match(answer.headers['cache-control'] ?? '', /no-store/)
  assert.deepEqual(Object.keys(answer.json).sort(), ['expires_in', 'request_uri'])
  assert.match(String(answer.json['request_uri']), /^urn:ietf:params:oauth:request_uri:[\w-]{43}$/)
  assert.equal(answer.json['expires_in'], 90)
})

test('§4: the browser brings the name, and the code that comes of it works', async () => {
  const flow = newFlow(scene, { more: { state: 'a b&c=d%20é+/"<', prompt: 'consent' } })
  const path = await pushed({ team: scene.team }, scene, flow)
  const answer = await approve(scene.browser, path)
  assert.equal(responseOf(answer).get('state'), 'a b&c=d%20é+/"<')
  assert.equal((await redeem(server, flow, responseOf(answer).get('code') ?? '')).status, 200)
})

test('nothing of the request is in the address or in the log, through the sign-in too', async () => {
  const marked = {
    prompt: 'consent',
    state: 'marked-state',
    login_hint: 'marked@example.com',
    scope: 'chatbot:read',
  }
  const browser = createBrowser(server.base)
  const asked = await browser.open(await pushed(marked))
  assert.doesNotMatch(String(asked.headers.location), /marked/)
  const page = await browser.settle(asked)
  assert.match(page.text, /Test App/, 'the sign-in page knows the app')
  assert.match(page.text, /value="marked@example.com"/, 'and who it thinks it is')
  assert.match(String(page.headers['content-security-policy']), /form-action 'self' https:\/\/your-server;/)
  const { email, password } = scene.person
  const consent = await browser.settle(await browser.submit(page, { email, password }))
  assert.match(consent.text, /See your chatbots/)
  assert.equal(server.log().includes('marked-state'), false)
})

test('§4: what the address says beside the name is not looked at', async () => {
  const path = await pushed({ scope: 'chatbot:read', prompt: 'consent' })
  const wider = {
    scope: 'chatbot:read session:read',
    redirect_uri: 'https://evil.example/',
    prompt: 'none',
    state: 'x',
  }
  const page = await scene.browser.open(`${path}&${new URLSearchParams(wider)}`)
  assert.match(page.text, /See your chatbots/)
  assert.doesNotMatch(page.text, /See chat sessions/)
  assert.match(page.text, /<bdi>your-server<\/bdi>/)
  assert.doesNotMatch(
    `${page.text}${String(page.headers['content-security-policy'])}`,
    /form-action|<bdi>evil/,
  )
  const answer = await scene.browser.submit(page, { decision: 'approve' })
  assert.match(answer.headers.location ?? '', /^https:\/\/your-server\//)
  assert.equal(responseOf(answer).get('state'), 'random_state_string')
})

describe('a name is good for one answer (§7.3)', () => {
  for (const [name, answerWith] of [
    ['approved', (path: string) => approve(scene.browser, path)],
    ['declined', (path: string) => approve(scene.browser, path, { decision: 'deny' })],
  ] as const) {
    test(`once it was ${name}`, async () => {
      const path = await pushed({ prompt: 'consent' })
      assert.equal((await answerWith(path)).status, 302)
      assertPage(await scene.browser.open(path))
    })
  }

  test('once prompt=none was refused', async () => {
    const path = await pushed({ prompt: 'none' })
    assert.equal(responseOf(await call(server, path)).get('error'), 'login_required')
    assertPage(await call(server, path))
  })

  test('until then the page may be loaded again', async () => {
    const path = await pushed({ prompt: 'consent' })
    for (const _ of [1, 2]) assert.equal((await scene.browser.open(path)).status, 200)
  })

  test('of ten approvals at once one gets a code', async () => {
    const page = await scene.browser.open(await pushed({ prompt: 'consent', team: scene.team }))
    const all = await Promise.all(
      Array.from({ length: 10 }, () => scene.browser.submit(page, { decision: 'approve' })),
    )
    const codes = all.filter(({ status }) => status === 302)
    assert.equal(codes.length, 1)
    for (const { status } of all.filter((one) => !codes.includes(one)))
      assert.ok(status === 400 || status === 403)
  })
})

test('§2.2: a name that was not brought in time is over; one that was lasts while the person decides', async () => {
  const late = await pushed({ prompt: 'consent' })
  const intime = await pushed({ prompt: 'consent' })
  await server.advance(89)
  assert.equal((await scene.browser.open(intime)).status, 200)
  await server.advance(1)
  assertPage(await scene.browser.open(late))
  await server.advance(1700)
  const page = await scene.browser.open(intime)
  assert.equal(page.status, 200)
  await server.advance(200)
  assertPage(await scene.browser.submit(page, { decision: 'approve' }))
})

test('§2.2, §4: a name is bound to its client and its door', async () => {
  const path = await pushed({ prompt: 'consent' })
  const other = await newScene(server)
  const uri = new URL(path, server.base).searchParams.get('request_uri') ?? ''
  assertPage(await other.browser.open(pathOf(uri, other.app.clientId)))
  const elsewhere = await newApp(server, { door: 'osir-oauth', redirect_uris: [callback] })
  const query = new URLSearchParams({ client_id: elsewhere.clientId, request_uri: uri })
  assertPage(await call(server, `/oauth/authorize?${query}`))
  assert.equal((await scene.browser.open(path)).status, 200, 'and stays good for its own')
})

test('names that were never given out are a page, whatever redirect_uri stands beside them', async () => {
  const made_up = [
    `urn:ietf:params:oauth:request_uri:${'x'.repeat(43)}`,
    'urn:ietf:params:oauth:request_uri:',
  ]
  for (const uri of made_up)
    assertPage(await scene.browser.open(`${pathOf(uri)}&redirect_uri=${encodeURIComponent(callback)}`))
})

test('RFC 9101 §5.2, §10.4: an address is never fetched', async () => {
  const flow = newFlow(scene, { more: { state: 's', request_uri: `${server.base}/request.jwt` } })
  const answer = await scene.browser.open(authorizePath(flow))
  assert.equal(responseOf(answer).get('error'), 'request_uri_not_supported')
})

describe('§2.1, §2.3: everything is checked when it is pushed', () => {
  const rows: readonly [name: string, change: Fields, status: number, error: string][] = [
    ['an unknown client', { client_id: 'nobody' }, 401, 'invalid_client'],
    ['a wrong secret', { client_secret: 'wrong' }, 401, 'invalid_client'],
    ['no secret', { client_secret: undefined }, 401, 'invalid_client'],
    ['a request_uri', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 400, 'invalid_request'],
    ['a request object', { request: 'x' }, 400, 'request_not_supported'],
    ['an address that is not registered', { redirect_uri: 'https://evil.example/' }, 400, 'invalid_request'],
    ['a variant of the address', { redirect_uri: `${callback}?x=1` }, 400, 'invalid_request'],
    ['no response_type', { response_type: undefined }, 400, 'invalid_request'],
    ['another response_type', { response_type: 'token' }, 400, 'unsupported_response_type'],
    ['no challenge', { code_challenge: undefined }, 400, 'invalid_request'],
    ['the plain method', { code_challenge_method: 'plain' }, 400, 'invalid_request'],
    ['an unknown scope', { scope: 'nonsense' }, 400, 'invalid_scope'],
    ['a wider scope', { scope: 'session:write' }, 400, 'invalid_scope'],
    ['an empty scope', { scope: '' }, 400, 'invalid_scope'],
    ['prompt=none login', { prompt: 'none login' }, 400, 'invalid_request'],
    ['a mode that is not offered', { response_mode: 'jwt' }, 400, 'invalid_request'],
    ['a hint that is none of ours', { id_token_hint: 'x.y.z' }, 400, 'invalid_request'],
  ]
  for (const [name, change, status, error] of rows) {
    test(name, async () => {
      const answer = await push(change)
      assert.equal(answer.status, status, answer.text)
      assert.equal(answer.json['error'], error)
      assert.match(answer.headers['cache-control'] ?? '', /no-store/)
    })
  }

  test('a repeated parameter, a query, another method, another media type, too much', async () => {
    const { clientId: client_id, secret: client_secret } = scene.app
    const twice = [
      ['client_id', client_id],
      ['client_secret', client_secret],
      ['scope', 'a'],
      ['scope', 'b'],
    ] as const
    assert.equal((await call(server, '/o/par', { form: twice })).json['error'], 'invalid_request')
    assert.equal((await call(server, '/o/par?client_id=x', { form: { client_id } })).status, 400)
    const get = await call(server, '/o/par')
    assert.equal(get.status, 405)
    assert.equal(get.headers.allow, 'POST')
    assert.equal((await call(server, '/o/par', { json: { client_id, client_secret } })).status, 415)
    assert.equal((await push({ state: 'x'.repeat(100_000) })).status, 413)
  })
})

test('RFC 9126 §2: the client may prove itself with HTTP Basic, and need not name itself twice', async () => {
  const basic = Buffer.from(`${scene.app.clientId}:${scene.app.secret}`).toString('base64')
  const params = new URL(authorizePath(newFlow(scene)), server.base).searchParams
  params.delete('client_id')
  const ask = { headers: { Authorization: `Basic ${basic}` }, form: [...params] }
  assert.equal((await call(server, '/o/par', ask)).status, 201)
})

test('a public client pushes with its name alone, and still needs PKCE', async () => {
  const app = await newApp(server, { door: 'openchatstudio', type: 'public', redirect_uris: [callback] })
  const own = { app: { ...app, secret: '' } }
  assert.equal((await push({ client_secret: undefined }, own)).status, 201)
  const bare = { client_secret: undefined, code_challenge: undefined, code_challenge_method: undefined }
  assert.equal((await push(bare, own)).json['error'], 'invalid_request')
})

test('RFC 9449 §10.1: without a DPoP header dpop_jkt binds the code, and a bad header is refused', async () => {
  const { challenge: dpop_jkt } = newPkce()
  const path = await pushed({ dpop_jkt, team: scene.team, prompt: 'consent' })
  assert.equal((await scene.browser.open(path)).status, 200)
  const params = new URL(authorizePath(newFlow(scene)), server.base).searchParams
  const form = [...params, ['client_secret', scene.app.secret]] as const
  const bad = await call(server, '/o/par', { form, headers: { DPoP: 'x.y.z' } })
  assert.equal(bad.json['error'], 'invalid_dpop_proof')
})

describe('required (§5, §6)', () => {
  test('a door that requires it takes no other request', async () => {
    const app = await newApp(server, { door: 'osir-oauth', redirect_uris: [callback] })
    const flow = { app, redirectUri: callback, authorize: '/oauth/authorize', more: { state: 's' } }
    const answer = await call(server, authorizePath(flow))
    assert.equal(responseOf(answer).get('error'), 'invalid_request')
    const params = new URL(authorizePath(flow), server.base).searchParams
    const form = [...params, ['client_secret', app.secret]] as const
    const { json } = await call(server, '/oauth/par', { form })
    const query = new URLSearchParams({ client_id: app.clientId, request_uri: String(json['request_uri']) })
    assert.match(String((await call(server, `/oauth/authorize?${query}`)).headers.location), /^\/sign-in/)
  })

  test('a client that requires it takes no other request, and a door that takes none has no such client', async () => {
    const strict = await newScene(server, { require_pushed_authorization_requests: true })
    const answer = await strict.browser.open(authorizePath(newFlow(strict)))
    assert.equal(responseOf(answer).get('error'), 'invalid_request')
    assert.equal((await strict.browser.open(await pushed({}, strict))).status, 200)
    const charp = newApp(server, {
      door: 'charp',
      team: strict.teamId,
      require_pushed_authorization_requests: true,
    })
    await assert.rejects(charp, /takes no such requests/)
  })
})

test('discovery names the endpoint where there is one, and whether it has to be used', async () => {
  const optional = (await call(server, '/.well-known/openid-configuration')).json
  assert.equal(optional['pushed_authorization_request_endpoint'], `${server.base}/o/par`)
  assert.equal(optional['require_pushed_authorization_requests'], false)
  const required = (await call(server, '/.well-known/oauth-authorization-server/oauth')).json
  assert.equal(required['pushed_authorization_request_endpoint'], `${server.base}/oauth/par`)
  assert.equal(required['require_pushed_authorization_requests'], true)
})

test('a door that was not told to has no endpoint, no name in discovery, and knows no names', async (t) => {
  const plain = await startServer()
  t.after(() => plain.close())
  assert.equal((await call(plain, '/o/par', { form: {} })).status, 404)
  const { json } = await call(plain, '/.well-known/openid-configuration')
  assert.equal(json['pushed_authorization_request_endpoint'], undefined)
  const own = await newScene(plain)
  const uri = { request_uri: `urn:ietf:params:oauth:request_uri:${'x'.repeat(43)}` }
  const answer = await call(plain, authorizePath(newFlow(own, { more: uri })))
  assert.equal(responseOf(answer).get('error'), 'request_uri_not_supported')
})
