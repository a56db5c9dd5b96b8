import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { call, fresh, newPerson, type Person } from '../support/actors.ts'
import { type Browser, createBrowser } from '../support/browser.ts'
import { type Answer, text } from '../support/http.ts'
import { type Provider, startProvider } from '../support/provider.ts'
import { startLyingProvider } from '../support/lying-provider.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let provider: Provider
before(async () => {
  provider = await startProvider()
  server = await startServer({ google: provider.settings })
  provider.allow(`${server.base}/api/auth/google/callback/`)
})
after(async () => {
  // First, so that a server that did not start leaves nothing behind to wait for.
  await provider.close()
  await server.close()
})

async function start() {
  const browser = createBrowser(server.base)
  const answer = await browser.open('/api/auth/google/')
  return { browser, answer, url: answer.headers.location ?? '' }
}

async function signIn(
  email: string,
  emailVerified = true,
): Promise<{
  readonly answer: Answer
  readonly callback: string
  readonly browser: Browser
}> {
  const { browser, url } = await start()
  const callback = await provider.signIn(url, { email, emailVerified })
  return { browser, callback, answer: await browser.open(callback) }
}

/** The `Cookie` header that a browser would send now, to send it again later. */
const cookieOf = (browser: Browser) =>
  [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ')

function assertRefused(answer: Answer, status = 400): void {
  assert.equal(answer.status, status, answer.text)
  assert.equal(typeof answer.json['detail'], 'string')
  assert.equal(answer.json['access'], undefined)
}

/** Whether nobody has an account with this address: signing up with it still works. */
async function assertNobody(email: string): Promise<void> {
  assert.equal(
    (await call(server, '/api/auth/signup/', { json: { email, password: 'correct horse battery' } })).status,
    201,
  )
}

/** Whether an account is as its owner left it: signed in, with a password, and not verified by anybody. */
async function assertUntouched(at: TestServer, { email, password, access, id }: Person): Promise<void> {
  const me = await call(at, '/api/auth/me/', { bearer: access })
  assert.deepEqual(me.json, { id, email, email_verified: false }, me.text)
  assert.equal((await call(at, '/api/auth/login/', { json: { email, password } })).status, 200)
}

test('OSHARA-09 the start redirects to the provider with what the flow needs', async () => {
  const { answer, url } = await start()
  assert.equal(answer.status, 302)
  assert.ok(url.startsWith(`${provider.settings.issuer}/`))
  const query = new URL(url).searchParams
  assert.equal(query.get('response_type'), 'code')
  assert.equal(query.get('client_id'), provider.settings.clientId)
  assert.equal(query.get('redirect_uri'), `${server.base}/api/auth/google/callback/`)
  for (const scope of ['openid', 'email']) assert.ok(query.get('scope')?.split(' ').includes(scope), scope)
})

test('OSHARA-10 state, nonce, PKCE and the cookie that binds them', async () => {
  const { answer, url } = await start()
  const query = new URL(url).searchParams
  for (const name of ['state', 'nonce'])
    assert.match(query.get(name) ?? '', /^[A-Za-z0-9_-]{22,}$/, `${name} has 128 bits`)
  assert.equal(query.get('code_challenge_method'), 'S256')
  assert.match(query.get('code_challenge') ?? '', /^[A-Za-z0-9_-]{43}$/)
  const [cookie = ''] = answer.headers['set-cookie'] ?? []
  assert.match(cookie, /HttpOnly/)
  assert.match(cookie, /SameSite=Lax/)
  assert.ok(Number(/Max-Age=(\d+)/.exec(cookie)?.[1]) <= 600)
  assert.notEqual(new URL((await start()).url).searchParams.get('state'), query.get('state'))
  const secure = await startServer({
    google: provider.settings,
    baseUrl: 'https://login.example.com',
    seed: false,
  })
  try {
    const overTls = await createBrowser(secure.address).open('/api/auth/google/')
    assert.match(overTls.headers['set-cookie']?.[0] ?? '', /^__Host-.*; Secure/)
  } finally {
    await secure.close()
  }
})

test('OSHARA-11 the callback answers the pair and the account exists', async () => {
  const email = `${fresh('g')}@example.com`
  const { answer } = await signIn(email)
  assert.equal(answer.status, 200)
  assert.deepEqual(Object.keys(answer.json).sort(), ['access', 'refresh'])
  assert.match(answer.headers['cache-control'] ?? '', /no-store/)
  assert.equal(answer.headers['referrer-policy'], 'no-referrer')
  const me = await call(server, '/api/auth/me/', { bearer: text(answer, 'access') })
  assert.equal(me.json['email'], email)
  assert.equal(me.json['email_verified'], true)
  const again = await signIn(email)
  assert.equal(
    (await call(server, '/api/auth/me/', { bearer: text(again.answer, 'access') })).json['id'],
    me.json['id'],
  )
})

test('OSHARA-12 without the cookie, with another state or none, there are no tokens', async () => {
  const email = `${fresh('g')}@example.com`
  const first = await start()
  const callback = await provider.signIn(first.url, { email })
  assertRefused(await createBrowser(server.base).open(callback))
  const [attacker, victim] = [await start(), await start()]
  const planted = await provider.signIn(attacker.url, { email })
  assertRefused(await victim.browser.open(planted))
  for (const state of ['another-state-that-nobody-was-given', '', undefined]) {
    const { browser, url } = await start()
    const foreign = new URL(await provider.signIn(url, { email }))
    if (state === undefined) foreign.searchParams.delete('state')
    else foreign.searchParams.set('state', state)
    assertRefused(await browser.open(foreign.href))
  }
  await assertNobody(email)
  const honest = await start()
  const right = new URL(await provider.signIn(honest.url, { email: `${fresh('g')}@example.com` }))
  const wrong = new URL(right)
  wrong.searchParams.delete('state')
  assertRefused(await honest.browser.open(wrong.href))
  assert.equal((await honest.browser.open(right.href)).status, 200, 'it was the state and nothing else')
})

test('OSHARA-13 a callback works once', async () => {
  const { browser, url } = await start()
  const callback = await provider.signIn(url, { email: `${fresh('g')}@example.com` })
  const Cookie = cookieOf(browser)
  assert.equal((await browser.open(callback)).status, 200)
  assertRefused(await browser.open(callback))
  assertRefused(await call(server, callback.slice(server.base.length), { headers: { Cookie } }))
  // A provider that takes a code twice changes nothing: the state is spent here.
  const careless = await startLyingProvider('nothing')
  const trusting = await startServer({ google: careless.settings, seed: false })
  try {
    const twice = createBrowser(trusting.base)
    const back = careless.answer((await twice.open('/api/auth/google/')).headers.location ?? '')
    const held = cookieOf(twice)
    assert.equal((await twice.open(back)).status, 200)
    assertRefused(await call(trusting, back.slice(trusting.base.length), { headers: { Cookie: held } }))
  } finally {
    await trusting.close()
    await careless.close()
  }
})

test('OSHARA-14 declining at the provider is told', async () => {
  const { browser, url } = await start()
  const callback = await provider.decline(url)
  assert.equal(new URL(callback).searchParams.get('error'), 'access_denied')
  assertRefused(await browser.open(callback))
})

test('OSHARA-15 an unverified address or a bad ID token makes and links nothing', async () => {
  const email = `${fresh('unverified')}@example.com`
  assertRefused((await signIn(email, false)).answer, 403)
  await assertNobody(email)
  const linked = await newPerson(server)
  assertRefused((await signIn(linked.email, false)).answer, 403)
  await assertUntouched(server, linked)
  for (const lie of ['signature', 'audience', 'nonce', 'issuer'] as const) {
    const liar = await startLyingProvider(lie)
    const lied = await startServer({ google: liar.settings })
    try {
      const lieOnce = async () => {
        const browser = createBrowser(lied.base)
        const url = (await browser.open('/api/auth/google/')).headers.location ?? ''
        assertRefused(await browser.open(liar.answer(url)))
      }
      await lieOnce()
      // Nobody was made: the address is still free. And whoever takes it is not linked to the next lie.
      const known = await newPerson(lied, liar.email)
      assert.notEqual(known.id, '', lie)
      await lieOnce()
      await assertUntouched(lied, known)
    } finally {
      await lied.close()
      await liar.close()
    }
  }
  const honest = await startLyingProvider('nothing')
  const trusted = await startServer({ google: honest.settings })
  const browser = createBrowser(trusted.base)
  const url = (await browser.open('/api/auth/google/')).headers.location ?? ''
  assert.equal(
    (await browser.open(honest.answer(url))).status,
    200,
    'the same provider is believed when it does not lie',
  )
  await trusted.close()
  await honest.close()
})

test('OSHARA-16 an account made in advance with somebody’s address is not the attacker’s', async () => {
  const attacker = await newPerson(server, `${fresh('victim')}@example.com`)
  const key = text(
    await call(server, '/api/auth/api-keys/', { bearer: attacker.access, json: { name: 'back door' } }),
    'key',
  )
  const meByKey = () => call(server, '/api/auth/me/', { headers: { 'X-API-Key': key } })
  assert.equal((await meByKey()).status, 200)
  const victim = await signIn(attacker.email)
  assert.equal(victim.answer.status, 200)
  assert.equal(
    (await call(server, '/api/auth/login/', { json: { email: attacker.email, password: attacker.password } }))
      .status,
    401,
  )
  assert.equal(
    (await call(server, '/api/auth/refresh/', { json: { refresh: attacker.refresh } })).status,
    401,
  )
  assert.equal((await call(server, '/api/auth/me/', { bearer: attacker.access })).status, 401)
  assert.equal((await meByKey()).status, 401, 'a key made in advance opens nothing')
  assert.equal(
    (await call(server, '/api/auth/me/', { bearer: text(victim.answer, 'access') })).json['email'],
    attacker.email,
  )
})

test('OSHARA-17 where Google is not configured it says so', async () => {
  const plain = await startServer()
  try {
    for (const path of ['/api/auth/google/', '/api/auth/google/callback/?code=x&state=y']) {
      const answer = await call(plain, path)
      assert.equal(answer.status, 501)
      assert.equal(typeof answer.json['detail'], 'string')
    }
  } finally {
    await plain.close()
  }
})
