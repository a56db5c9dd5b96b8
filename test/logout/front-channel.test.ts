/** Apps that are told by frames in the browser. @see OpenID Connect Front-Channel Logout 1.0 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Answer } from '../support/http.ts'
import {
  afterLogout,
  logoutPath,
  signedInApp,
  type SignedInApp,
  signOutInPortal,
  startLogoutServer,
  tokensOf,
} from '../support/logout.ts'
import { callback, newScene } from '../support/ocs.ts'
import type { TestServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await startLogoutServer()
})
after(() => server.close())

const framed = { frontchannel_logout_uri: 'https://your-server/out?app=1' }
const other = {
  redirect_uris: [callback, 'https://other.example:8443/cb'],
  frontchannel_logout_uri: 'https://other.example:8443/out',
}

/** The addresses that a page frames. */
const framesOf = ({ text }: Answer): readonly string[] =>
  [...text.matchAll(/<iframe src="([^"]*)"/g)].map(([, src = '']) => src.replaceAll('&amp;', '&'))

const frameOf = (uri: string, { sid }: SignedInApp) =>
  `${uri}${uri.includes('?') ? '&' : '?'}${new URLSearchParams({ iss: server.base, sid })}`

/** Signs the person of a scene in at another app as well. */
async function alsoAt(scene: SignedInApp, app: object): Promise<SignedInApp> {
  const second = await newScene(server, { scope: 'openid chatbot:read', ...app })
  return tokensOf({ ...scene, app: second.app })
}

test('§2, §3: the page after a logout frames each app with iss and sid, and goes on by itself', async () => {
  const scene = await signedInApp(server, framed)
  const second = await alsoAt(scene, other)
  await alsoAt(scene, {})
  const params = { id_token_hint: scene.idToken, post_logout_redirect_uri: afterLogout, state: 's' }
  const answer = await scene.browser.open(logoutPath(params))
  assert.equal(answer.status, 200)
  const wanted = [
    frameOf(framed.frontchannel_logout_uri, scene),
    frameOf(other.frontchannel_logout_uri, second),
  ]
  assert.deepEqual([...framesOf(answer)].sort(), wanted.sort())
  assert.notEqual(scene.sid, second.sid)
  const policy = String(answer.headers['content-security-policy'])
  const sources = / frame-src ([^;]+);/.exec(policy)?.[1]?.split(' ').sort()
  assert.deepEqual(sources, ['https://other.example:8443', 'https://your-server'])
  assert.match(policy, /^default-src 'none'/)
  assert.equal(answer.headers['x-frame-options'], 'DENY')
  assert.equal(answer.headers['refresh'], `3; url=${afterLogout}&state=s`)
  assert.match(answer.text, /href="https:\/\/your-server\/bye\?app=1&amp;state=s"[^>]*>Back to the app</)
  assert.doesNotMatch(answer.text, /<script/)
})

test('§3: without apps to frame the browser goes back at once', async () => {
  const { browser, idToken } = await signedInApp(server)
  const answer = await browser.open(
    logoutPath({ id_token_hint: idToken, post_logout_redirect_uri: afterLogout }),
  )
  assert.equal(answer.status, 303)
})

test('§3: a sign-out on the account page frames them too, and leads nowhere', async () => {
  const scene = await signedInApp(server, framed)
  const answer = await signOutInPortal(scene.browser)
  assert.deepEqual(framesOf(answer), [frameOf(framed.frontchannel_logout_uri, scene)])
  assert.equal(answer.headers['refresh'], undefined)
  assert.match(String(answer.headers['content-security-policy']), / frame-src https:\/\/your-server;/)
})

test('§3: an app of another session of the person is not framed', async () => {
  const here = await signedInApp(server, framed)
  const there = await signedInApp(server, framed)
  assert.equal(framesOf(await signOutInPortal(here.browser)).length, 1)
  assert.deepEqual(framesOf(await signOutInPortal(there.browser)), [
    frameOf(framed.frontchannel_logout_uri, there),
  ])
})

test('a way back by a private scheme is a link, and a wish of the browser to go on', async () => {
  const native = { ...framed, post_logout_redirect_uris: ['com.example.app:/bye'] }
  const { browser, idToken } = await signedInApp(server, native)
  const answer = await browser.open(
    logoutPath({ id_token_hint: idToken, post_logout_redirect_uri: 'com.example.app:/bye' }),
  )
  assert.equal(answer.headers['refresh'], '3; url=com.example.app:/bye')
  assert.match(answer.text, /href="com\.example\.app:\/bye"/)
})
