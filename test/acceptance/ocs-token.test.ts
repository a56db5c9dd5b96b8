import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { authorizePath, call, newApp } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { callback, newCode, newFlow, newScene, newTokens, redeem, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let scene: Scene
before(async () => {
  server = await startServer()
  scene = await newScene(server)
})
after(() => server.close())

const api = (bearer: string, at = server) => call(at, '/api/chatbots/', { bearer })
const token = (form: Readonly<Record<string, string>>) => call(server, '/o/token/', { form })

function assertError(answer: Answer, status: number, ...errors: string[]): void {
  assert.equal(answer.status, status, answer.text)
  assert.ok(errors.includes(text(answer, 'error')), answer.text)
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
  assert.match(answer.headers['cache-control'] ?? '', /no-store/)
  assert.deepEqual(Object.keys(answer.json), ['error', 'error_description'])
}

test('OCS-06 a code is exchanged for tokens, in strict JSON', async () => {
  const { flow, code } = await newCode(scene, { scope: 'chatbot:read session:read' })
  const answer = await redeem(server, flow, code)
  assert.equal(answer.status, 200)
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
  const {
    access_token: access,
    refresh_token: refresh,
    ...rest
  } = JSON.parse(answer.text) as Record<string, unknown>
  assert.ok(typeof access === 'string' && typeof refresh === 'string')
  assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600, scope: 'chatbot:read session:read' })
})

test('OCS-07 an answer with tokens is not kept', async () => {
  const { answer } = await newTokens(scene)
  assert.match(answer.headers['cache-control'] ?? '', /no-store/)
  assert.equal(answer.headers.pragma, 'no-cache')
})

test('OCS-08 the access token opens the API', async () => {
  assert.equal((await api((await newTokens(scene)).access)).status, 200)
})

test('OCS-09 the access token lives an hour', async () => {
  const { access } = await newTokens(scene)
  await server.advance(3599)
  assert.equal((await api(access)).status, 200)
  await server.advance(2)
  const late = await api(access)
  assert.equal(late.status, 401)
  assert.match(late.headers['www-authenticate'] ?? '', /error="invalid_token"/)
})

test('OCS-10 a code is exchanged once', async () => {
  const { flow, code } = await newCode(scene)
  assert.equal((await redeem(server, flow, code)).status, 200)
  assertError(await redeem(server, flow, code), 400, 'invalid_grant')
})

test('OCS-11 a replayed code ends what the first exchange bought', async () => {
  const { flow, code } = await newCode(scene)
  const first = await redeem(server, flow, code)
  await redeem(server, flow, code)
  assert.equal((await api(text(first, 'access_token'))).status, 401)
  const { clientId: client_id, secret: client_secret } = scene.app
  assertError(
    await token({
      grant_type: 'refresh_token',
      refresh_token: text(first, 'refresh_token'),
      client_id,
      client_secret,
    }),
    400,
    'invalid_grant',
  )
})

test('OCS-40 wrong, missing and unknown client credentials are one answer', async () => {
  const { flow, code } = await newCode(scene)
  const none = { ...flow, app: { clientId: scene.app.clientId, secret: '' } }
  const answers = [
    await redeem(server, flow, code, { client_secret: 'wrong' }),
    await redeem(server, none, code),
    await redeem(server, flow, code, { client_id: 'unknown' }),
  ]
  for (const answer of answers) {
    assertError(answer, 401, 'invalid_client')
    assert.equal(answer.text, answers[0]?.text)
    assert.ok(answer.headers['www-authenticate'])
    assert.equal(answer.headers['www-authenticate'], answers[0]?.headers['www-authenticate'])
  }
  assert.equal(
    (await redeem(server, flow, code)).status,
    200,
    'a failed client authentication leaves the code usable',
  )
})

const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

async function redeemByBasic(
  authorization: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { flow, code } = await newCode(scene)
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: callback,
    code_verifier: flow.pkce?.verifier ?? '',
    ...more,
  }
  return call(server, '/o/token/', { headers: { Authorization: authorization }, form })
}

test('OCS-41 HTTP Basic authenticates a client as well', async () => {
  assert.equal((await redeemByBasic(basic(scene.app.clientId, scene.app.secret))).status, 200)
  const wrong = await redeemByBasic(basic(scene.app.clientId, 'wrong'))
  assertError(wrong, 401, 'invalid_client')
  assert.match(wrong.headers['www-authenticate'] ?? '', /^Basic/)
})

test('OCS-42 two ways of client authentication at once are refused', async () => {
  const { clientId, secret } = scene.app
  assertError(
    await redeemByBasic(basic(clientId, secret), { client_id: clientId, client_secret: secret }),
    400,
    'invalid_request',
  )
})

test('OCS-43 a wrong verifier is refused', async () => {
  const { flow, code } = await newCode(scene)
  assertError(await redeem(server, flow, code, { code_verifier: 'x'.repeat(43) }), 400, 'invalid_grant')
})

test('OCS-44 and burns the code', async () => {
  const { flow, code } = await newCode(scene)
  await redeem(server, flow, code, { code_verifier: 'x'.repeat(43) })
  assertError(await redeem(server, flow, code), 400, 'invalid_grant')
})

