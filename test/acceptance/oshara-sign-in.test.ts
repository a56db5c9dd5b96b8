import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { administer, call, fresh, newPerson } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

const signUp = (json: unknown) => call(server, '/api/auth/signup/', { json })
const logIn = (json: unknown, from?: string) =>
  call(server, '/api/auth/login/', { json, ...(from !== undefined && { from }) })

function assertNoStore(answer: Answer): void {
  assert.match(answer.headers['cache-control'] ?? '', /no-store/)
}

const wrong = { detail: 'No active account found with the given credentials' }

test('OSHARA-01 signing up answers a pair', async () => {
  const answer = await signUp({ email: 'you@example.com', password: 'password' + fresh('1') })
  assert.equal(answer.status, 201)
  assert.ok(text(answer, 'access') && text(answer, 'refresh'))
  assertNoStore(answer)
})

test('OSHARA-02 logging in answers a pair', async () => {
  const { email, password } = await newPerson(server)
  const answer = await logIn({ email, password })
  assert.equal(answer.status, 200)
  assert.deepEqual(Object.keys(answer.json).sort(), ['access', 'refresh'])
  assert.ok(text(answer, 'access') !== '' && text(answer, 'refresh') !== '')
  assertNoStore(answer)
})

test('OSHARA-05 me tells the address and a stable id, and nothing secret', async () => {
  const person = await newPerson(server)
  const first = await call(server, '/api/auth/me/', { bearer: person.access })
  assert.equal(first.status, 200)
  assert.equal(first.json['email'], person.email)
  assert.equal(text(first, 'id'), person.id)
  const again = await logIn({ email: person.email, password: person.password })
  assert.equal(text(await call(server, '/api/auth/me/', { bearer: text(again, 'access') }), 'id'), person.id)
  assert.doesNotMatch(first.text, /argon2|password|eyJ/)
})

test('OSHARA-18 wrong password and unknown address are one answer', async () => {
  const { email } = await newPerson(server)
  const answers = [
    await logIn({ email, password: 'not the password' }),
    await logIn({ email: 'nobody@example.com', password: 'not the password' }),
  ]
  for (const answer of answers) {
    assert.equal(answer.status, 401)
    assert.deepEqual(answer.json, wrong)
    assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer/)
  }
  assert.equal(answers[0]?.text, answers[1]?.text)
})

test('OSHARA-19 an unknown address takes as long as a wrong password', async () => {
  const { email } = await newPerson(server)
  const median = (times: readonly number[]) =>
    [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
  const time = async (address: string) => {
    const start = performance.now()
    const { status } = await logIn({ email: address, password: 'not the password' })
    const taken = performance.now() - start
    assert.equal(status, 401)
    return taken
  }
  let difference = 1
  // Interleaved, and measured anew when the machine was busy with something else.
  for (let round = 0; round < 3 && difference >= 0.25; round += 1) {
    const [known, unknown]: [number[], number[]] = [[], []]
    for (let sample = 0; sample < 30; sample += 1) {
      known.push(await time(email))
      unknown.push(await time(`${fresh('nobody')}@example.com`))
    }
    difference = Math.abs(median(known) - median(unknown)) / Math.min(median(known), median(unknown))
  }
  assert.ok(difference < 0.25, `medians differ by ${Math.round(difference * 100)} %`)
})

test('OSHARA-20 a missing password is named', async () => {
  const answer = await logIn({ email: 'you@example.com' })
  assert.equal(answer.status, 400)
  assert.deepEqual(answer.json, { password: ['This field is required.'] })
})

test('OSHARA-21 every offending field has its messages', async () => {
  const cases: [body: unknown, message: string][] = [
    [{}, 'This field is required.'],
    [{ email: null, password: null }, 'This field may not be null.'],
    [{ email: '', password: '' }, 'This field may not be blank.'],
    [{ email: 1, password: ['x'] }, 'Not a valid string.'],
  ]
  for (const [body, message] of cases) {
    const answer = await logIn(body)
    assert.equal(answer.status, 400, answer.text)
    assert.deepEqual(answer.json, { email: [message], password: [message] })
  }
  const one = await logIn({ email: 'you@example.com', password: {} })
  assert.equal(one.status, 400)
  assert.deepEqual(one.json, { password: ['Not a valid string.'] })
})

test('OSHARA-22 bodies that are no JSON object are refused', async () => {
  const headers = { 'Content-Type': 'application/json' }
  for (const body of ['{bad', '[]', '{"email":"a@example.com","password":"x",}', '"text"', 'null']) {
    const answer = await call(server, '/api/auth/login/', { headers, body })
    assert.equal(answer.status, 400, body)
    assert.equal(typeof (answer.json['detail'] ?? answer.json['non_field_errors']), 'string', answer.text)
  }
})

test('OSHARA-23 another content type is refused', async () => {
  const answer = await call(server, '/api/auth/login/', {
    headers: { 'Content-Type': 'text/plain' },
    body: '{}',
  })
  assert.equal(answer.status, 415)
  assert.equal(typeof answer.json['detail'], 'string')
})

test('OSHARA-24 other methods are refused with Allow', async () => {
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const answer = await call(server, '/api/auth/login/', { method })
    assert.equal(answer.status, 405, method)
    assert.match(answer.headers.allow ?? '', /POST/)
  }
})

