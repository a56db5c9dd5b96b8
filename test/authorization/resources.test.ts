/** Which API a token is for. The sections are those of RFC 8707. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { approve, authorizePath, call, newApp, responseOf } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { newFlow, newScene, redeem, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

// RFC 8707 and RFC 9068 §3: tokens for named APIs, at a real server.
const [billing, files] = ['https://billing.example/v1', 'https://files.example/v1']
let server: TestServer
let scene: Scene
before(async () => {
  const resources = { [billing]: 'Billing', [files]: 'Files', '/api': 'The chatbots' }
  const route = { shape: 'oauth', rule: { doors: ['openchatstudio'], resource: billing } } as const
  server = await startServer({
    doors: { openchatstudio: { resources, pushedRequests: 'optional' } },
    forwardAuth: [
      { path: '/billing', ...route },
      { path: '/other', ...route, rule: { doors: ['openchatstudio'] } },
    ],
  })
  scene = await newScene(server, { scope: 'openid chatbot:read' })
})
after(() => server.close())

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
const pairs = (resources: readonly string[]) => resources.map((one) => ['resource', one] as const)
const asking = (resources: readonly string[], more: Readonly<Record<string, string>> = {}, from = scene) => {
  const flow = newFlow(from, { team: from.team, more: { state: 's', ...more } })
  const extra = pairs(resources).map(([name, value]) => `&${name}=${encodeURIComponent(value)}`)
  return { flow, path: authorizePath(flow) + extra.join('') }
}
async function codeFor(resources: readonly string[], from = scene) {
  const { flow, path } = asking(resources, {}, from)
  const answer = await approve(from.browser, path)
  return { flow, code: responseOf(answer).get('code') ?? '' }
}
/** Exchanges a code, naming resources again. */
function exchange(
  { flow, code }: Awaited<ReturnType<typeof codeFor>>,
  resources: readonly string[],
): Promise<Answer> {
  const form = [
    ['grant_type', 'authorization_code'],
    ['code', code],
    ['redirect_uri', flow.redirectUri],
    ['client_id', flow.app.clientId],
    ['client_secret', flow.app.secret],
    ['code_verifier', flow.pkce?.verifier ?? ''],
    ...pairs(resources),
  ] as const
  return call(server, '/o/token/', { form })
}
function refresh(token: string, resources: readonly string[]): Promise<Answer> {
  const { clientId, secret } = scene.app
  const own = [
    ['grant_type', 'refresh_token'],
    ['refresh_token', token],
  ] as const
  const form = [...own, ['client_id', clientId], ['client_secret', secret], ...pairs(resources)] as const
  return call(server, '/o/token/', { form })
}
const audience = (answer: Answer) => claimsOf(text(answer, 'access_token'))['aud']
const behind = (path: string, bearer: string) =>
  call(server, '/guard/forward-auth', {
    bearer,
    headers: { 'X-Original-Method': 'GET', 'X-Original-URI': path },
  })

test('a token is for the resource that was named, and the guard of that API alone takes it', async () => {
  const tokens = await exchange(await codeFor([billing]), [])
  assert.equal(audience(tokens), billing)
  const token = text(tokens, 'access_token')
  assert.equal((await behind('/billing', token)).status, 200)
  assert.equal((await behind('/other', token)).status, 401)
  assert.equal((await call(server, '/api/chatbots/', { bearer: token })).status, 401)
  assert.equal((await call(server, '/o/userinfo/', { bearer: token })).status, 401)
})

test('a token without a resource is for all that the issuer speaks for, as it always was', async () => {
  const tokens = await exchange(await codeFor([]), [])
  assert.equal(audience(tokens), server.base)
  const token = text(tokens, 'access_token')
  for (const path of ['/billing', '/other']) assert.equal((await behind(path, token)).status, 200)
  assert.equal((await call(server, '/o/userinfo/', { bearer: token })).status, 200)
})

test('§2, §2.1: the parameter may come several times, and one token is for all of them', async () => {
  const tokens = await exchange(await codeFor([files, billing]), [])
  assert.deepEqual(audience(tokens), [billing, files])
})

test('a path of this server is an address of it, and the issuer is a resource too', async () => {
  assert.equal(audience(await exchange(await codeFor([`${server.base}/api`]), [])), `${server.base}/api`)
  const own = await exchange(await codeFor([server.base]), [])
  assert.equal((await call(server, '/o/userinfo/', { bearer: text(own, 'access_token') })).status, 200)
})

