import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer, request as forward, type Server } from 'node:http'
import { once } from 'node:events'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type * as Client from '@sallyport/client'
import { approve, newApp, newPerson, signedInBrowser } from '../support/actors.ts'
import { chromiumPath, type RealBrowser, startChromium } from '../support/chromium.ts'
import { startServer, type TestServer } from '../support/server.ts'

// The client's modules in a real browser, as they are but for their types: what they need of the platform must be there, and
// the tabs of one origin share one storage. The page is served from the server's own origin, by a proxy that adds a path.
let server: TestServer
let browser: RealBrowser
let proxy: Server
let origin: string
const refreshes: string[] = []

declare const tokens: Client.Tokens
declare const localStorage: Storage

async function startProxy(): Promise<void> {
  proxy = createServer((request, response) => {
    const { url = '/', method, headers } = request
    const module = /^\/client\/([\w/-]+\.ts)$/.exec(url)?.[1]
    if (module !== undefined) {
      const source = readFileSync(join(import.meta.dirname, '../../packages/client/src', module), 'utf8')
      response.setHeader('content-type', 'text/javascript').end(stripTypeScriptTypes(source))
    } else if (url === '/') response.setHeader('content-type', 'text/html').end('<title>App</title>')
    else {
      if (url === '/oauth/token') refreshes.push(url)
      const onward = forward(server.address + url, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers)
        answer.pipe(response)
      })
      request.pipe(onward)
    }
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const address = proxy.address()
  origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}

/** A tab with a client of `clientId` on it, whose clock is an hour fast or not. */
async function openTab(clientId: string): Promise<Page> {
  const page = await browser.context.newPage()
  page.on('pageerror', (error) => assert.fail(error))
  await page.clock.install()
  await page.goto(origin)
  await page.addScriptTag({
    type: 'module',
    content: `
      import * as client from '/client/index.ts'
      const at = (path) => location.origin + path
      const endpoints = { issuer: ${JSON.stringify(`${server.base}/oauth`)}, authorize: ${JSON.stringify(`${server.base}/oauth/authorize`)}, token: at('/oauth/token'), revoke: at('/oauth/revoke') }
      const door = client.apps({ endpoints, clientId: ${JSON.stringify(clientId)} })
      const storage = client.webStorage(localStorage, 'tokens')
      window.client = client
      window.door = door
      window.tokens = client.createTokens({ door, storage, api: location.origin })`,
  })
  await page.waitForFunction('window.tokens')
  return page
}

const skip = chromiumPath === undefined && 'Chromium is not installed on this machine; CI installs it'

describe('the client in Chromium', { skip }, () => {
  before(async () => {
    server = await startServer()
    browser = await startChromium()
    await startProxy()
  })
  after(async () => {
    await browser.close()
    proxy.closeAllConnections()
    proxy.close()
    await server.close()
  })

  test('signs in, and two tabs that need a refresh at the same moment end with the same tokens', async () => {
    const { clientId } = await newApp(server, {
      door: 'osir-oauth',
      type: 'public',
      redirect_uris: ['https://your-server/callback/'],
      scope: 'domains:read',
    })
    const one = await openTab(clientId)
    const begun: Awaited<ReturnType<typeof Client.beginCodeFlow>> = await one.evaluate(
      `client.beginCodeFlow(door, { redirectUri: 'https://your-server/callback/' })`,
    )
    const person = await signedInBrowser(server, await newPerson(server))
    const { headers } = await approve(person, begun.url.slice(server.base.length))
    const given = JSON.stringify([begun.pending, headers.location])
    await one.evaluate(
      `(async () => {
        const [pending, url] = ${given}
        await tokens.accept((await client.finishCodeFlow(door, pending, url)).tokens)
      })()`,
    )
    const two = await openTab(clientId)
    const first = await one.evaluate(() => tokens.access())
    assert.equal(await two.evaluate(() => tokens.access()), first)

    await server.advance(3600)
    await Promise.all([one, two].map((page) => page.clock.fastForward(3_600_000)))
    const since = refreshes.length
    const accesses = await Promise.all([one, two].map((page) => page.evaluate(() => tokens.access())))
    assert.notEqual(accesses[0], first)
    assert.equal(accesses[0], accesses[1])
    // One asks for both, unless the browser shows the second tab late what the first has stored: then that one asks again,
    // and the server answers it the same.
    assert.ok([1, 2].includes(refreshes.length - since))
    assert.equal(await two.evaluate(async () => (await tokens.fetch('/v1/domains')).status), 200)

    await one.evaluate(() => tokens.revoke())
    assert.equal(await two.evaluate(() => localStorage.length), 0)
    const code = await two.evaluate(() =>
      tokens.fetch('/v1/domains').then(
        () => 'let in',
        (error: Client.TokenError) => error.code,
      ),
    )
    assert.equal(code, 'sign_in_required')
  })
})
