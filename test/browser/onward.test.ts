import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { authorizePath, newApp, newPerson, newPkce, newTeam, type Person } from '../support/actors.ts'
import { chromiumPath, type RealBrowser, startChromium } from '../support/chromium.ts'
import { startLogoutServer } from '../support/logout.ts'
import type { TestServer } from '../support/server.ts'
import { startWebSite, type WebSite } from '../support/web-page.ts'

// Chromium holds each redirect after a form to the policy of the form's page, those of the app too
// (https://github.com/w3c/webappsec-csp/issues/8). This app redirects on at once, to another origin and by another status each time.
let server: TestServer
let browser: RealBrowser
let person: Person
let app: WebSite
let landing: WebSite
let address: string
let heard: string[] = []
const told: string[] = []

async function signIn(page: Page): Promise<void> {
  await page.getByLabel(/e-?mail/i).fill(person.email)
  await page.getByLabel(/password/i).fill(person.password)
  await page.getByRole('button', { name: /sign in/i }).click()
}

const skip = chromiumPath === undefined && 'Chromium is not installed on this machine; CI installs it'

describe('an app that leads on to another origin at once, in Chromium without scripts', { skip }, () => {
  before(async () => {
    server = await startLogoutServer({ responseModes: ['query', 'form_post'] })
    person = await newPerson(server)
    await newTeam(server, 'blue', [person])
    browser = await startChromium({ javaScriptEnabled: false })
    landing = await startWebSite('localhost', () => ({ body: '<title>landed</title>' }))
    app = await startWebSite('127.0.0.1', (path) => {
      heard.push(path)
      return { body: '', status: heard.length % 2 ? 302 : 307, location: `${landing.origin}/landed` }
    })
    const registered = await newApp(server, {
      door: 'openchatstudio',
      name: 'Gateway',
      scope: 'openid chatbot:read',
      redirect_uris: [`${app.origin}/callback`],
      post_logout_redirect_uris: [`${app.origin}/bye`],
    })
    const more = { state: 's' }
    const flow = { app: registered, redirectUri: `${app.origin}/callback`, authorize: '/o/authorize/' }
    address = server.base + authorizePath({ ...flow, pkce: newPkce(), more })
  })
  after(async () => {
    await browser.close()
    await app.close()
    await landing.close()
    await server.close()
  })

  /** A tab in which each complaint of the browser's is kept, and nothing was heard at the app yet. */
  async function tab(): Promise<Page> {
    const page = await browser.context.newPage()
    page.on('console', (message) => told.push(message.text()))
    heard = []
    told.length = 0
    return page
  }

  async function landed(page: Page, path: RegExp): Promise<void> {
    await page.waitForURL(`${landing.origin}/landed`)
    assert.equal(heard.length, 1)
    assert.match(heard[0] ?? '', path)
    assert.deepEqual(told, [])
    await page.close()
  }

  test('after an approval', async () => {
    const page = await tab()
    await page.goto(address)
    await signIn(page)
    await page.getByRole('button', { name: /approve/i }).click()
    await landed(page, /^\/callback\?code=/)
  })

  test('where somebody is signed in and consent stands', async () => {
    const page = await tab()
    await page.goto(address).catch(() => undefined)
    await landed(page, /^\/callback\?code=/)
  })

  test('after signing in where consent stands, though the page with the password names the app alone', async () => {
    await browser.context.clearCookies()
    const page = await tab()
    const shown = await page.goto(address)
    const policy = shown?.headers()['content-security-policy'] ?? ''
    assert.ok(policy.includes(` form-action 'self' ${app.origin};`), policy)
    await signIn(page)
    await landed(page, /^\/callback\?code=/)
  })

  test('after saying no', async () => {
    const page = await tab()
    await page.goto(`${address}&prompt=consent`)
    await page.getByRole('button', { name: /cancel|deny/i }).click()
    await landed(page, /^\/callback\?error=access_denied/)
  })

  test('after an answer that travels as a form', async () => {
    const page = await tab()
    await page.goto(`${address}&response_mode=form_post`)
    await page.getByRole('button', { name: 'Continue' }).click()
    await landed(page, /^\/callback$/)
  })

  test('after signing out', async () => {
    const page = await tab()
    const back = new URLSearchParams({
      post_logout_redirect_uri: `${app.origin}/bye`,
      client_id: new URL(address).searchParams.get('client_id') ?? '',
    })
    await page.goto(`${server.base}/o/logout?${back}`)
    await page.getByRole('button', { name: /sign out/i }).click()
    await landed(page, /^\/bye/)
  })
})