test('OSHARA-25 without the slash it is the same endpoint, never a redirect', async () => {
  const { email, password } = await newPerson(server)
  const answer = await call(server, '/api/auth/login', { json: { email, password } })
  assert.equal(answer.status, 200)
  assert.deepEqual(Object.keys(answer.json).sort(), ['access', 'refresh'])
  assert.equal(answer.headers.location, undefined)
  for (const json of [{ email, password: 'not the password' }, { email }, []]) {
    const [bare, slashed] = [await call(server, '/api/auth/login', { json }), await logIn(json)]
    assert.deepEqual([bare.status, bare.text], [slashed.status, slashed.text])
  }
})

test('OSHARA-26 an address signs up once, in whatever case', async () => {
  const person = await newPerson(server, `${fresh('case')}@example.com`)
  for (const email of [person.email, person.email.toUpperCase(), ` ${person.email} `]) {
    const answer = await signUp({ email, password: 'another password' })
    assert.equal(answer.status, 400)
    assert.deepEqual(answer.json, { email: ['A user with this email address already exists.'] }, email)
    assert.equal(
      (await logIn({ email, password: person.password })).status,
      200,
      'one account, however typed',
    )
  }
  assert.equal((await logIn({ email: person.email, password: 'another password' })).status, 401)
})

test('OSHARA-27 bad addresses and short passwords are named by field', async () => {
  const both = await signUp({ email: 'nope', password: '1234567' })
  assert.equal(both.status, 400)
  assert.ok(Array.isArray(both.json['email']) && Array.isArray(both.json['password']), both.text)
  assert.deepEqual((await signUp({})).json, {
    email: ['This field is required.'],
    password: ['This field is required.'],
  })
})

test('OSHARA-28 the document’s eight bullets are a password', async () => {
  const email = `${fresh('bullets')}@example.com`
  assert.equal((await signUp({ email, password: '••••••••' })).status, 201)
  assert.equal((await logIn({ email, password: '••••••••' })).status, 200)
  assert.equal((await logIn({ email, password: '•••••••' })).status, 401)
  // Neither bytes nor UTF-16 units: seven bullets are 21 of those, four faces 8 of these.
  for (const short of ['•••••••', '😀😀😀😀', '😀😀😀😀😀😀😀']) {
    const refused = await signUp({ email: `${fresh('short')}@example.com`, password: short })
    assert.equal(refused.status, 400, short)
    assert.ok(Array.isArray(refused.json['password']), refused.text)
  }
  const eight = '😀'.repeat(8)
  assert.equal((await signUp({ email: `${fresh('faces')}@example.com`, password: eight })).status, 201)
})

test('OSHARA-29 a huge password is refused quickly and the server goes on', async () => {
  const start = performance.now()
  const huge = await signUp({ email: `${fresh('big')}@example.com`, password: 'x'.repeat(1024 * 1024) })
  assert.equal(huge.status, 413)
  assert.ok(performance.now() - start < 1000)
  const large = await signUp({ email: `${fresh('big')}@example.com`, password: 'x'.repeat(60_000) })
  assert.equal(large.status, 400)
  assert.equal((await call(server, '/livez')).status, 200)
})

test('OSHARA-37 a disabled and a deleted person are nobody', async () => {
  const [disabled, deleted] = [await newPerson(server), await newPerson(server)]
  await administer(server, 'PATCH', `/accounts/${disabled.id}`, { disabled: true })
  await administer(server, 'DELETE', `/accounts/${deleted.id}`)
  for (const { email, password, access, refresh } of [disabled, deleted]) {
    const answer = await logIn({ email, password })
    assert.equal(answer.status, 401)
    assert.deepEqual(answer.json, wrong)
    assert.equal((await call(server, '/api/auth/me/', { bearer: access })).status, 401)
    const refreshed = await call(server, '/api/auth/refresh/', { json: { refresh } })
    assert.equal(refreshed.status, 401)
    assert.equal(refreshed.json['code'], 'token_not_valid')
  }
})

test('OSHARA-65 guessing stops after eleven tries, and locks nobody out', async () => {
  const limited = await startServer({ realLimits: true })
  try {
    const { email, password } = await newPerson(limited)
    const attempt = (given: string, from: string) =>
      call(limited, '/api/auth/login/', { json: { email, password: given }, from })
    for (let tries = 0; tries < 11; tries += 1)
      assert.equal((await attempt('wrong password', '127.0.0.1')).status, 401)
    for (const given of ['wrong password', password]) {
      const twelfth = await attempt(given, '127.0.0.1')
      assert.equal(twelfth.status, 429)
      const wait = Number(twelfth.headers['retry-after'])
      assert.ok(wait > 0 && wait <= 60, twelfth.text)
      assert.deepEqual(Object.keys(twelfth.json), ['detail', 'available_in'])
      assert.equal(twelfth.json['available_in'], wait)
    }
    assert.equal((await attempt(password, '127.0.0.9')).status, 200, 'the person comes in from elsewhere')
    await limited.advance(60)
    assert.equal((await attempt(password, '127.0.0.1')).status, 200)
  } finally {
    await limited.close()
  }
})
