import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import {
  authorizePath,
  call,
  exchange,
  newApp,
  newPerson,
  newPkce,
  newTeam,
  type Person,
} from '../support/actors.ts'
import { chromiumPath, type RealBrowser, startChromium } from '../support/chromium.ts'
import { curl } from '../support/documents.ts'
import { text } from '../support/http.ts'
import { tryInBrowser } from '../../packages/server/src/cli/welcome.ts'
import { startServer, type TestServer } from '../support/server.ts'

// The pages in a real browser with its scripts switched off: what is shown must work without them, and Chromium holds every
// form and redirect to the policy that the pages are sent with.
let server: TestServer
let browser: RealBrowser
let app: Server
let appUrl: string
let person: Person

async function signIn(page: Page, { email, password }: Pick<Person, 'email' | 'password'>): Promise<void> {
  await page.getByLabel(/e-?mail/i).fill(email)
  await page.getByLabel(/password/i).fill(password)
  await page.getByRole('button', { name: /sign in/i }).click()
}

const skip = chromiumPath === undefined && 'Chromium is not installed on this machine; CI installs it'

describe('in Chromium, without scripts', { skip }, () => {
  before(async () => {
    server = await startServer()
    person = await newPerson(server)
    await newTeam(server, 'blue', [person])
    await newTeam(server, 'green', [person])
    browser = await startChromium({ javaScriptEnabled: false })
    app = createServer((_request, response) => response.end('<title>App</title>back at the app')).listen(
      0,
      '127.0.0.1',
    )
    await once(app, 'listening')
    const address = app.address()
    appUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/callback`
  })
  after(async () => {
    await browser.close()
    app.close()
    await server.close()
  })

  test('sign in, choose a team, narrow, approve, and the app redeems its code', async () => {
    const registered = await newApp(server, {
      door: 'openchatstudio',
      name: 'Browser app',
      redirect_uris: ['http://127.0.0.1/callback'],
      scope: 'chatbot:read session:read',
    })
    const flow = {
      app: registered,
      redirectUri: appUrl,
      authorize: '/o/authorize/',
      pkce: newPkce(),
      more: { state: 'st&te=é' },
    }
    const page = await browser.context.newPage()
    await page.goto(server.base + authorizePath(flow))
    await page.getByLabel(/password/i).fill('wrong password')
    await page.getByLabel(/e-?mail/i).fill(person.email)
    await page.getByRole('button', { name: /sign in/i }).click()
    assert.match(await page.content(), /not right/, 'a wrong password is told on the page')
    await signIn(page, person)
    // After signing in a page refreshes, which is another navigation.
    await page.getByRole('button', { name: /approve/i }).waitFor()

    assert.match(await page.content(), /Browser app/)
    assert.match(await page.content(), /See your chatbots/)
    await page.getByLabel('green').check()
    await page.getByLabel(/See chat sessions/).uncheck()
    await page.getByRole('button', { name: /approve|allow/i }).click()
    await page.waitForURL(`${appUrl}*`)
    const response = new URL(page.url()).searchParams
    assert.equal(response.get('state'), 'st&te=é')

    const tokens = await exchange(server, '/o/token/', flow, response.get('code') ?? '')
    assert.equal(tokens.json['scope'], 'chatbot:read', 'what was left out is not granted')
    const me = await call(server, '/api/user/me/', { bearer: text(tokens, 'access_token') })
    assert.equal(me.json['team'], 'green')
    await page.close()
  })

  test('declining sends the person back with access_denied', async () => {
    const registered = await newApp(server, {
      door: 'osir-oauth',
      name: 'Domains app',
      redirect_uris: ['http://127.0.0.1/callback'],
      scope: 'domains:read',
    })
    const page = await browser.context.newPage()
    await page.goto(
      server.base + authorizePath({ app: registered, redirectUri: appUrl, authorize: '/oauth/authorize' }),
    )
    await page.getByRole('button', { name: /cancel|deny/i }).click()
    await page.waitForURL(`${appUrl}*`)
    assert.equal(new URL(page.url()).searchParams.get('error'), 'access_denied')
    await page.close()
  })

  test('the account page lists the app, disconnects it, makes a key and shows it once', async () => {
    const page = await browser.context.newPage()
    await page.goto(`${server.base}/account`)
    assert.match(await page.content(), /Browser app/)
    await page.getByRole('button', { name: /Disconnect Browser app/ }).click()
    await page.waitForURL(`${server.base}/account`)
    assert.doesNotMatch(await page.content(), /Browser app/)

    await page.getByLabel('Name').fill('From the browser')
    await page.getByLabel(/View domains/).check()
    await page.getByRole('button', { name: /create/i }).click()
    const key = /osir_live_[0-9A-Za-z]{36}/.exec(await page.content())?.[0]
    assert.ok(key, 'the key is shown')
    assert.equal((await call(server, '/v1/domains', { bearer: key })).status, 200)
    await page.goto(`${server.base}/account`)
    assert.equal((await page.content()).includes(key), false, 'and never again')
    await page.getByRole('button', { name: /sign out/i }).click()
    await page.goto(`${server.base}/account`)
    assert.match(page.url(), /\/sign-in$/)
    await page.close()
  })

  test('the demonstration’s own request ends at a page with the line that redeems the code', async () => {
    const page = await browser.context.newPage()
    await page.goto(tryInBrowser({ baseUrl: server.base, apps: server.demo.apps }))
    await signIn(page, server.demo.person)
    await page.getByRole('button', { name: /approve/i }).waitFor()
    assert.match(await page.content(), /Demo domains app/)
    await page.getByRole('button', { name: /approve/i }).click()
    await page.waitForURL(`${server.base}/demo/callback*`)
    const command = (await page.locator('code.secret').textContent()) ?? ''
    const { client_id = '', client_secret = '' } = server.demo.apps['osir'] ?? {}
    const redeemed = await curl(command, { $CLIENT_ID: client_id, $CLIENT_SECRET: client_secret })
    assert.equal(redeemed.status, 200, redeemed.text)
    assert.equal((await call(server, '/v1/domains', { bearer: text(redeemed, 'access_token') })).status, 200)
    await page.close()
  })

  test('a page may not be framed', async () => {
    const framed = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html')
      response.end(`<iframe src="${server.base}/sign-in" width="500" height="500"></iframe>`)
    }).listen(0, '127.0.0.1')
    await once(framed, 'listening')
    const address = framed.address()
    const page = await browser.context.newPage()
    await page.goto(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`)
    const frame = page.frames()[1]
    assert.ok(frame, 'the frame is there')
    assert.doesNotMatch(await frame.content(), /name="password"/)
    await page.close()
    framed.close()
  })
})
