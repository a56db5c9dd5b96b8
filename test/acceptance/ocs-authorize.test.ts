import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { approve, authorizePath, call, newApp, newPkce, responseOf } from '../support/actors.ts'
import { createBrowser, readForm } from '../support/browser.ts'
import type { Answer } from '../support/http.ts'
import { callback, newCode, newFlow, newScene, newTokens, redeem, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let scene: Scene
before(async () => {
  server = await startServer()
  scene = await newScene(server)
})
after(() => server.close())

/** The path of the document's request with some parameters changed, added, removed or repeated. */
function request(change: Readonly<Record<string, string | undefined>> = {}, raw = ''): string {
  const query = new URL(authorizePath(newFlow(scene, { scope: 'chatbot:read session:read' })), server.base)
    .searchParams
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) query.delete(name)
    else query.set(name, value)
  }
  return `/o/authorize/?${query}${raw}`
}

function assertPage(answer: Answer, name: string): void {
  assert.equal(answer.status, 400, name)
  assert.match(answer.headers['content-type'] ?? '', /^text\/html/, name)
  assert.equal(answer.headers.location, undefined, name)
}

function assertError(answer: Answer, errors: readonly string[], name = ''): void {
  assert.equal(answer.status, 302, `${name} ${answer.text.slice(0, 200)}`)
  assert.ok(answer.headers.location?.startsWith(`${callback}?`), name)
  assert.doesNotMatch(answer.headers.location ?? '', /#|_token=/, name)
  const response = responseOf(answer)
  assert.ok(errors.includes(response.get('error') ?? ''), `${name}: ${response}`)
  assert.equal(response.get('state'), 'random_state_string', name)
  assert.equal(response.get('iss'), server.base)
  assert.equal(response.has('code'), false)
}

test('OCS-01 an anonymous browser signs in and is back at the identical request', async () => {
  const browser = createBrowser(server.base)
  const path = request()
  const answer = await browser.open(path)
  assert.equal(answer.status, 302)
  assert.match(answer.headers.location ?? '', /^\/sign-in\?/)
  const page = await browser.settle(answer)
  const { email, password } = scene.person
  const back = await browser.submit(page, { email, password })
  assert.equal(back.headers.location, path)
  assert.equal((await browser.open(path)).status, 200)
})

test('OCS-02 consent names the app, each scope in words, and the team', async () => {
  const page = await scene.browser.open(request())
  assert.equal(page.status, 200)
  for (const words of ['Test App', 'See your chatbots', 'See chat sessions', scene.team])
    assert.ok(page.text.includes(words), words)
})

test('OCS-03 approving sends the code and the very state', async () => {
  const answer = await approve(scene.browser, request())
  assert.equal(answer.status, 302)
  assert.ok(answer.headers.location?.startsWith(`${callback}?code=`))
  assert.match(answer.headers.location ?? '', /&state=random_state_string(&|$)/)
  assert.deepEqual([...responseOf(answer).keys()].sort(), ['code', 'iss', 'state'])
})

test('OCS-04 the response names its issuer, and the code has 128 bits and works once', async () => {
  const { flow, code } = await newCode(scene)
  const answer = await approve(scene.browser, request())
  const metadata = await call(server, '/.well-known/oauth-authorization-server')
  assert.equal(responseOf(answer).get('iss'), metadata.json['issuer'])
  assert.match(code, /^[A-Za-z0-9_-]{22,}$/)
  assert.notEqual(responseOf(answer).get('code'), code)
  assert.equal((await redeem(server, flow, code)).status, 200)
  assert.equal((await redeem(server, flow, code)).status, 400)
})

test('OCS-05 declining sends access_denied and no code', async () => {
  const page = await scene.browser.open(request({ prompt: 'consent' }))
  assertError(await scene.browser.submit(page, { decision: 'deny' }), ['access_denied'])
})

test('OCS-12 a request without a challenge is refused', async () => {
  assertError(
    await scene.browser.open(request({ code_challenge: undefined, code_challenge_method: undefined })),
    ['invalid_request'],
  )
})

test('OCS-13 the plain method is refused', async () => {
  assertError(await scene.browser.open(request({ code_challenge_method: 'plain' })), ['invalid_request'])
})

test('OCS-14 a challenge without a method is refused', async () => {
  assertError(await scene.browser.open(request({ code_challenge_method: undefined })), ['invalid_request'])
})

test('OCS-15 a challenge that is no SHA-256 in base64url is refused', async () => {
  const { challenge } = newPkce()
  for (const bad of [
    challenge.slice(1),
    `${challenge}a`,
    `${challenge.slice(1)}=`,
    `${challenge.slice(1)}+`,
  ]) {
    assertError(await scene.browser.open(request({ code_challenge: bad })), ['invalid_request'], bad)
  }
})

test('OCS-16 only codes are given out', async () => {
  for (const type of ['token', 'id_token', 'foo', 'code token']) {
    assertError(
      await scene.browser.open(request({ response_type: type })),
      ['unsupported_response_type', 'unauthorized_client'],
      type,
    )
  }
  assertError(await scene.browser.open(request({ response_type: undefined })), ['invalid_request'])
})

test('OCS-17 an unregistered redirect address gets a page and no redirect', async () => {
  assertPage(
    await scene.browser.open(request({ redirect_uri: 'https://evil.example/callback/' })),
    'unregistered',
  )
})

test('OCS-18 whatever is not the registered string is another address', async () => {
  const variants = [
    'https://your-server/callback',
    `${callback}more`,
    'http://your-server/callback/',
    'https://your-server:443/callback/',
    `${callback}#f`,
    `${callback}?x=1`,
    'https://your-server@evil.example/callback/',
    'https://YOUR-SERVER/callback/',
    'https://your-server/%63allback/',
    'https://your-server/x/../callback/',
    ` ${callback}`,
  ]
  for (const uri of variants) assertPage(await scene.browser.open(request({ redirect_uri: uri })), uri)
})

test('OCS-19 with two registered addresses one must be named', async () => {
  const app = await newApp(server, {
    door: 'openchatstudio',
    redirect_uris: [callback, 'https://your-server/other/'],
  })
  assertPage(
    await scene.browser.open(request({ client_id: app.clientId, redirect_uri: undefined })),
    'none named',
  )
})

test('OCS-20 an unknown, missing or repeated client gets a page', async () => {
  assertPage(await scene.browser.open(request({ client_id: 'unknown' })), 'unknown')
  assertPage(await scene.browser.open(request({ client_id: undefined })), 'missing')
  assertPage(await scene.browser.open(request({}, `&client_id=${scene.app.clientId}`)), 'repeated')
  assertPage(
    await scene.browser.open(request({}, `&redirect_uri=${encodeURIComponent(callback)}`)),
    'redirect repeated',
  )
})

test('OCS-21 any other repeated parameter is refused', async () => {
  for (const name of ['scope', 'code_challenge', 'response_type', 'nonce=1&nonce']) {
    assertError(await scene.browser.open(request({}, `&${name}=x`)), ['invalid_request'], name)
  }
  const state = await scene.browser.open(request({}, '&state=x'))
  assert.equal(responseOf(state).get('error'), 'invalid_request')
})

test('OCS-22 without a scope all of the client’s scopes are asked for and granted', async () => {
  const scope = 'chatbot:read chatbot:write session:read session:write'
  const wide = await newScene(server, { scope })
  const page = await wide.browser.open(authorizePath(newFlow(wide)))
  for (const words of [
    'See your chatbots',
    'Create and change your chatbots',
    'See chat sessions',
    'Start and change chat sessions',
  ])
    assert.ok(page.text.includes(words), words)
  assert.equal((await newTokens(wide)).answer.json['scope'], scope)
})

test('OCS-23 an unknown and an empty scope are refused, the state kept', async () => {
  assertError(await scene.browser.open(request({ scope: 'chatbot:read nonsense' })), ['invalid_scope'])
  assertError(await scene.browser.open(request({ scope: '' })), ['invalid_scope'])
})

test('OCS-24 an app never gets a scope that it is not registered for', async () => {
  const narrow = await newScene(server, { scope: 'chatbot:read' })
  const path = authorizePath(newFlow(narrow, { scope: 'chatbot:read session:read' }))
  assertError(await narrow.browser.open(path), ['invalid_scope'])
})

test('OCS-25 without a state none comes back', async () => {
  const answer = await approve(scene.browser, request({ state: undefined }))
  assert.equal(answer.status, 302)
  assert.ok(responseOf(answer).has('code'))
  assert.equal(responseOf(answer).has('state'), false)
})

test('OCS-26 a state comes back as it was, and is never markup', async () => {
  const state = 'a b&c=d%20é+/"<'
  const path = request({ state, prompt: 'consent' })
  const page = await scene.browser.open(path)
  assert.equal(page.text.includes('+/"<'), false)
  const answer = await scene.browser.submit(page, { decision: 'approve' })
  assert.equal(responseOf(answer).get('state'), state)
})

test('OCS-34 the consent page can’t be framed, kept or leak its address', async () => {
  const { headers, text } = await scene.browser.open(request({ prompt: 'consent' }))
  assert.equal(headers['x-frame-options'], 'DENY')
  assert.match(headers['content-security-policy'] as string, /frame-ancestors 'none'/)
  assert.match(headers['cache-control'] ?? '', /no-store/)
  assert.match(headers['referrer-policy'] as string, /^(no-referrer|same-origin)$/)
  assert.doesNotMatch(text, /<script/)
})

test('OCS-35 consent without this browser’s CSRF token is refused', async () => {
  const path = request({ prompt: 'consent' })
  const page = await scene.browser.open(path)
  const other = await newScene(server)
  const foreign = new Map(
    readForm((await other.browser.open(authorizePath(newFlow(other, { more: { prompt: 'consent' } })))).text)
      .fields,
  )
  assert.ok(foreign.get('csrf'))
  for (const csrf of [[], '', foreign.get('csrf') ?? '', 'x'.repeat(43)]) {
    const answer = await scene.browser.submit(page, { decision: 'approve', csrf })
    assert.equal(answer.status, 403)
    assert.equal(answer.headers.location, undefined)
  }
})

test('OCS-36 only the request that was shown can be approved', async () => {
  const shown = request({ scope: 'chatbot:read', prompt: 'consent' })
  const page = await scene.browser.open(shown)
  const wider = await scene.browser.submit(page, {
    decision: 'approve',
    scope: ['chatbot:read', 'session:read'],
  })
  const code = responseOf(wider).get('code')
  assert.ok(code)
  const altered = [shown.replace('chatbot%3Aread', 'chatbot%3Aread+session%3Aread'), `${shown}&nonce=1`]
  for (const at of altered) {
    const answer = await scene.browser.submit(page, { decision: 'approve' }, at)
    assert.equal(answer.status, 400, at)
    assert.equal(answer.headers.location, undefined)
  }
  const elsewhere = await scene.browser.submit(
    page,
    { decision: 'approve' },
    shown.replace(encodeURIComponent(callback), encodeURIComponent('https://evil.example/')),
  )
  assertPage(elsewhere, 'redirect address altered')
})

test('OCS-37 prompt=none without a session is login_required', async () => {
  assertError(await createBrowser(server.base).open(request({ prompt: 'none' })), ['login_required'])
})

test('OCS-38 prompt=none without an earlier consent is consent_required', async () => {
  const stranger = await newScene(server)
  assertError(
    await stranger.browser.open(
      authorizePath(newFlow(stranger, { more: { prompt: 'none', state: 'random_state_string' } })),
    ),
    ['consent_required'],
  )
})

test('OCS-39 prompt=login asks for the password again', async () => {
  const answer = await scene.browser.open(request({ prompt: 'login' }))
  assert.equal(answer.status, 302)
  const page = await scene.browser.settle(answer)
  assert.match(page.text, /name="password"/)
  const { email, password } = scene.person
  const back = await scene.browser.submit(page, { email, password })
  assert.equal((await scene.browser.settle(back)).status, 200, 'and then goes on')
})

test('a consent that was demanded with the sign-in is still asked for after it', async () => {
  const { email, password } = scene.person
  await approve(scene.browser, request())
  assert.equal((await scene.browser.open(request())).status, 302, 'not asked again by itself')
  const page = await scene.browser.settle(await scene.browser.open(request({ prompt: 'login consent' })))
  const back = await scene.browser.submit(page, { email, password })
  const asked = await scene.browser.settle(back)
  assert.equal(asked.status, 200)
  assert.match(asked.text, /name="decision"/)
})
