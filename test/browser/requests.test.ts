import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import {
  type App,
  authorizePath,
  exchange,
  newApp,
  newPerson,
  newPkce,
  type Person,
} from '../support/actors.ts'
import { chromiumPath, type RealBrowser, startChromium } from '../support/chromium.ts'
import { startServer, type TestServer } from '../support/server.ts'

// Authorization requests and responses as forms, in a real browser without scripts, between two sites: the app is at
// `localhost`, the server at 127.0.0.1, so cookies and policies are held to what they say.
let server: TestServer
let browser: RealBrowser
let site: Server
let base: string
let app: App
let person: Person
/** What the app's page sends, and what its callback received last. */
let sends = new URLSearchParams()
let received = new URLSearchParams()

const quoted = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
function pageOfTheApp(): string {
  const fields = [...sends].map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${quoted(value)}">`,
  )
  return `<!doctype html><title>App</title><form method="post" action="${server.base}/o/authorize/">${fields.join('')}<button>Go</button></form>`
}

async function signIn(page: Page, { email, password }: Pick<Person, 'email' | 'password'>): Promise<void> {
  await page.getByLabel(/e-?mail/i).fill(email)
  await page.getByLabel(/password/i).fill(password)
  await page.getByRole('button', { name: /sign in/i }).click()
}
function newFlow(more: Readonly<Record<string, string>>) {
  const all = { state: 'st&te=é"', ...more }
  return { app, redirectUri: `${base}/callback`, authorize: '/o/authorize/', pkce: newPkce(), more: all }
}

const skip = chromiumPath === undefined && 'Chromium is not installed on this machine; CI installs it'

describe('in Chromium, without scripts', { skip }, () => {
  before(async () => {
    const modes = { responseModes: ['query', 'form_post', 'form_post.jwt'] }
    server = await startServer({ doors: { openchatstudio: modes } })
    site = createServer((request, response) => {
      response.setHeader('content-type', 'text/html')
      if (!request.url?.startsWith('/callback')) return void response.end(pageOfTheApp())
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const query = new URL(request.url ?? '/', base).search
        received = new URLSearchParams(request.method === 'POST' ? Buffer.concat(chunks).toString() : query)
        response.end(`<title>Back</title>${request.method}`)
      })
    }).listen(0, '127.0.0.1')
    await once(site, 'listening')
    const address = site.address()
    base = `http://localhost:${typeof address === 'object' && address ? address.port : 0}`
    person = await newPerson(server)
    app = await newApp(server, {
      door: 'openchatstudio',
      name: 'Form app',
      redirect_uris: [`${base}/callback`],
    })
    browser = await startChromium({ javaScriptEnabled: false })
  })
  after(async () => {
    await browser.close()
    site.close()
    await server.close()
  })

  async function sendFromTheApp(flow: ReturnType<typeof newFlow>): Promise<Page> {
    sends = new URL(authorizePath(flow), server.base).searchParams
    const page = await browser.context.newPage()
    await page.goto(`${base}/`)
    await page.getByRole('button', { name: 'Go' }).click()
    return page
  }

  test('another site’s form leads through the sign-in to consent, and a form brings the code back', async () => {
    const flow = newFlow({ response_mode: 'form_post' })
    const page = await sendFromTheApp(flow)
    await signIn(page, person)
    await page.getByRole('button', { name: /approve/i }).click()
    assert.match(await page.content(), /Back to the app/)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL(`${base}/callback`)
    assert.match(await page.content(), /POST/)
    assert.equal(received.get('state'), 'st&te=é"')
    assert.equal(received.get('iss'), server.base)
    assert.equal(page.url(), `${base}/callback`, 'nothing of it is in the address')
    assert.equal((await exchange(server, '/o/token/', flow, received.get('code') ?? '')).status, 200)
    await page.close()
  })

  test('another site’s form finds the person who is signed in already', async () => {
    const page = await sendFromTheApp(newFlow({ prompt: 'consent' }))
    assert.match(await page.content(), /Form app/)
    await page.getByRole('button', { name: /cancel/i }).click()
    await page.waitForURL(`${base}/callback?*`)
    assert.equal(received.get('error'), 'access_denied')
    await page.close()
  })

  test('choosing an account: going on is one click, another one signs in and is the one asked', async () => {
    const page = await browser.context.newPage()
    await page.goto(server.base + authorizePath(newFlow({ prompt: 'select_account consent' })))
    await page.getByRole('link', { name: `Continue as ${person.email}` }).click()
    assert.match(await page.content(), /name="decision"/)

    const other = await newPerson(server)
    await page.goto(server.base + authorizePath(newFlow({ prompt: 'select_account', state: 'two' })))
    await page.getByRole('link', { name: 'Use another account' }).click()
    await signIn(page, other)
    // After signing in a page refreshes, which is another navigation.
    await page.getByRole('button', { name: /approve/i }).waitFor()
    assert.ok((await page.content()).includes(other.email))
    await page.getByRole('button', { name: /approve/i }).click()
    await page.waitForURL(`${base}/callback?*`)
    assert.ok(received.has('code'))
    await page.close()
  })

  test('a signed response comes back as one field', async () => {
    const page = await browser.context.newPage()
    await page.goto(
      server.base + authorizePath(newFlow({ prompt: 'consent', response_mode: 'form_post.jwt' })),
    )
    await page.getByRole('button', { name: /cancel/i }).click()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL(`${base}/callback`)
    assert.deepEqual([...received.keys()], ['response'])
    await page.close()
  })
})
