import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { after, before, describe, test } from 'node:test'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { chromiumPath, type RealBrowser, startChromium } from '../../../../test/support/chromium.ts'
import { formActionOf, icon, pageHeaders, stylesheet } from '../../src/pages/index.ts'
import { samples } from './samples.ts'

// Every page as people get it, policy and all, looked at by Chromium: narrow and wide, light and dark.
const widths = [360, 1280]
/** What is behind the card; another colour means that the stylesheet is not in use. */
const grounds = { light: 'rgb(244, 245, 248)', dark: 'rgb(15, 18, 23)' }
/** Where to leave pictures for a person to look at. */
const shots = process.env['SALLYPORT_SHOTS']

let browser: RealBrowser
let server: Server
let base: string
let page: Page
/** What the browser complained of since a test emptied this. */
const complaints: string[] = []
/** Header `Origin` of the posts that arrived. */
const origins: (string | undefined)[] = []

const portOf = (listening: Server) => {
  const address = listening.address()
  return typeof address === 'object' && address ? address.port : 0
}

async function listen(
  host: string,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const listening = createServer(handle).listen(0, host)
  await once(listening, 'listening')
  return listening
}

/** Serves `/<sample>?to=<redirect URI>`; a post is answered by a redirect to that URI, as after a decision. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const asset = [stylesheet, icon].find(({ path }) => path === pathname)
  const to = searchParams.get('to')
  const sample = samples.find(({ name }) => `/${name}` === pathname)
  if (asset) response.writeHead(200, { 'Content-Type': asset.contentType }).end(asset.body)
  else if (request.method === 'POST') {
    origins.push(request.headers.origin)
    response.writeHead(303, { Location: to ?? '/signed-out' }).end()
  } else if (sample) {
    const source = to === null || searchParams.has('unnamed') ? undefined : formActionOf(to)
    const action = to === null ? {} : { action: `/decide?to=${encodeURIComponent(to)}` }
    // Another origin than the page's, as the apps' are.
    const apps = base.replace('127.0.0.1', 'localhost')
    const framed = 'frames' in sample.model ? { frames: [{ href: apps + icon.path }] } : {}
    const frames = 'frames' in sample.model ? [apps] : []
    response.writeHead(200, pageHeaders({ formActions: source === undefined ? [] : [source], frames }))
    response.end(sample.render({ ...sample.model, ...action, ...framed }))
  } else response.writeHead(404).end()
}

/** What axe finds. Evaluated by the debugger, which a policy without scripts doesn't stop. */
async function findViolations(): Promise<unknown> {
  const debug = await page.context().newCDPSession(page)
  const { result, exceptionDetails } = await debug.send('Runtime.evaluate', {
    expression: `${axe.source}; axe.run(document).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => ({ id, html, failureSummary }))))`,
    awaitPromise: true,
    returnByValue: true,
  })
  await debug.detach()
  assert.equal(exceptionDetails, undefined)
  return result.value
}

const skip = chromiumPath === undefined && 'Chromium is not installed on this machine; CI installs it'

describe('pages in Chromium', { skip }, () => {
  before(async () => {
    server = await listen('127.0.0.1', answer)
    base = `http://127.0.0.1:${portOf(server)}`
    browser = await startChromium()
    page = await browser.context.newPage()
    page.on('console', (message) => complaints.push(message.text()))
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`)
    })
  })
  after(async () => {
    await browser.close()
    server.closeAllConnections()
    server.close()
  })

  for (const { name } of samples)
    for (const width of widths)
      for (const colorScheme of ['light', 'dark'] as const)
        test(`${name} at ${width} px, ${colorScheme}: accessible, nothing blocked, nothing cut off`, async () => {
          complaints.length = 0
          await page.setViewportSize({ width, height: 800 })
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
          await page.goto(`${base}/${name}`)
          assert.deepEqual(await findViolations(), [])
          const tooWide = await page.evaluate(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          )
          assert.equal(tooWide, 0)
          const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor')
          assert.equal(ground, grounds[colorScheme])
          assert.deepEqual(complaints, [])
          if (shots !== undefined)
            await page.screenshot({ path: `${shots}/${name}-${width}-${colorScheme}.png`, fullPage: true })
        })

  /** Approves on a consent page; `unnamed` leaves the app out of the page's policy. */
  async function approve(redirectUri: string, unnamed = ''): Promise<void> {
    complaints.length = 0
    await page.goto(`${base}/consent?to=${encodeURIComponent(redirectUri)}${unnamed}`)
    await page.getByRole('button', { name: 'Approve' }).click()
  }

  const isRefused = (text: string) => text.includes('form-action')

  for (const [shown, host] of [
    ['127.0.0.1', '127.0.0.1'],
    ['[::1]', '::1'],
  ] as const)
    test(`an approval leads to an app at ${shown} only where the policy names it`, async () => {
      const app = await listen(host, (_request, response) => response.end('<title>App</title>'))
      const callback = `http://${shown}:${portOf(app)}/callback`
      await approve(callback)
      await page.waitForURL(callback)
      const refused = page.waitForEvent('console', (message) => isRefused(message.text()))
      await approve(callback, '&unnamed')
      await refused
      assert.ok(page.url().startsWith(base))
      app.closeAllConnections()
      app.close()
    })

  test('an approval leads to an app with a scheme of its own only where the policy names it', async () => {
    // No app answers to the scheme here, so what tells is whether the browser gave the address to the system or refused it.
    const callback = 'com.example.app:/callback'
    const refused = page.waitForEvent('console', (message) => isRefused(message.text()))
    await approve(callback, '&unnamed')
    await refused
    const handed = page.waitForEvent('requestfailed')
    await approve(callback)
    assert.match((await handed).url(), /decide|com\.example\.app/)
    assert.deepEqual(complaints.filter(isRefused), [])
  })

  test('a post from a page names its origin, so that the server can tell it from a foreign one', () => {
    assert.ok(origins.length > 0)
    assert.deepEqual([...new Set(origins)], [base])
  })
})
