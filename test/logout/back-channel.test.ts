/** Apps that are told by the server. The app's server is real, speaks TLS, and does to us what it can. @see OpenID Connect Back-Channel Logout 1.0 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { administer, call, getCode, signedInBrowser } from '../support/actors.ts'
import { hasOpenssl } from '../support/certificates.ts'
import type { Answer } from '../support/http.ts'
import {
  claimsOf,
  isSignedIn,
  logoutPath,
  type Receiver,
  reaching,
  signedInApp,
  type SignedInApp,
  signOutInPortal,
  startLogoutServer,
  startReceiver,
  tokensOf,
} from '../support/logout.ts'
import { newFlow, newScene, newTokens, redeem } from '../support/ocs.ts'
import type { TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const skip = !hasOpenssl && 'openssl is not on this machine'

let receiver: Receiver
let server: TestServer
before(async () => {
  if (skip) return
  receiver = await startReceiver()
  server = await startLogoutServer({}, reaching(receiver))
})
after(async () => {
  if (skip) return
  await server.close()
  await receiver.close()
})

let apps = 0
/** Somebody signed in at an app that hears of logouts at a path of its own. */
async function toldApp(
  more: object = {},
): Promise<SignedInApp & { readonly heard: () => readonly string[] }> {
  apps += 1
  const path = `/logout/${apps}?app=1`
  const scene = await signedInApp(server, { backchannel_logout_uri: receiver.origin + path, ...more })
  return {
    ...scene,
    heard: () => receiver.heard.filter((one) => one.path === path).map(({ token }) => token),
  }
}

async function onlyToken(heard: () => readonly string[]): Promise<string> {
  await until(() => heard().length > 0)
  assert.equal(heard().length, 1)
  return heard()[0] ?? ''
}

const refreshes = ({ app, refresh }: SignedInApp): Promise<Answer> =>
  call(server, '/o/token', {
    form: {
      grant_type: 'refresh_token',
      refresh_token: refresh,
      client_id: app.clientId,
      client_secret: app.secret,
    },
  })

describe('the logout token', { skip }, () => {
  test('§2.4: is signed like an ID token, typed, short-lived, says who and which session, and has no nonce', async () => {
    const scene = await toldApp()
    await signOutInPortal(scene.browser)
    const token = await onlyToken(scene.heard)
    const keys = createRemoteJWKSet(new URL(`${server.base}/.well-known/jwks.json`))
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      typ: 'logout+jwt',
      issuer: server.base,
      audience: scene.app.clientId,
      currentDate: new Date(server.now() * 1000),
    })
    const idToken = claimsOf(scene.idToken)
    assert.equal(protectedHeader.alg, 'ES256')
    const { jti, ...rest } = payload
    assert.match(String(jti), /^[\w-]{22}$/)
    assert.deepEqual(rest, {
      iss: server.base,
      sub: idToken['sub'],
      aud: scene.app.clientId,
      iat: server.now(),
      exp: server.now() + 120,
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      sid: scene.sid,
    })
  })

  test('is worth nothing as a hint, nor as an access token', async () => {
    const scene = await toldApp()
    await signOutInPortal(scene.browser)
    const token = await onlyToken(scene.heard)
    assert.equal((await call(server, '/o/userinfo', { bearer: token })).status, 401)
    const { browser } = await signedInApp(server)
    assert.match((await browser.open(logoutPath({ id_token_hint: token }))).text, /Sign out\?/)
  })

  test('§2.1: a session has another sid at each app, and none is anything that could be used to be it', async () => {
    const first = await toldApp()
    const second = await newScene(server, {
      scope: 'openid chatbot:read',
      backchannel_logout_uri: `${receiver.origin}/second`,
    })
    const there = await tokensOf({ ...first, app: second.app })
    assert.notEqual(there.sid, first.sid)
    for (const cookie of first.browser.cookies().values()) assert.notEqual(cookie, first.sid)
    await signOutInPortal(first.browser)
    assert.equal(claimsOf(await onlyToken(first.heard))['sid'], first.sid)
    const heard = () => receiver.heard.filter(({ path }) => path === '/second').map(({ token }) => token)
    assert.equal(
      claimsOf(await onlyToken(heard))['sid'],
      there.sid,
      'each app in the session hears of its own',
    )
  })
})

