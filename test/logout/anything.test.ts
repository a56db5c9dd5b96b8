import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type Browser, createBrowser, readForm } from '../support/browser.ts'
import type { Answer } from '../support/http.ts'
import {
  afterLogout,
  isSignedIn,
  signedInApp,
  type SignedInApp,
  startLogoutServer,
} from '../support/logout.ts'
import type { TestServer } from '../support/server.ts'

// RP-Initiated Logout §3, §6 and RFC 9700 §4.11: whatever is sent, the browser comes to this server's own pages or to what the app
// registered, and nobody is signed out who was not asked unless the ID token of this very session came along.
const native = 'com.example.app:/bye'
let server: TestServer
let scene: SignedInApp
let other: SignedInApp
let browsers: readonly Browser[]
before(async () => {
  server = await startLogoutServer()
  scene = await signedInApp(server, { post_logout_redirect_uris: [afterLogout, native] })
  other = await signedInApp(server)
  browsers = [scene.browser, createBrowser(server.base)]
})
after(() => server.close())

type Pair = readonly [name: string, value: string]

const names = (
  'id_token_hint client_id post_logout_redirect_uri state logout_hint ui_locales decision csrf redirect_uri iss sid ' +
  '__proto__ constructor'
).split(' ')
const words = (
  'https://evil.example/ //evil.example /\\evil.example javascript:alert(1) data:text/html,x sign-out stay a.b.c eyJ ' +
  '"><script> https://your-server/bye https://your-server/bye?app=1&x=2 https://your-server@evil.example/bye?app=1'
).split(' ')
const odd = [
  '',
  afterLogout,
  native,
  `${afterLogout}#x`,
  ` ${afterLogout}`,
  '\u0000',
  '\r\nLocation: https://evil.example',
  '%',
]
const kinds = fc.oneof(
  fc.constantFrom(...words, ...odd),
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
)
const pair = fc.tuple(fc.constantFrom(...names), kinds)
const change = fc.record({
  hint: fc.constantFrom('', 'theirs', 'broken', 'access'),
  client: fc.constantFrom('', 'own', 'other'),
  back: fc.constantFrom('', afterLogout, native, 'https://evil.example/'),
  more: fc.array(pair, { maxLength: 4 }),
})
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never

function pairsOf({ hint, client, back, more }: Change): readonly Pair[] {
  const hints = { theirs: other.idToken, broken: `${scene.idToken}x`, access: scene.access }
  const clients = { own: scene.app.clientId, other: other.app.clientId }
  return [
    ...(hint === '' ? [] : [['id_token_hint', hints[hint]] as const]),
    ...(client === '' ? [] : [['client_id', clients[client]] as const]),
    ...(back === '' ? [] : [['post_logout_redirect_uri', back] as const]),
    ...more,
  ]
}

const isOurs = (location: string) => /^\/(?![/\\])/.test(location)
const isRegistered = (location: string) =>
  [afterLogout, native].some(
    (uri) => location === uri || location.startsWith(`${uri}&state=`) || location.startsWith(`${uri}?state=`),
  )

/** Where an answer takes the browser, or would if it were clicked on. */
function assertHarmless({ status, headers, text }: Answer, what: string): void {
  assert.ok(status < 500, `${status} ${what}`)
  const { location, refresh } = headers
  assert.ok(location === undefined || isOurs(location) || isRegistered(location), `${location} ${what}`)
  if (refresh !== undefined) assert.ok(isRegistered(String(refresh).replace(/^3; url=/, '')), what)
  if (status < 300 || status >= 400)
    assert.match(
      String(headers['content-security-policy']),
      /^default-src 'none'.*frame-ancestors 'none'$/,
      what,
    )
  if (/<form/.test(text)) assert.ok(isOurs(readForm(text).action), what)
  for (const [, href = ''] of text.matchAll(/href="([^"]*)"/g)) {
    const address = href.replaceAll('&amp;', '&')
    assert.ok(isOurs(address) || isRegistered(address), `${href} ${what}`)
  }
  assert.doesNotMatch(text, /<script|<iframe/, what)
}

async function follow(browser: Browser, first: Answer, what: string): Promise<void> {
  let answer = first
  for (let hops = 0; hops < 3; hops += 1) {
    assertHarmless(answer, what)
    const { location } = answer.headers
    if (!location?.startsWith('/')) return
    answer = await browser.open(location)
  }
}

const textOf = (pairs: readonly Pair[]) =>
  new URLSearchParams(pairs.map(([name, one]): [string, string] => [name, one])).toString()
const who = fc.constantFrom(0, 1)
const limits = { seed: 20_261_124, numRuns: 400 }

test('any request in an address', async () => {
  await fc.assert(
    fc.asyncProperty(change, who, async (made, index) => {
      const browser = browsers[index] ?? assert.fail()
      const query = textOf(pairsOf(made))
      await follow(browser, await browser.open(`/o/logout?${query}`), query)
    }),
    limits,
  )
  assert.equal(await isSignedIn(scene.browser), true)
})

test('any request in a form, to the endpoint and to where our page’s form leads', async () => {
  await fc.assert(
    fc.asyncProperty(change, who, fc.constantFrom('', '/confirm'), async (made, index, at) => {
      const browser = browsers[index] ?? assert.fail()
      const form = pairsOf(made)
      await follow(browser, await browser.open(`/o/logout${at}`, { form }), JSON.stringify(form))
    }),
    limits,
  )
  assert.equal(await isSignedIn(scene.browser), true)
})

test('any request whose page the person says yes to', async () => {
  let ended = 0
  await fc.assert(
    fc.asyncProperty(change, async (made) => {
      const query = textOf(pairsOf(made))
      const page = await scene.browser.open(`/o/logout?${query}`)
      if (!page.text.includes('value="sign-out"')) return
      const answer = await scene.browser.submit(page, { decision: 'sign-out' })
      assertHarmless(answer, query)
      ended += 1
      assert.equal(await isSignedIn(scene.browser), false)
      const { email, password } = scene.person
      await scene.browser.submit(await scene.browser.open('/sign-in'), { email, password })
    }),
    { ...limits, numRuns: 60 },
  )
  assert.ok(ended > 10, `only ${ended} were asked about`)
})
