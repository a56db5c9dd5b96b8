/** RFC 8628, the device authorization grant: as it goes well, and each way in which it must not. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { administer, type App, call, fresh, newTeam, signedInBrowser } from '../support/actors.ts'
import { createBrowser } from '../support/browser.ts'
import { type Answer, text } from '../support/http.ts'
import {
  approveDevice,
  askForDevice,
  credentials,
  deviceTokens,
  disconnect,
  enterCode,
  grantType,
  newDeviceApp,
  pollDevice,
  somebody,
  type Somebody,
  startWith,
} from '../support/grants.ts'
import { storeBytes, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let who: Somebody
let app: App

before(async () => {
  server = await startWith([grantType.device])
  who = await somebody(server)
  app = await newDeviceApp(server)
})
after(() => server.close())

const refusal = ({ status, json }: Answer) => [status, json['error']]
const auditOf = async (type: string) =>
  (await administer(server, 'GET', `/audit?type=${type}`)).json['data'] as readonly Record<string, unknown>[]

test('§3.2, §3.4: a device asks, its person approves in a browser, the device gets tokens that refresh', async () => {
  const asked = await askForDevice(server, app)
  assert.equal(asked.status, 200, asked.text)
  assert.equal(asked.headers['cache-control'], 'no-store')
  const userCode = text(asked, 'user_code')
  assert.deepEqual(
    { ...asked.json, device_code: '' },
    {
      device_code: '',
      user_code: userCode,
      verification_uri: `${server.base}/device`,
      verification_uri_complete: `${server.base}/device?user_code=${userCode}`,
      expires_in: 600,
      interval: 5,
    },
  )
  assert.match(userCode, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
  const deviceCode = text(asked, 'device_code')
  assert.deepEqual(refusal(await pollDevice(server, app, deviceCode)), [400, 'authorization_pending'])

  const page = await enterCode(who, userCode.toLowerCase().replace('-', ' '))
  assert.equal(page.status, 200, page.text)
  for (const said of ['Living room screen', userCode, '127.0.0.1', 'See your chatbots', who.team, 'Cancel'])
    assert.ok(page.text.includes(said), `the page says ${said}`)
  const done = await who.browser.submit(page, { decision: 'approve', scope: ['chatbot:read'] })
  assert.match(done.text, /is connected/)

  const tokens = await pollDevice(server, app, deviceCode)
  assert.equal(tokens.status, 200, tokens.text)
  assert.equal(tokens.json['scope'], 'chatbot:read', 'what was left out is not granted')
  const me = await call(server, '/api/user/me/', { bearer: text(tokens, 'access_token') })
  assert.deepEqual([me.json['id'], me.json['team']], [who.person.id, who.team])
  const refreshed = await call(server, '/o/token', {
    form: {
      grant_type: 'refresh_token',
      refresh_token: text(tokens, 'refresh_token'),
      ...credentials(app),
    },
  })
  assert.equal(refreshed.status, 200, refreshed.text)
})

test('what a device has been given is on the account page, and ends there', async () => {
  const own = await newDeviceApp(server, { name: 'Kitchen radio' })
  const access = text(await deviceTokens(server, who, own), 'access_token')
  const account = await who.browser.open('/account')
  assert.match(account.text, /Kitchen radio/)
  await disconnect(who, own)
  assert.equal((await call(server, '/api/user/me/', { bearer: access })).status, 401)
})

test('§4: discovery names the endpoint and the grant type, and a server without it has neither', async () => {
  const told = (await call(server, '/.well-known/openid-configuration')).json
  assert.equal(told['device_authorization_endpoint'], `${server.base}/o/device_authorization`)
  assert.ok((told['grant_types_supported'] as string[]).includes(grantType.device))
  const plain = await startServer()
  const without = (await call(plain, '/.well-known/openid-configuration')).json
  assert.equal('device_authorization_endpoint' in without, false)
  assert.deepEqual(without['grant_types_supported'], [
    'authorization_code',
    'client_credentials',
    'refresh_token',
  ])
  assert.equal((await call(plain, '/o/device_authorization', { form: {} })).status, 404)
  assert.equal((await call(plain, '/device')).status, 404)
  await plain.close()
})

describe('§3.1: who may ask, and for what', () => {
  test('RFC 6749 §5.2: a client that is not registered for it is refused', async () => {
    const other = await newDeviceApp(server, {
      type: 'confidential',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://app.example/cb'],
    })
    assert.deepEqual(refusal(await askForDevice(server, other)), [400, 'unauthorized_client'])
    assert.deepEqual(refusal(await pollDevice(server, other, 'x')), [400, 'unauthorized_client'])
  })
  test('RFC 6749 §3.2.1: a confidential client proves itself', async () => {
    const own = await newDeviceApp(server, { type: 'confidential' })
    assert.equal((await askForDevice(server, own)).status, 200)
    const wrong = { ...own, secret: 'wrong' }
    assert.deepEqual(refusal(await askForDevice(server, wrong)), [401, 'invalid_client'])
    assert.deepEqual(refusal(await pollDevice(server, wrong, 'x')), [401, 'invalid_client'])
  })
  test('RFC 6749 §3.3: a scope that is unknown or not the client’s is refused', async () => {
    for (const scope of ['chatbot:write', 'nothing', 'chatbot:read nothing', 'toString'])
      assert.deepEqual(refusal(await askForDevice(server, app, { scope })), [400, 'invalid_scope'], scope)
  })
  test('RFC 9101 §6.3: a request that is signed or elsewhere is refused, for what stands beside it was not meant', async () => {
    for (const name of ['request', 'request_uri'])
      assert.deepEqual(refusal(await askForDevice(server, app, { [name]: 'urn:x' })), [
        400,
        'invalid_request',
      ])
  })
  test('a narrower scope is asked for alone', async () => {
    const asked = await askForDevice(server, app, { scope: 'session:read' })
    assert.doesNotMatch((await enterCode(who, text(asked, 'user_code'))).text, /See your chatbots/)
  })
})

describe('§3.5: what a poll is answered', () => {
  test('polling too soon is slow_down, and the interval is five seconds longer each time', async () => {
    const deviceCode = text(await askForDevice(server, app), 'device_code')
    const ask = async () => refusal(await pollDevice(server, app, deviceCode))[1]
    assert.equal(await ask(), 'authorization_pending')
    await server.advance(4)
    assert.equal(await ask(), 'slow_down')
    await server.advance(9)
    assert.equal(await ask(), 'slow_down', 'the interval is ten seconds now')
    await server.advance(15)
    assert.equal(await ask(), 'authorization_pending')
  })
  test('declined is access_denied, with status 400', async () => {
    const asked = await askForDevice(server, app)
    const page = await enterCode(who, text(asked, 'user_code'))
    const done = await who.browser.submit(page, { decision: 'deny' })
    assert.match(done.text, /Nothing was allowed/)
    const polled = await pollDevice(server, app, text(asked, 'device_code'))
    assert.deepEqual(refusal(polled), [400, 'access_denied'])
  })
  test('with every scope left out nothing is granted', async () => {
    const asked = await askForDevice(server, app)
    const page = await enterCode(who, text(asked, 'user_code'))
    await who.browser.submit(page, { decision: 'approve', scope: [] })
    const polled = await pollDevice(server, app, text(asked, 'device_code'))
    assert.deepEqual(refusal(polled), [400, 'access_denied'])
  })
  test('after its time it is expired_token, approved or not, and the code opens no page', async () => {
    const [first, second] = [await askForDevice(server, app), await askForDevice(server, app)]
    await approveDevice(who, text(second, 'user_code'))
    await server.advance(600)
    for (const asked of [first, second])
      assert.deepEqual(refusal(await pollDevice(server, app, text(asked, 'device_code'))), [
        400,
        'expired_token',
      ])
    assert.equal((await enterCode(who, text(first, 'user_code'))).status, 400)
  })
  test('of 50 polls at once exactly one gets tokens, and they work', async () => {
    const asked = await askForDevice(server, app)
    await approveDevice(who, text(asked, 'user_code'))
    const polled = await Promise.all(
      Array.from({ length: 50 }, () => pollDevice(server, app, text(asked, 'device_code'))),
    )
    const [won, ...more] = polled.filter(({ status }) => status === 200)
    assert.ok(won)
    assert.equal(more.length, 0)
    for (const one of polled) if (one !== won) assert.deepEqual(refusal(one), [400, 'invalid_grant'])
    const bearer = text(won, 'access_token')
    assert.equal((await call(server, '/api/user/me/', { bearer })).status, 200)
  })
  test('§3.4: another client can’t poll with the code, and takes nothing from its owner', async () => {
    const asked = await askForDevice(server, app)
    await approveDevice(who, text(asked, 'user_code'))
    const other = await newDeviceApp(server)
    const deviceCode = text(asked, 'device_code')
    assert.deepEqual(refusal(await pollDevice(server, other, deviceCode)), [400, 'invalid_grant'])
    assert.equal((await pollDevice(server, app, deviceCode)).status, 200)
  })
  test('§5.2: the user code is no device code, and nothing is one that was not given out', async () => {
    const asked = await askForDevice(server, app)
    for (const code of [text(asked, 'user_code'), 'x', `${text(asked, 'device_code')}x`])
      assert.deepEqual(refusal(await pollDevice(server, app, code)), [400, 'invalid_grant'])
    const missing = { grant_type: grantType.device, ...credentials(app) }
    assert.deepEqual(refusal(await call(server, '/o/token', { form: missing })), [400, 'invalid_request'])
  })
  test('what was withdrawn or lost its ground before it was fetched gives no tokens', async () => {
    const own = await newDeviceApp(server)
    const asked = await askForDevice(server, own)
    await approveDevice(who, text(asked, 'user_code'))
    await disconnect(who, own)
    assert.deepEqual(refusal(await pollDevice(server, own, text(asked, 'device_code'))), [
      400,
      'invalid_grant',
    ])
    const leaving = await somebody(server)
    const second = await askForDevice(server, app)
    await approveDevice(leaving, text(second, 'user_code'))
    await administer(server, 'DELETE', `/teams/${leaving.teamId}/members/${leaving.person.id}`)
    assert.deepEqual(refusal(await pollDevice(server, app, text(second, 'device_code'))), [
      400,
      'invalid_grant',
    ])
  })
  test('a team that was stopped meanwhile gets no tokens', async () => {
    const stopped = await somebody(server)
    const asked = await askForDevice(server, app)
    await approveDevice(stopped, text(asked, 'user_code'))
    await administer(server, 'PATCH', `/teams/${stopped.teamId}`, { status: 'suspended' })
    const polled = await pollDevice(server, app, text(asked, 'device_code'))
    assert.deepEqual(refusal(polled), [400, 'invalid_grant'])
  })
})

describe('the page: §3.3, §5.4', () => {
  test('§3.3.1: a code in the address is filled in, and nothing is looked up or decided by it', async () => {
    const asked = await askForDevice(server, app)
    const page = await who.browser.open(
      new URL(text(asked, 'verification_uri_complete')).pathname +
        new URL(text(asked, 'verification_uri_complete')).search,
    )
    assert.ok(page.text.includes(`value="${text(asked, 'user_code')}"`))
    assert.doesNotMatch(page.text, /Living room screen/)
    const unknown = await who.browser.open('/device?user_code=BBBB-BBBB')
    assert.equal(
      unknown.text.replaceAll(/csrf" value="[^"]*"|BBBB-BBBB/g, ''),
      page.text.replaceAll(text(asked, 'user_code'), '').replaceAll(/csrf" value="[^"]*"/g, ''),
    )
    const deciding = await who.browser.submit(page, {})
    assert.match(deciding.text, /name="decision" value="approve"/)
    assert.deepEqual(refusal(await pollDevice(server, app, text(asked, 'device_code'))), [
      400,
      'authorization_pending',
    ])
  })
  test('who is not signed in is sent to sign in and back with the code, and nowhere else', async () => {
    const browser = createBrowser(server.base)
    const sent = await browser.open('/device?user_code=wdjbmjht')
    assert.equal(sent.headers.location, '/sign-in?return=%2Fdevice%3Fuser_code%3DWDJB-MJHT')
    const signIn = await browser.settle(sent)
    const { email, password } = who.person
    const back = await browser.submit(signIn, { email, password })
    assert.equal(back.headers.location, '/device?user_code=WDJB-MJHT')
    const odd = await browser.open('/sign-in?again=1&return=/device?user_code=https://evil.example')
    assert.ok(odd.text.includes('name="return" value="/device"'))
    const beside = await browser.open('/sign-in?again=1&return=/device/../../evil')
    assert.ok(beside.text.includes('name="return" value="/account"'))
  })
  test('unknown, expired, decided and impossible codes are one answer', async () => {
    const [decided, expired] = [await askForDevice(server, app), await askForDevice(server, app)]
    await approveDevice(who, text(decided, 'user_code'))
    await server.advance(600)
    const shown = async (code: string) =>
      (await enterCode(who, code)).text
        .replaceAll(/(csrf|user_code)" value="[^"]*"/g, '')
        .replaceAll(/ value="[^"]*"/g, '')
    const answers = new Set<string>()
    for (const code of [
      text(decided, 'user_code'),
      text(expired, 'user_code'),
      'BBBB-BBBB',
      'AAAA-AAAA',
      '?',
    ])
      answers.add(await shown(code))
    assert.equal(answers.size, 1)
  })
  test('a form from another page, another browser or another session decides nothing', async () => {
    const asked = await askForDevice(server, app)
    const page = await enterCode(who, text(asked, 'user_code'))
    const other = await signedInBrowser(server, who.person)
    const theirs = await other.submit(page, { decision: 'approve' })
    assert.equal(theirs.status, 403, 'no CSRF token of that browser')
    const altered = await who.browser.submit(page, { decision: 'approve', compare: 'XXXX-XXXX' })
    assert.equal(altered.status, 400, 'not what was shown')
    const second = await askForDevice(server, app)
    const otherPage = await enterCode(who, text(second, 'user_code'))
    const requestId = /name="request_id" value="([^"]+)"/.exec(otherPage.text)?.[1] ?? ''
    assert.equal((await who.browser.submit(page, { decision: 'approve', request_id: requestId })).status, 400)
    for (const one of [asked, second])
      assert.equal(
        refusal(await pollDevice(server, app, text(one, 'device_code')))[1],
        'authorization_pending',
      )
  })
  test('of 20 decisions at once exactly one counts', async () => {
    const asked = await askForDevice(server, app)
    const page = await enterCode(who, text(asked, 'user_code'))
    const decisions = await Promise.all(
      Array.from({ length: 20 }, () => who.browser.submit(page, { decision: 'approve' })),
    )
    assert.equal(decisions.filter(({ status }) => status === 200).length, 1)
    assert.equal(decisions.filter(({ status }) => status === 403).length, 19)
  })
  test('an app of a team is for members of that team', async () => {
    const teamId = await newTeam(server, fresh('closed'))
    const own = await newDeviceApp(server, { team: teamId })
    const asked = await askForDevice(server, own)
    assert.equal((await enterCode(who, text(asked, 'user_code'))).status, 403)
  })
  test('a team that is not theirs can’t be chosen', async () => {
    const both = await somebody(server)
    await newTeam(server, fresh('second'), [both.person])
    const asked = await askForDevice(server, app)
    const page = await enterCode(both, text(asked, 'user_code'))
    const chosen = await both.browser.submit(page, { decision: 'approve', team: who.team })
    assert.equal(chosen.status, 403)
    assert.equal(
      refusal(await pollDevice(server, app, text(asked, 'device_code')))[1],
      'authorization_pending',
    )
  })
  test('an app that was deleted meanwhile has no code', async () => {
    const own = await newDeviceApp(server)
    const asked = await askForDevice(server, own)
    await administer(server, 'DELETE', `/clients/${own.clientId}`)
    assert.equal((await enterCode(who, text(asked, 'user_code'))).status, 400)
  })
})

describe('§5.1: guessing', () => {
  test('after ten wrong codes a person waits, even with a right one; somebody else does not', async () => {
    const guesser = await somebody(server)
    const asked = await askForDevice(server, app)
    for (let tries = 0; tries < 10; tries += 1)
      assert.equal((await enterCode(guesser, 'BBBB-BBBB')).status, 400)
    const late = await enterCode(guesser, text(asked, 'user_code'))
    assert.equal(late.status, 429)
    assert.equal((await enterCode(who, text(asked, 'user_code'))).status, 200)
    await server.advance(600)
    assert.equal((await enterCode(guesser, 'BBBB-BBBB')).status, 400)
  })
  test('right codes cost nothing', async () => {
    const busy = await somebody(server)
    for (let devices = 0; devices < 12; devices += 1) {
      const asked = await askForDevice(server, app)
      assert.equal((await enterCode(busy, text(asked, 'user_code'))).status, 200)
    }
  })
  test('neither code is in the store or the log as it was given out', async () => {
    const asked = await askForDevice(server, app)
    await approveDevice(who, text(asked, 'user_code'))
    await pollDevice(server, app, text(asked, 'device_code'))
    const bytes = await storeBytes(server)
    for (const secret of [
      text(asked, 'device_code'),
      text(asked, 'user_code'),
      text(asked, 'user_code').replace('-', ''),
    ]) {
      assert.equal(bytes.includes(secret), false)
      assert.equal(server.log().includes(secret), false)
    }
  })
})

test('the audit log tells who asked, who decided and what was given out', async () => {
  const own = await newDeviceApp(server)
  await deviceTokens(server, who, own)
  for (const type of ['device.asked', 'consent.given', 'token.issued']) {
    const events = await auditOf(type)
    assert.ok(
      events.some((one) => one['clientId'] === own.clientId),
      type,
    )
  }
})