describe('§2.3: what ends a session tells its apps', { skip }, () => {
  const ends: [name: string, end: (scene: SignedInApp) => Promise<unknown>][] = [
    ['a sign-out on the account page', ({ browser }) => signOutInPortal(browser)],
    [
      'a logout that an app asks for',
      ({ browser, idToken }) => browser.open(logoutPath({ id_token_hint: idToken })),
    ],
    [
      'a change of password',
      ({ person }) =>
        call(server, '/api/auth/password/change/', {
          bearer: person.access,
          json: { old_password: person.password, new_password: 'another battery staple' },
        }),
    ],
    [
      'an administrator who disables the account',
      ({ person }) => administer(server, 'PATCH', `/accounts/${person.id}`, { disabled: true }),
    ],
    [
      'an administrator who deletes it',
      ({ person }) => administer(server, 'DELETE', `/accounts/${person.id}`),
    ],
    [
      'somebody else who signs in in the browser',
      async ({ browser }) => {
        const { email, password } = (await newScene(server)).person
        await browser.submit(await browser.open('/sign-in?again=1'), { email, password })
      },
    ],
  ]
  for (const [name, end] of ends) {
    test(name, async () => {
      const scene = await toldApp()
      await end(scene)
      assert.equal(claimsOf(await onlyToken(scene.heard))['sid'], scene.sid)
    })
  }

  test('and its time, when it is over', async () => {
    const own = await startLogoutServer({}, reaching(receiver))
    try {
      const scene = await signedInApp(own, { backchannel_logout_uri: `${receiver.origin}/expired` })
      await own.advance(14 * 24 * 3600 + 1)
      await own.sweep()
      const heard = () => receiver.heard.filter(({ path }) => path === '/expired').map(({ token }) => token)
      assert.equal(claimsOf(await onlyToken(heard))['sid'], scene.sid)
    } finally {
      await own.close()
    }
  })

  test('but nobody hears that the same person signed in again, until they go', async () => {
    const scene = await toldApp()
    const { email, password } = scene.person
    await scene.browser.submit(await scene.browser.open('/sign-in?again=1'), { email, password })
    const asked = await toldApp()
    await signOutInPortal(asked.browser)
    await onlyToken(asked.heard)
    assert.deepEqual(scene.heard(), [], 'a later notice has come, and this one never was')
    await signOutInPortal(scene.browser)
    assert.equal(claimsOf(await onlyToken(scene.heard))['sid'], scene.sid)
  })

  test('nor the app of another browser of theirs', async () => {
    const scene = await toldApp()
    const elsewhere = await signedInBrowser(server, scene.person)
    await signOutInPortal(elsewhere)
    const later = await toldApp()
    await signOutInPortal(later.browser)
    await onlyToken(later.heard)
    assert.deepEqual(scene.heard(), [])
    assert.equal(await isSignedIn(scene.browser), true)
  })

  test('nor an app that got no ID token', async () => {
    const path = '/no-openid'
    const scene = await newScene(server, { backchannel_logout_uri: receiver.origin + path })
    await newTokens(scene, { team: scene.team })
    await signOutInPortal(scene.browser)
    const later = await toldApp()
    await signOutInPortal(later.browser)
    await onlyToken(later.heard)
    assert.equal(
      receiver.heard.some((one) => one.path === path),
      false,
    )
  })

  test('a code that waited until its session had ended buys no ID token of it', async () => {
    const scene = await toldApp()
    const flow = newFlow(scene, { team: scene.team })
    const code = await getCode(scene.browser, flow)
    await signOutInPortal(scene.browser)
    const answer = await redeem(server, flow, code)
    assert.equal(answer.status, 400)
    assert.equal(answer.json['error'], 'invalid_grant')
  })
})

describe('tokens of the session', { skip }, () => {
  test('§2.7: go on where a door does not tell apart who may act while the person is away', async () => {
    const scene = await toldApp()
    await signOutInPortal(scene.browser)
    await onlyToken(scene.heard)
    assert.equal((await refreshes(scene)).status, 200)
  })

  test('§2.7: end where it does, for apps without offline_access, and for those alone', async () => {
    const scopes = {
      openid: 'Know who you are',
      'chatbot:read': 'See your chatbots',
      offline_access: 'Act while you are away',
    }
    const own = await startLogoutServer({ scopes }, reaching(receiver))
    const at = (scene: SignedInApp) =>
      call(own, '/o/token', {
        form: {
          grant_type: 'refresh_token',
          refresh_token: scene.refresh,
          client_id: scene.app.clientId,
          client_secret: scene.app.secret,
        },
      })
    try {
      const online = await signedInApp(own)
      const offline = await signedInApp(own, { scope: 'openid chatbot:read offline_access' })
      const untouched = await signedInApp(own)
      await signOutInPortal(online.browser)
      await signOutInPortal(offline.browser)
      assert.equal((await at(online)).json['error'], 'invalid_grant')
      const chatbots = (scene: SignedInApp) => call(own, '/o/userinfo', { bearer: scene.access })
      assert.equal((await chatbots(online)).status, 401, 'its access token has ended with it')
      assert.equal((await at(offline)).status, 200)
      assert.equal((await chatbots(offline)).status, 200)
      assert.equal((await at(untouched)).status, 200)
    } finally {
      await own.close()
    }
  })
})
