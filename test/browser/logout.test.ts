import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import {
  authorizePath,
  exchange,
  newApp,
  newPerson,
  newPkce,
  newTeam,
  type Person,
} from '../support/actors.ts'
import { chromiumPath, type RealBrowser, startChromium } from '../support/chromium.ts'
import { text } from '../support/http.ts'
import { claimsOf, startLogoutServer } from '../support/logout.ts'
import type { TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { startWebSite, type WebSite } from '../support/web-page.ts'

// Two apps in a real browser, which holds frames, forms and redirects to the policy that the pages are sent with. What tells an app of
// a logout works without scripts; watching is what scripts are for.
let server: TestServer
let sites: readonly WebSite[]
const asked: string[] = []

/** What an app remembers in the browser until it is framed by our page, and a page that watches. */
function site(path: string) {
  const { pathname } = new URL(path, 'http://app')
  asked.push(path)
  if (pathname === '/out') return { body: '<script>localStorage.removeItem("in")</script>out' }
  if (pathname === '/watch') return { body: '<title>watching</title><iframe id="op"></iframe>' }
  return { body: `<title>${pathname}</title><script>localStorage.setItem("in", "yes")</script>` }
}

const skip = chromiumPath === undefined && 'Chromium is not installed on this machine; CI installs it'

interface Visit {
  readonly page: Page
  readonly app: { readonly clientId: string; readonly secret: string }
  readonly idToken: string
  readonly sessionState: string
}

async function signIn(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel(/e-?mail/i).fill(email)
  await page.getByLabel(/password/i).fill(password)
  await page.getByRole('button', { name: /sign in/i }).click()
}

/** Signs in at an app at one of the sites, by a browser where somebody may be signed in already. */
async function visit(browser: RealBrowser, { origin }: WebSite, person: Person): Promise<Visit> {
  const app = await newApp(server, {
    door: 'openchatstudio',
    name: 'Framed app',
    scope: 'openid chatbot:read',
    redirect_uris: [`${origin}/callback`],
    post_logout_redirect_uris: [`${origin}/bye`],
    frontchannel_logout_uri: `${origin}/out`,
  })
  const flow = {
    app,
    redirectUri: `${origin}/callback`,
    authorize: '/o/authorize/',
    pkce: newPkce(),
    more: { state: 's' },
  }
  const page = await browser.context.newPage()
  await page.goto(server.base + authorizePath(flow))
  if (page.url().includes('/sign-in')) await signIn(page, person)
  await page.getByRole('button', { name: /approve/i }).click()
  await page.waitForURL(`${origin}/callback*`)
  const response = new URL(page.url()).searchParams
  const tokens = await exchange(server, '/o/token/', flow, response.get('code') ?? '')
  const sessionState = response.get('session_state') ?? ''
  return { page, app, idToken: text(tokens, 'id_token'), sessionState }
}

const logoutUrl = ({ idToken }: Visit, { origin }: WebSite) =>
  `${server.base}/o/logout?${new URLSearchParams({
    id_token_hint: idToken,
    post_logout_redirect_uri: `${origin}/bye`,
    state: 'st&te=é',
  })}`

async function newMember(): Promise<Person> {
  const person = await newPerson(server)
  await newTeam(server, `team-${person.id.toLowerCase().replaceAll('_', '-')}`, [person])
  return person
}

before(async () => {
  if (skip) return
  server = await startLogoutServer({ logout: { sessionManagement: true } })
  sites = [await startWebSite('127.0.0.1', site), await startWebSite('localhost', site)]
})
after(async () => {
  if (skip) return
  for (const one of sites) await one.close()
  await server.close()
})

describe('in Chromium, without scripts', { skip }, () => {
  let browser: RealBrowser
  before(async () => void (browser = await startChromium({ javaScriptEnabled: false })))
  after(() => browser.close())

  test('a logout frames both apps with iss and sid, and the browser goes on to the app by itself', async () => {
    const person = await newMember()
    const [here, there] = sites
    assert.ok(here && there)
    const first = await visit(browser, here, person)
    const second = await visit(browser, there, person)
    asked.length = 0
    await first.page.goto(logoutUrl(first, here))
    assert.match(await first.page.content(), /You’re signed out/)
    await first.page.waitForURL(`${here.origin}/bye*`)
    assert.equal(new URL(first.page.url()).searchParams.get('state'), 'st&te=é')
    for (const { idToken } of [first, second]) {
      const query = new URLSearchParams({ iss: server.base, sid: String(claimsOf(idToken)['sid']) })
      assert.ok(asked.includes(`/out?${query}`), `${query} in ${asked.join(' ')}`)
    }
    await second.page.goto(`${server.base}/account`)
    assert.match(second.page.url(), /\/sign-in$/)
  })

  test('without an ID token the person is asked, and the form leads on to the app', async () => {
    const person = await newMember()
    const [here] = sites
    assert.ok(here)
    const { page, app } = await visit(browser, here, person)
    const query = { client_id: app.clientId, post_logout_redirect_uri: `${here.origin}/bye` }
    await page.goto(`${server.base}/o/logout?${new URLSearchParams(query)}`)
    assert.match(await page.content(), /Framed app/)
    await page.getByRole('button', { name: 'Stay signed in' }).click()
    await page.waitForURL(`${server.base}/account`)
    await page.goto(`${server.base}/o/logout?${new URLSearchParams(query)}`)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('link', { name: 'Back to the app' }).click()
    await page.waitForURL(`${here.origin}/bye`)
  })
})

interface Frame {
  src: string
  readonly contentWindow: { postMessage(data: unknown, to: string): void }
  addEventListener(type: 'load', listener: (event: unknown) => void): void
}
declare const document: { getElementById(id: string): Frame }
declare const window: {
  addEventListener(
    type: 'message',
    listener: (event: { readonly data: unknown }) => void,
    options: object,
  ): void
}

/** Lets a page of a site frame the page of session management. */
async function watch(browser: RealBrowser, { origin }: WebSite): Promise<Page> {
  const page = await browser.context.newPage()
  await page.goto(`${origin}/watch`)
  await page.evaluate(
    (src) =>
      new Promise((resolve) => {
        const frame = document.getElementById('op')
        frame.addEventListener('load', resolve)
        frame.src = src
      }),
    `${server.base}/o/check_session`,
  )
  return page
}

/** What the framed page answers to a message. */
const ask = (page: Page, message: unknown): Promise<unknown> =>
  page.evaluate(
    ([data, to]) =>
      new Promise((resolve) => {
        window.addEventListener('message', (event) => resolve(event.data), { once: true })
        document.getElementById('op').contentWindow.postMessage(data, String(to))
      }),
    [message, server.base],
  )

describe('in Chromium, with scripts', { skip }, () => {
  let browser: RealBrowser
  before(async () => void (browser = await startChromium()))
  after(() => browser.close())

  test('OpenID Connect Session Management §3.1, §3.2: a page watches until the person signs out, wherever they do', async () => {
    const person = await newMember()
    const [here] = sites
    assert.ok(here)
    const { page, app, sessionState } = await visit(browser, here, person)
    const watching = await watch(browser, here)
    const message = `${app.clientId} ${sessionState}`
    assert.equal(await ask(watching, message), 'unchanged')
    const other = sessionState.replace(/^./, (first) => (first === '0' ? '1' : '0'))
    assert.equal(await ask(watching, `${app.clientId} ${other}`), 'changed')
    assert.equal(await ask(watching, `other ${sessionState}`), 'changed', 'it is this client’s')
    for (const wrong of [
      '',
      'x',
      `${message} y`,
      `${app.clientId}  ${sessionState}`,
      { a: 1 },
      'x'.repeat(5000),
    ])
      assert.equal(await ask(watching, wrong), 'error')
    await page.goto(`${server.base}/account`)
    await page.getByRole('button', { name: /sign out/i }).click()
    await page.getByRole('heading', { name: /signed out/ }).waitFor()
    assert.equal(await ask(watching, message), 'changed')
  })

  test('OpenID Connect Session Management §5.1: a frame of another site is kept from the cookie, and says that it changed', async () => {
    const person = await newMember()
    const [, there] = sites
    assert.ok(there)
    const { app, sessionState } = await visit(browser, there, person)
    const watching = await watch(browser, there)
    assert.equal(await ask(watching, `${app.clientId} ${sessionState}`), 'changed')
  })

  test('OpenID Connect Front-Channel Logout §2: a framed app may run, and forgets who was signed in there', async () => {
    const person = await newMember()
    const [here] = sites
    assert.ok(here)
    const made = await visit(browser, here, person)
    const remembers = () => made.page.evaluate('localStorage.getItem("in")')
    assert.equal(await remembers(), 'yes')
    asked.length = 0
    const { page } = made
    await page.goto(logoutUrl(made, here))
    await until(() => asked.some((path) => path.startsWith('/out?')))
    await page.goto(`${here.origin}/watch`)
    assert.equal(await remembers(), null)
  })
})
