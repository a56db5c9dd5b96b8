/** Pages of apps that watch whether somebody is still signed in. @see OpenID Connect Session Management 1.0 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { approve, authorizePath, call, responseOf } from '../support/actors.ts'
import { createBrowser } from '../support/browser.ts'
import { isSignedIn, logoutPath, signedInApp, signOutInPortal, startLogoutServer } from '../support/logout.ts'
import { callback, newFlow, type Scene } from '../support/ocs.ts'
import type { TestServer } from '../support/server.ts'

const cookie = 'sallyport_state'

let server: TestServer
before(async () => {
  server = await startLogoutServer({ logout: { sessionManagement: true } })
})
after(() => server.close())

/** The state that an authorization response tells, and whether it is that of a browser for an origin. */
async function stateOf(scene: Scene): Promise<string> {
  const path = authorizePath(newFlow(scene, { team: scene.team }))
  return responseOf(await approve(scene.browser, path)).get('session_state') ?? ''
}
function fits(state: string, { app, browser }: Scene, origin = new URL(callback).origin): boolean {
  const [hash, salt = ''] = state.split('.')
  const browserState = browser.cookies().get(cookie) ?? ''
  return (
    hash === createHash('sha256').update(`${app.clientId} ${origin} ${browserState} ${salt}`).digest('hex')
  )
}

test('§2: an authorization response has the state of this browser for this client at this origin', async () => {
  const [scene, other] = [await signedInApp(server), await signedInApp(server)]
  const state = await stateOf(scene)
  assert.match(state, /^[0-9a-f]{64}\.[\w-]{22}$/)
  assert.ok(fits(state, scene))
  assert.equal(fits(state, { ...scene, app: other.app }), false)
  assert.equal(fits(state, { ...scene, browser: other.browser }), false)
  assert.equal(fits(state, scene, 'https://evil.example'), false)
  assert.notEqual(await stateOf(scene), state, 'another salt each time')
})

test('§2: without an app’s say the cookie is opaque, readable by our page, and no secret of the session', async () => {
  const { browser, sid } = await signedInApp(server)
  const state = browser.cookies().get(cookie) ?? ''
  assert.match(state, /^[\w-]{43}$/)
  assert.notEqual(state, browser.cookies().get('sallyport_session'))
  assert.notEqual(state, sid)
  const secret = await call(server, '/account', { headers: { Cookie: `sallyport_session=${state}` } })
  assert.equal(secret.headers.location, '/sign-in')
})

test('§3.2: signing out, here or by an app, takes it away; signing in again as the same person leaves it', async () => {
  for (const leave of ['portal', 'app'] as const) {
    const scene = await signedInApp(server)
    const state = await stateOf(scene)
    const { email, password } = scene.person
    await scene.browser.submit(await scene.browser.open('/sign-in?again=1'), { email, password })
    assert.ok(fits(state, scene))
    if (leave === 'portal') await signOutInPortal(scene.browser)
    else await scene.browser.open(logoutPath({ id_token_hint: scene.idToken }))
    assert.equal(await isSignedIn(scene.browser), false)
    assert.equal(scene.browser.cookies().get(cookie), undefined)
    await scene.browser.submit(await scene.browser.open('/sign-in'), { email, password })
    assert.equal(fits(state, scene), false, 'it was another presence')
  }
})

test('§3.2: somebody else who signs in in the browser changes it', async () => {
  const [scene, other] = [await signedInApp(server), await signedInApp(server)]
  const state = await stateOf(scene)
  const { email, password } = other.person
  await scene.browser.submit(await scene.browser.open('/sign-in?again=1'), { email, password })
  assert.equal(fits(state, scene), false)
})

test('§3.3: discovery names the page, which anybody may frame and which runs one script', async () => {
  const { json } = await call(server, '/.well-known/openid-configuration')
  assert.equal(json['check_session_iframe'], `${server.base}/o/check_session`)
  const page = await call(server, '/o/check_session')
  assert.equal(page.status, 200)
  const script = /<script>([^]*)<\/script>/.exec(page.text)?.[1] ?? ''
  const hash = createHash('sha256').update(script).digest('base64')
  const policy = String(page.headers['content-security-policy'])
  assert.equal(policy.includes(`script-src 'sha256-${hash}';`), true)
  assert.doesNotMatch(policy, /frame-ancestors|unsafe/)
  assert.equal(page.headers['x-frame-options'], undefined)
  assert.equal(page.headers['set-cookie'], undefined)
})

test('over https the cookie is for frames of other sites, and for this host alone', async () => {
  const https = await startLogoutServer(
    { logout: { sessionManagement: true } },
    { baseUrl: 'https://login.example' },
  )
  try {
    const browser = createBrowser(https.address)
    const answer = await browser.submit(await browser.open('/sign-in'), https.demo.person)
    const [set] = (answer.headers['set-cookie'] ?? []).filter((one) => one.includes('sallyport_state'))
    assert.match(
      String(set),
      /^__Host-sallyport_state=[\w-]{43}; Path=\/; Max-Age=1209600; SameSite=None; Secure$/,
    )
    const page = await browser.open('/o/check_session')
    assert.ok(page.text.includes('"__Host-sallyport_state="'))
  } finally {
    await https.close()
  }
})

test('it is off unless it is switched on: no page, no state, no cookie', async () => {
  const plain = await startLogoutServer()
  try {
    const scene = await signedInApp(plain)
    assert.equal(scene.browser.cookies().get(cookie), undefined)
    assert.equal(await stateOf(scene), '')
    assert.equal((await call(plain, '/o/check_session')).status, 404)
  } finally {
    await plain.close()
  }
})