test('OCS-45 a missing verifier is refused', async () => {
  const { flow, code } = await newCode(scene)
  const { pkce: _pkce, ...without } = flow
  assertError(await redeem(server, without, code), 400, 'invalid_request', 'invalid_grant')
})

test('OCS-46 a verifier of the wrong length or alphabet is refused', async () => {
  for (const verifier of [
    'random_string_used_for_pkce',
    'x'.repeat(129),
    `${'x'.repeat(42)} `,
    `${'x'.repeat(43)}é`,
  ]) {
    const { flow, code } = await newCode(scene)
    assertError(
      await redeem(server, flow, code, { code_verifier: verifier }),
      400,
      'invalid_grant',
      'invalid_request',
    )
  }
})

test('OCS-47 the redirect address must be repeated exactly', async () => {
  const two = await newScene(server, { redirect_uris: [callback, 'https://your-server/other/'] })
  for (const uri of ['', 'https://your-server/other/', 'https://evil.example/']) {
    const { flow, code } = await newCode(two)
    assertError(
      await redeem(server, flow, code, { redirect_uri: uri }),
      400,
      'invalid_grant',
      'invalid_request',
    )
  }
})

test('OCS-48 another client can’t exchange the code', async () => {
  const { flow, code } = await newCode(scene)
  const other = await newApp(server, { door: 'openchatstudio', redirect_uris: [callback] })
  assertError(await redeem(server, { ...flow, app: other }, code), 400, 'invalid_grant')
})

test('OCS-49 a code lives a minute', async () => {
  const { flow, code } = await newCode(scene)
  await server.advance(61)
  assertError(await redeem(server, flow, code), 400, 'invalid_grant')
})

test('OCS-50 missing and unknown parameters are told apart', async () => {
  const { clientId: client_id, secret: client_secret } = scene.app
  const by = (form: Readonly<Record<string, string>>) => token({ client_id, client_secret, ...form })
  assertError(await by({ grant_type: 'authorization_code', redirect_uri: callback }), 400, 'invalid_request')
  assertError(
    await by({ grant_type: 'authorization_code', redirect_uri: callback, code: 'unknown' }),
    400,
    'invalid_grant',
  )
  assertError(await by({ code: 'x' }), 400, 'invalid_request', 'unsupported_grant_type')
  assertError(await by({ grant_type: 'foo' }), 400, 'unsupported_grant_type')
  assertError(
    await by({ grant_type: 'password', username: 'a', password: 'b' }),
    400,
    'unsupported_grant_type',
    'unauthorized_client',
  )
})

test('OCS-51 a JSON body is refused, naming the type that is wanted', async () => {
  const answer = await call(server, '/o/token/', { json: { grant_type: 'authorization_code' } })
  assertError(answer, 415, 'unsupported_media_type')
  assert.match(text(answer, 'error_description'), /application\/x-www-form-urlencoded/)
})

test('OCS-52 the token endpoint is for POST', async () => {
  const answer = await call(server, '/o/token/')
  assertError(answer, 405, 'method_not_allowed')
  assert.equal(answer.headers.allow, 'POST')
})

test('OCS-53 credentials in the query are refused', async () => {
  const { flow, code } = await newCode(scene)
  const form = {
    grant_type: 'authorization_code',
    code,
    client_id: flow.app.clientId,
    redirect_uri: callback,
    code_verifier: flow.pkce?.verifier ?? '',
  }
  const path = `/o/token/?client_secret=${flow.app.secret}`
  assertError(await call(server, path, { form }), 400, 'invalid_request')
  const both = { ...form, client_secret: flow.app.secret }
  assertError(await call(server, path, { form: both }), 400, 'invalid_request')
  assert.equal((await redeem(server, flow, code)).status, 200, 'and nothing was done with the code')
})

test('OCS-54 without the slash it is the same endpoint, never a redirect', async () => {
  const bare = await newScene(server)
  const page = await bare.browser.open(authorizePath(newFlow(bare, { authorize: '/o/authorize' })))
  assert.equal(page.status, 200, 'answered at once')
  const { flow, code } = await newCode(bare, { authorize: '/o/authorize' })
  const answer = await call(server, '/o/token', {
    form: {
      grant_type: 'authorization_code',
      code,
      client_id: bare.app.clientId,
      client_secret: bare.app.secret,
      redirect_uri: callback,
      code_verifier: flow.pkce?.verifier ?? '',
    },
  })
  assert.equal(answer.status, 200)
  assert.equal((await call(server, '/o/token')).status, 405)
  const [bad, same] = [await call(server, '/o/token', { form: {} }), await token({})]
  assertError(bad, 401, 'invalid_client')
  assert.equal(bad.text, same.text)
})

test('OCS-55 of 50 exchanges of one code exactly one succeeds', async () => {
  const { flow, code } = await newCode(scene)
  const answers = await Promise.all(Array.from({ length: 50 }, () => redeem(server, flow, code)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  for (const answer of answers) if (answer.status !== 200) assertError(answer, 400, 'invalid_grant')
})