describe('§2.2: a token request narrows, and never widens', () => {
  test('to some of what was granted; the refresh token keeps them all', async () => {
    const first = await exchange(await codeFor([files, billing]), [files])
    assert.equal(audience(first), files)
    const second = await refresh(text(first, 'refresh_token'), [billing])
    assert.equal(audience(second), billing)
    assert.deepEqual(audience(await refresh(text(second, 'refresh_token'), [])), [billing, files])
  })

  test('more than was granted is invalid_target, at the code and at the refresh', async () => {
    const wider = await exchange(await codeFor([billing]), [billing, files])
    assert.equal(wider.status, 400)
    assert.equal(wider.json['error'], 'invalid_target')
    const first = await exchange(await codeFor([billing]), [])
    const again = await refresh(text(first, 'refresh_token'), [files])
    assert.equal(again.json['error'], 'invalid_target')
  })

  test('a grant that named none can be narrowed', async () => {
    assert.equal(audience(await exchange(await codeFor([]), [files])), files)
  })

  test('an unknown one is invalid_target, and costs no code', async () => {
    const made = await codeFor([])
    const refused = await exchange(made, ['https://evil.example/'])
    assert.equal(refused.json['error'], 'invalid_target')
    assert.equal((await redeem(server, made.flow, made.code)).status, 200)
  })
})

test('§2: an unknown resource is refused at the client’s address', async () => {
  for (const bad of [
    'https://evil.example/',
    `${billing}/`,
    `${billing}#x`,
    'billing',
    `${billing} ${files}`,
  ]) {
    const answer = await scene.browser.open(asking([billing, bad]).path)
    assert.equal(responseOf(answer).get('error'), 'invalid_target', bad)
    assert.equal(responseOf(answer).get('state'), 's')
  }
})

test('consent names the resources, and one for an API is none for another or for all', async () => {
  const own = await newScene(server)
  const page = await own.browser.open(asking([billing], {}, own).path)
  assert.ok(page.text.includes('Billing') && page.text.includes(billing))
  assert.doesNotMatch(page.text, /Files/)
  await own.browser.submit(page, { decision: 'approve' })
  assert.equal((await own.browser.open(asking([billing], {}, own).path)).status, 302, 'stands')
  assert.equal((await own.browser.open(asking([files], {}, own).path)).status, 200, 'asks')
  const all = await own.browser.open(asking([], {}, own).path)
  assert.equal(all.status, 200, 'asks')
  await own.browser.submit(all, { decision: 'approve' })
  assert.equal(
    (await own.browser.open(asking([files], {}, own).path)).status,
    302,
    'one for all stands for each',
  )
})

test('a pushed request keeps its resources', async () => {
  const { flow, path } = asking([billing, files], { prompt: 'consent' })
  const form = [...new URL(path, server.base).searchParams, ['client_secret', flow.app.secret]] as const
  const { json } = await call(server, '/o/par', { form })
  const query = new URLSearchParams({
    client_id: flow.app.clientId,
    request_uri: String(json['request_uri']),
  })
  const answer = await approve(scene.browser, `/o/authorize/?${query}`)
  assert.deepEqual(audience(await redeem(server, flow, responseOf(answer).get('code') ?? '')), [
    billing,
    files,
  ])
  const bad = await call(server, '/o/par', { form: [...form, ['resource', 'https://evil.example/']] })
  assert.equal(bad.json['error'], 'invalid_target')
})

test('a machine names the resource at the token endpoint', async () => {
  const client = { door: 'openchatstudio', team: scene.teamId, grant_types: ['client_credentials'] }
  const { clientId: client_id, secret: client_secret } = await newApp(server, client)
  const own = { grant_type: 'client_credentials', client_id, client_secret }
  assert.equal(audience(await call(server, '/o/token/', { form: { ...own, resource: files } })), files)
  const bad = await call(server, '/o/token/', { form: { ...own, resource: 'https://evil.example/' } })
  assert.equal(bad.json['error'], 'invalid_target')
})

test('introspection tells the audience', async () => {
  const tokens = await exchange(await codeFor([billing]), [])
  const { clientId: client_id, secret: client_secret } = scene.app
  const form = { client_id, client_secret, token: text(tokens, 'access_token') }
  assert.equal((await call(server, '/o/introspect/', { form })).json['aud'], billing)
})

test('RFC 9728 §4: discovery lists the resources, and nothing where there are none', async () => {
  const listed = async (path: string) => (await call(server, path)).json['protected_resources']
  assert.deepEqual(await listed('/.well-known/openid-configuration'), [billing, files, `${server.base}/api`])
  assert.deepEqual(await listed('/.well-known/oauth-authorization-server/oauth'), [`${server.base}/mcp`])
})

test('a door without resources ignores the parameter, also when it comes several times', async (t) => {
  const plain = await startServer()
  t.after(() => plain.close())
  const own = await newScene(plain)
  const { flow, path } = asking([billing, files], {}, own)
  const answer = await approve(own.browser, path)
  const tokens = await redeem(plain, flow, responseOf(answer).get('code') ?? '', { resource: billing })
  assert.equal(audience(tokens), plain.base)
})
