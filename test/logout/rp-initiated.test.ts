/** Apps that sign people out. @see OpenID Connect RP-Initiated Logout 1.0 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { administer, call, exchange, getCode, newApp, newPkce, signedInBrowser } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import {
  afterLogout,
  claimsOf,
  isSignedIn,
  logoutPath,
  signedInApp,
  startLogoutServer,
  tokensOf,
} from '../support/logout.ts'
import { callback } from '../support/ocs.ts'
import type { TestServer } from '../support/server.ts'
import { signedBy, signingKeyOf, strangersKey } from '../support/signing.ts'

let server: TestServer
before(async () => {
  server = await startLogoutServer({ responseModes: ['query', 'query.jwt'] })
})
after(() => server.close())

const policyOf = ({ headers }: Answer) => String(headers['content-security-policy'])
const asksFirst = (answer: Answer) => answer.status === 200 && answer.text.includes('<h1>Sign out?</h1>')

function assertGoesBack({ status, headers }: Answer, to = afterLogout): void {
  assert.equal(status, 303)
  assert.equal(headers.location, to)
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers['referrer-policy'], 'no-referrer', 'the address that was left had an ID token in it')
}

function assertRefused({ status, headers, text: said }: Answer, words: RegExp): void {
  assert.equal(status, 400)
  assert.equal(headers.location, undefined)
  assert.match(said, words)
  assert.match(String(headers['content-security-policy']), /default-src 'none'/)
}

describe('a request with the ID token of the session', () => {
  test('§2, §3: ends it without a question and goes back to the registered address with the state', async () => {
    const { browser, idToken } = await signedInApp(server)
    const answer = await browser.open(
      logoutPath({ id_token_hint: idToken, post_logout_redirect_uri: afterLogout, state: 'a b&c' }),
    )
    assertGoesBack(answer, `${afterLogout}&state=a+b%26c`)
    assert.equal(await isSignedIn(browser), false)
  })

  test('§2: takes one that is over, at an address without a state', async () => {
    const { browser, idToken } = await signedInApp(server)
    await server.advance(24 * 3600)
    assertGoesBack(
      await browser.open(logoutPath({ id_token_hint: idToken, post_logout_redirect_uri: afterLogout })),
    )
    assert.equal(await isSignedIn(browser), false)
  })

  test('§2: takes one whose key signs no more but is still published', async () => {
    const { browser, idToken } = await signedInApp(server)
    await administer(server, 'POST', '/signing-keys')
    await server.advance(700)
    const later = await signedInApp(server)
    const kid = (jwt: string) => Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()
    assert.notEqual(kid(idToken), kid(later.idToken), 'another key signs now')
    const answer = await browser.open(logoutPath({ id_token_hint: idToken }))
    assert.match(answer.text, /You’re signed out/)
    assert.equal(await isSignedIn(browser), false)
  })

  test('§2: without an address it ends on a page of ours', async () => {
    const { browser, idToken, app } = await signedInApp(server)
    const answer = await browser.open(logoutPath({ id_token_hint: idToken, client_id: app.clientId }))
    assert.match(answer.text, /You’re signed out/)
    assert.match(policyOf(answer), /frame-ancestors 'none'/)
    assert.equal(await isSignedIn(browser), false)
  })

  test('§2: POST means the same, by way of an address that brings the session cookie', async () => {
    const { browser, idToken } = await signedInApp(server)
    const form = { id_token_hint: idToken, post_logout_redirect_uri: afterLogout, state: 's' }
    const sentOn = await browser.open('/o/logout', { form })
    assert.equal(sentOn.status, 303)
    assert.equal(sentOn.headers.location, logoutPath(form))
    assert.equal(await isSignedIn(browser), true, 'nobody is signed out by a POST that another site can send')
    assertGoesBack(await browser.open(sentOn.headers.location ?? ''), `${afterLogout}&state=s`)
  })

  test('§2: a refreshed one and one after signing in again are of the session still', async () => {
    const first = await signedInApp(server)
    const form = { grant_type: 'refresh_token', refresh_token: first.refresh }
    const { clientId, secret } = first.app
    const refreshed = await call(server, '/o/token', {
      form: { ...form, client_id: clientId, client_secret: secret },
    })
    assert.equal(claimsOf(String(refreshed.json['id_token']))['sid'], first.sid)
    const page = await first.browser.open('/sign-in?again=1')
    const { email, password } = first.person
    await first.browser.submit(page, { email, password })
    const second = await tokensOf(first)
    assert.equal(second.sid, first.sid, 'the same person goes on in the same browser')
    const answer = await first.browser.open(logoutPath({ id_token_hint: first.idToken }))
    assert.match(answer.text, /You’re signed out/)
  })

  test('§4: asked again when nobody is signed in it goes back as before', async () => {
    const { browser, idToken } = await signedInApp(server)
    const path = logoutPath({ id_token_hint: idToken, post_logout_redirect_uri: afterLogout })
    await browser.open(path)
    assertGoesBack(await browser.open(path))
  })

  test('the session has ended with its cookie: the one that was kept is worth nothing', async () => {
    const { browser, idToken } = await signedInApp(server)
    const kept = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ')
    await browser.open(logoutPath({ id_token_hint: idToken }))
    const answer = await call(server, '/account', { headers: { Cookie: kept } })
    assert.equal(answer.headers.location, '/sign-in')
  })
})

describe('the person is asked', () => {
  type Case = [name: string, params: (idToken: string, clientId: string) => Promise<Record<string, string>>]
  const cases: Case[] = [
    ['§2: when there is no hint', async () => ({})],
    ['§2: when there is only the id of a client', async (_, clientId) => ({ client_id: clientId })],
    ['§2: when the hint is no token', async () => ({ id_token_hint: 'x.y.z' })],
    [
      '§2: when the hint is of somebody else',
      async () => ({ id_token_hint: (await signedInApp(server)).idToken }),
    ],
    [
      '§2: when the hint is another token of ours',
      async () => ({ id_token_hint: (await signedInApp(server)).access }),
    ],
    [
      '§2: when somebody else is meant by logout_hint',
      async (idToken) => ({ id_token_hint: idToken, logout_hint: 'other@example.com' }),
    ],
  ]
  for (const [name, params] of cases) {
    test(name, async () => {
      const { browser, idToken, app, person } = await signedInApp(server)
      const answer = await browser.open(logoutPath(await params(idToken, app.clientId)))
      assert.ok(asksFirst(answer), answer.text)
      assert.match(answer.text, new RegExp(person.email.replaceAll('.', '\\.')))
      assert.equal(await isSignedIn(browser), true)
      const done = await browser.submit(answer, { decision: 'sign-out' })
      assert.match(done.text, /You’re signed out/)
      assert.equal(await isSignedIn(browser), false)
    })
  }

  test('§2: when the hint is of an earlier session of the same person', async () => {
    const scene = await signedInApp(server)
    await scene.browser.open(logoutPath({ id_token_hint: scene.idToken }))
    const page = await scene.browser.open('/sign-in')
    const { email, password } = scene.person
    await scene.browser.submit(page, { email, password })
    const again = await tokensOf(scene)
    assert.notEqual(again.sid, scene.sid)
    assert.ok(asksFirst(await scene.browser.open(logoutPath({ id_token_hint: scene.idToken }))))
  })

  test('§2: when the hint was not signed by this server, or says another issuer, and nothing in it is used', async () => {
    const { browser, idToken, app, person } = await signedInApp(server)
    const [ours, stranger] = [signingKeyOf(server), strangersKey('stranger')]
    const header = JSON.parse(Buffer.from(idToken.split('.')[0] ?? '', 'base64url').toString())
    const claims = claimsOf(idToken)
    const forged = [
      signedBy(stranger.key, header, claims),
      signedBy(ours, header, { ...claims, iss: 'https://evil.example' }),
      signedBy(ours, { ...header, typ: 'logout+jwt' }, claims),
      signedBy(ours, header, { ...claims, sub: undefined }),
      `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${idToken.split('.')[1]}.`,
    ]
    for (const hint of forged) {
      const params = { id_token_hint: hint, client_id: app.clientId, post_logout_redirect_uri: afterLogout }
      const answer = await browser.open(logoutPath(params))
      assert.ok(asksFirst(answer), answer.text)
      assert.doesNotMatch(answer.text, /You then go to/)
      const done = await browser.submit(answer, { decision: 'sign-out' })
      assert.equal(done.status, 200, 'and it leads nowhere')
      const { email, password } = person
      await browser.submit(await browser.open('/sign-in'), { email, password })
    }
  })

  test('and may stay', async () => {
    const { browser } = await signedInApp(server)
    const answer = await browser.submit(await browser.open('/o/logout'), { decision: 'stay' })
    assert.equal(answer.headers.location, '/account')
    assert.equal(await isSignedIn(browser), true)
  })

  test('the page is one of ours: framed by nobody, without a script, and its form leads back here or to the app', async () => {
    const { browser, app } = await signedInApp(server)
    const params = { client_id: app.clientId, post_logout_redirect_uri: afterLogout }
    const answer = await browser.open(logoutPath(params))
    assert.doesNotMatch(answer.text, /<script/)
    assert.match(answer.text, /You then go to <bdi>your-server<\/bdi>/)
    const policy = policyOf(answer)
    // The policy would be held against what the app answers too (test/browser/onward.test.ts), so the form alone says where.
    const targets = [...answer.text.matchAll(/(?:<form[^>]*|form)action="([^"]*)"/g)].map(
      ([, to]) => to ?? '',
    )
    assert.ok(targets.length > 0 && targets.every((to) => to.startsWith('/o/logout/confirm')), targets.join())
    assert.match(policy, /frame-ancestors 'none'/)
    assert.equal(answer.headers['x-frame-options'], 'DENY')
    assertGoesBack(await browser.submit(answer, { decision: 'sign-out' }))
  })
})

describe('nobody is signed out', () => {
  test('§6: by a form of another site: it has no token of this browser', async () => {
    const { browser, app } = await signedInApp(server)
    const other = await signedInApp(server)
    const path = logoutPath({ client_id: app.clientId })
    const theirs = await other.browser.open(path)
    const csrf = /name="csrf" value="([^"]+)"/.exec(theirs.text)?.[1] ?? ''
    for (const form of [{ decision: 'sign-out' }, { decision: 'sign-out', csrf }]) {
      const at = path.replace('/o/logout', '/o/logout/confirm')
      const answer = await browser.open(at, { method: 'POST', form })
      assert.equal(answer.status, 403)
      assert.equal(await isSignedIn(browser), true)
    }
  })

  test('§2: where client_id is not the client of the hint', async () => {
    const { browser, idToken } = await signedInApp(server)
    const { clientId } = await newApp(server, { door: 'openchatstudio', redirect_uris: [afterLogout] })
    const answer = await browser.open(logoutPath({ id_token_hint: idToken, client_id: clientId }))
    assertRefused(answer, /client_id is not the client/)
    assert.equal(await isSignedIn(browser), true)
  })

  const unregistered = [
    'https://evil.example/',
    'https://your-server/bye',
    `${afterLogout}&x=1`,
    `${afterLogout}#x`,
    'https://your-server/bye?app=1/../..',
    'https://YOUR-SERVER/bye?app=1',
    'javascript:alert(1)',
    '//evil.example',
    'https://your-server/callback/',
  ]
  for (const uri of unregistered) {
    test(`§3: where post_logout_redirect_uri is ${uri}, which is not registered`, async () => {
      const { browser, idToken, app } = await signedInApp(server)
      const params = { post_logout_redirect_uri: uri, state: 's' }
      for (const proof of [{ id_token_hint: idToken }, { client_id: app.clientId }]) {
        assertRefused(await browser.open(logoutPath({ ...params, ...proof })), /not registered/)
        assert.equal(await isSignedIn(browser), true)
      }
    })
  }

  test('§3: an address without a client leads nowhere', async () => {
    const { browser } = await signedInApp(server)
    const answer = await browser.open(logoutPath({ post_logout_redirect_uri: afterLogout, state: 's' }))
    assert.ok(asksFirst(answer))
    const done = await browser.submit(answer, { decision: 'sign-out' })
    assert.equal(done.status, 200)
    assert.equal(done.headers.location, undefined)
    assert.equal(done.text.includes('your-server'), false)
  })

  test('§3: and where nobody is signed in, the id of a client alone gets a link, not a redirect', async () => {
    const { app } = await signedInApp(server)
    const params = { client_id: app.clientId, post_logout_redirect_uri: afterLogout, state: 's' }
    const answer = await call(server, logoutPath(params))
    assert.equal(answer.status, 200)
    assert.match(answer.text, /href="https:\/\/your-server\/bye\?app=1&amp;state=s"/)
  })

  test('where a parameter is repeated, malformed, or a form is none', async () => {
    const { browser } = await signedInApp(server)
    assertRefused(await browser.open('/o/logout?client_id=a&client_id=b'), /client_id is repeated/)
    assertRefused(await browser.open('/o/logout?state=%zz'), /Error/)
    assertRefused(await browser.open('/o/logout?state=%00'), /Error/)
    assertRefused(await browser.open('/o/logout', { form: { state: 'x'.repeat(9000) } }), /too long/)
    const json = await browser.open('/o/logout', { json: { client_id: 'a' } })
    assert.equal(json.status, 415)
    assert.equal(await isSignedIn(browser), true)
  })
})

test('§3: an ID token of another door’s client proves nothing here', async () => {
  const own = await startLogoutServer(
    {},
    { doors: { 'osir-oauth': { logout: {}, scopes: { openid: 'Know who you are' } } } },
  )
  try {
    const { browser, person } = await signedInApp(own)
    const app = await newApp(own, {
      door: 'osir-oauth',
      redirect_uris: [callback],
      post_logout_redirect_uris: [afterLogout],
    })
    const flow = { app, redirectUri: callback, authorize: '/oauth/authorize', pkce: newPkce() }
    const code = await getCode(await signedInBrowser(own, person), flow)
    const elsewhere = await exchange(own, '/oauth/token', flow, code)
    const answer = await browser.open(
      logoutPath({ id_token_hint: text(elsewhere, 'id_token'), post_logout_redirect_uri: afterLogout }),
    )
    assert.ok(asksFirst(answer))
    assert.doesNotMatch(answer.text, /You then go to/)
  } finally {
    await own.close()
  }
})

test('no ID token and no state that came with a request is in the log', async () => {
  const { browser, idToken } = await signedInApp(server)
  const params = {
    id_token_hint: idToken,
    post_logout_redirect_uri: afterLogout,
    state: 'state-not-for-logs',
  }
  await browser.open('/o/logout', { form: params })
  await browser.open(logoutPath(params))
  await browser.open(logoutPath({ ...params, post_logout_redirect_uri: 'https://evil.example/' }))
  await call(server, '/livez')
  for (const secret of [idToken.split('.')[2] ?? '', 'state-not-for-logs'])
    assert.equal(server.log().includes(secret), false)
})

describe('discovery', () => {
  test('§2.1, OpenID Connect Back-Channel Logout §2.1, OpenID Connect Front-Channel Logout §3: names what a door that takes part has, and sid', async () => {
    const { json } = await call(server, '/.well-known/openid-configuration')
    assert.equal(json['end_session_endpoint'], `${server.base}/o/logout`)
    for (const name of ['backchannel', 'frontchannel'])
      for (const what of ['logout_supported', 'logout_session_supported'])
        assert.equal(json[`${name}_${what}`], true)
    assert.equal(json['check_session_iframe'], undefined, 'it is switched on by itself')
    assert.ok((json['claims_supported'] as readonly string[]).includes('sid'))
  })

  test('says nothing of it at a door that does not, which has no such address and no sid', async () => {
    const { json } = await call(server, '/.well-known/oauth-authorization-server/oauth')
    assert.deepEqual(
      Object.keys(json).filter((name) => /logout|session/.test(name)),
      [],
    )
    assert.equal((await call(server, '/oauth/logout')).status, 404)
  })
})
