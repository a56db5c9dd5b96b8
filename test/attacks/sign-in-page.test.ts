import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { newPerson, type Person } from '../support/actors.ts'
import { createBrowser } from '../support/browser.ts'
import { startServer, type TestServer } from '../support/server.ts'

// RFC 9700 §4.11: the sign-in page must not send anybody where a link said.
let server: TestServer
let person: Person
before(async () => {
  server = await startServer()
  person = await newPerson(server)
})
after(() => server.close())

const targets = [
  'https://evil.example/',
  '//evil.example/o/authorize?x',
  '/\\evil.example',
  'javascript:alert(1)',
  '/o/authorize@evil.example?x',
  '/o/authorize/../../evil?x',
  '/o/authorizeX?x',
  ' /o/authorize?x',
  '/o/authorize\r\nSet-Cookie: a=b?x',
  '/account#@evil.example',
  'https:/o/authorize?x',
  '/o/authorize?state=\u0100',
  '/o/authorize?state=é',
  '/o/authorize?state=\u007f',
]

for (const target of targets) {
  test(`signing in does not lead to ${JSON.stringify(target)}`, async () => {
    const browser = createBrowser(server.base)
    const page = await browser.open(`/sign-in?${new URLSearchParams({ return: target })}`)
    const back = await browser.submit(page, {
      email: person.email,
      password: person.password,
      return: target,
    })
    assert.equal(back.status, 303)
    assert.equal(back.headers.location, '/account')
    const again = await browser.open(`/sign-in?${new URLSearchParams({ return: target })}`)
    assert.equal(again.headers.location, '/account', 'nor when already signed in')
  })
}

test('a sign-in form needs this browser’s CSRF token', async () => {
  const [victim, attacker] = [createBrowser(server.base), createBrowser(server.base)]
  await victim.open('/sign-in')
  const theirs = await attacker.open('/sign-in')
  const answer = await victim.submit(theirs, { email: person.email, password: person.password })
  assert.equal(answer.status, 403)
  assert.equal(victim.cookies().has('sallyport_session'), false)
})

test('signing in again ends the session that the browser had', async () => {
  const browser = createBrowser(server.base)
  const signIn = async () => {
    const page = await browser.open('/sign-in?again=1')
    await browser.submit(page, { email: person.email, password: person.password })
    return browser.cookies().get('sallyport_session') ?? ''
  }
  const [first, second] = [await signIn(), await signIn()]
  assert.notEqual(first, second)
  const open = (cookie: string) =>
    createBrowser(server.base).open('/account', { headers: { Cookie: `sallyport_session=${cookie}` } })
  assert.equal((await open(second)).status, 200)
  assert.equal((await open(first)).status, 303)
})
