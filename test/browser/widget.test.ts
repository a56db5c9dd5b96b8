import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { WidgetProblem, WidgetSession } from '@sallyport/client/widget'
import { call, newPerson, type Person } from '../support/actors.ts'
import { newCharacter } from '../support/characters.ts'
import { chromiumPath, type RealBrowser, startChromium } from '../support/chromium.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { startWebSite, type WebSite } from '../support/web-page.ts'

// The widget's script as the server serves it, in a real browser, on pages of two origins: one that the owner has listed and
// one that they have not. The pages have the strictest policy that lets the script run.
let server: TestServer
let browser: RealBrowser
let listed: WebSite
let other: WebSite
let owner: Person
let agent: string

/** What the page's own script gathers. */
interface Told {
  readonly sessions: WidgetSession[]
  readonly problems: Pick<WidgetProblem, 'code' | 'message' | 'final' | 'retryAfter'>[]
}
declare const told: Told
declare const document: EventTarget
declare const Sallyport: {
  readonly widgets: Record<
    string,
    { session(): Promise<WidgetSession>; renew(): Promise<WidgetSession>; stop(): void }
  >
}

const pageScript = `
  window.told = { sessions: [], problems: [] }
  document.addEventListener('sallyport:session', ({ detail }) => told.sessions.push(detail))
  document.addEventListener('sallyport:problem', ({ detail }) => {
    const { code, message, final, retryAfter } = detail
    told.problems.push({ code, message, final, retryAfter })
  })`

/** What docs/client.md tells people to write, for this server and a widget of it. */
function printed(language: 'html' | 'javascript', slug: string): string {
  const page = readFileSync(join(import.meta.dirname, '../../docs/client.md'), 'utf8')
  const fence = '`'.repeat(3)
  const example = page.split(`${fence}${language}\n`)[1]?.split(fence, 1)[0] ?? ''
  return example.replaceAll('https://login.example.com', server.base).replaceAll('support-bot', slug)
}

/** `/?agent=…` is a page with a widget, `&named` one with an image called as the script's tag, `&deaf` one whose policy forgets the server, `/frame?…` a sandboxed frame of one. */
function site(path: string) {
  if (path === '/page.js') return { body: pageScript, type: 'text/javascript' }
  const { pathname, search, searchParams } = new URL(path, 'http://site')
  if (pathname === '/frame') return { body: `<iframe sandbox="allow-scripts" src="/${search}"></iframe>` }
  const image = `<img name="currentScript" src="${other.origin}/x.png" data-agent="nobody">`
  const connect = searchParams.has('deaf') ? "'self'" : server.base
  return {
    body: `<!doctype html><title>A page</title><script src="/page.js"></script>${searchParams.has('named') ? image : ''}${printed('html', searchParams.get('agent') ?? '')}`,
    // A sandboxed page is no 'self' to itself.
    policy: `default-src 'none'; script-src 'self' http://127.0.0.1:*; connect-src ${connect}; require-trusted-types-for 'script'`,
  }
}

/** A page in a tab of its own whose clock the test moves, and what it said and sent. */
interface OpenPage {
  readonly page: Page
  readonly warnings: readonly string[]
  readonly starts: readonly string[]
  told(): Promise<Told>
  /** Moves the clocks of the page and the server on. */
  advance(seconds: number): Promise<void>
}

async function open(url: string): Promise<OpenPage> {
  const page = await browser.context.newPage()
  const warnings: string[] = []
  const starts: string[] = []
  page.on('console', (message) => void warnings.push(message.text()))
  page.on('request', (request) => {
    if (request.url().endsWith('/agent-session/') && request.method() === 'POST') starts.push(request.url())
  })
  await page.clock.install()
  await page.goto(url)
  return {
    page,
    warnings,
    starts,
    told: () => page.evaluate(() => told),
    async advance(seconds) {
      await server.advance(seconds)
      await page.clock.fastForward(seconds * 1000)
    },
  }
}

async function sessions({ told: ask }: OpenPage, count: number): Promise<readonly WidgetSession[]> {
  await until(async () => (await ask()).sessions.length === count)
  return (await ask()).sessions
}
async function problem({ told: ask }: OpenPage): Promise<Told['problems'][number]> {
  await until(async () => (await ask()).problems.length > 0)
  const last = (await ask()).problems.at(-1)
  assert.ok(last)
  return last
}
/** What the API says to a call with a session's token from the page itself. */
function callFrom({ page }: OpenPage, token: string): Promise<number> {
  return page.evaluate(
    async ([url, bearer]) => (await fetch(url, { headers: { authorization: `Bearer ${bearer}` } })).status,
    [`${server.base}/api/agents/${agent}/session/`, token] as const,
  )
}

const skip = chromiumPath === undefined && 'Chromium is not installed on this machine; CI installs it'

describe('the widget in Chromium', { skip }, () => {
  before(async () => {
    server = await startServer()
    browser = await startChromium()
    listed = await startWebSite('127.0.0.1', site)
    other = await startWebSite('localhost', site)
    owner = await newPerson(server)
    agent = await newCharacter(server, owner, { allowed_origins: [listed.origin], greeting: 'Hello' })
  })
  after(async () => {
    await browser.close()
    await Promise.all([listed.close(), other.close()])
    await server.close()
  })

  test('a page of a listed origin gets a session that opens the API from there', async () => {
    const at = await open(`${listed.origin}/?agent=${agent}`)
    const [session] = await sessions(at, 1)
    assert.equal(session?.answer['character_slug'], agent)
    assert.equal(session?.answer['greeting'], 'Hello')
    assert.equal(await callFrom(at, session?.token ?? ''), 200)
    const asked = await at.page.evaluate(`(async () => { ${printed('javascript', agent)}; return token })()`)
    assert.equal(asked, session?.token)
    assert.deepEqual(at.warnings, [])
    assert.equal(at.starts.length, 1)
    await at.page.close()
  })

  test('a page of another origin is told in words who has to do what, once, and asks no more', async () => {
    const at = await open(`${other.origin}/?agent=${agent}`)
    const { code, message, final } = await problem(at)
    assert.deepEqual([code, final], ['origin_not_allowed', true])
    for (const part of [agent, other.origin, 'allowed_origins', server.base])
      assert.ok(message.includes(part), part)
    const rejected = await at.page.evaluate(
      (slug) => Sallyport.widgets[slug]?.session().catch((error: WidgetProblem) => error.message),
      agent,
    )
    assert.equal(rejected, message)
    await at.advance(7200)
    assert.equal((await at.told()).problems.length, 1)
    assert.equal(at.starts.length, 1)
    assert.equal(at.warnings.filter((text) => text === `Sallyport: ${message}`).length, 1)
    await at.page.close()
  })

  test('a session is renewed a minute ahead of its end', async () => {
    const at = await open(`${listed.origin}/?agent=${agent}`)
    await sessions(at, 1)
    await at.advance(3500)
    assert.equal(at.starts.length, 1)
    await at.advance(45)
    const [first, second] = await sessions(at, 2)
    assert.notEqual(second?.token, first?.token)
    assert.equal(await callFrom(at, first?.token ?? ''), 200, 'the first still works')
    assert.equal(await callFrom(at, second?.token ?? ''), 200)
    await at.page.close()
  })

  test('a hidden page renews nothing; shown again it does at once', async () => {
    const at = await open(`${listed.origin}/?agent=${agent}`)
    await sessions(at, 1)
    const show = (hidden: boolean) =>
      at.page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { configurable: true, value })
        document.dispatchEvent(new Event('visibilitychange'))
      }, hidden)
    await show(true)
    await at.advance(7200)
    await at.advance(7200)
    assert.equal(at.starts.length, 1)
    await show(false)
    await sessions(at, 2)
    assert.equal(at.starts.length, 2)
    await at.page.close()
  })

  test('the next page of the same tab goes on with the session, another tab has its own', async () => {
    const at = await open(`${listed.origin}/?agent=${agent}`)
    const [first] = await sessions(at, 1)
    await at.page.goto(`${listed.origin}/?agent=${agent}&next`)
    const [next] = await sessions(at, 1)
    assert.equal(next?.token, first?.token)
    assert.equal(at.starts.length, 1)
    const tab = await open(`${listed.origin}/?agent=${agent}`)
    assert.notEqual((await sessions(tab, 1))[0]?.token, first?.token)
    await Promise.all([at.page.close(), tab.page.close()])
  })

  test('an origin that is taken off the list is told at the renewal, and its session is forgotten', async () => {
    const slug = await newCharacter(server, owner, { allowed_origins: [listed.origin] })
    const at = await open(`${listed.origin}/?agent=${slug}`)
    await sessions(at, 1)
    await call(server, `/api/ai-characters/${slug}/`, {
      method: 'PATCH',
      bearer: owner.access,
      json: { allowed_origins: [] },
    })
    assert.equal(await at.page.evaluate(() => sessionStorage.length), 1)
    await at.advance(3545)
    assert.equal((await problem(at)).code, 'origin_not_allowed')
    assert.equal(await at.page.evaluate(() => sessionStorage.length), 0)
    const rejected = await at.page.evaluate(
      (name) => Sallyport.widgets[name]?.session().catch((error: WidgetProblem) => error.code),
      slug,
    )
    assert.equal(
      rejected,
      'origin_not_allowed',
      'what the server refuses is not handed out for its last minute',
    )
    await at.page.close()
  })

  test('no answer is tried again with growing waits until there is one; the session is used meanwhile', async () => {
    const at = await open(`${listed.origin}/?agent=${agent}`)
    await sessions(at, 1)
    await browser.context.setOffline(true)
    await at.advance(3545)
    assert.deepEqual([(await problem(at)).code, (await problem(at)).final], ['unreachable', false])
    const held = await at.page.evaluate((slug) => Sallyport.widgets[slug]?.session(), agent)
    assert.ok(held?.token)
    await browser.context.setOffline(false)
    await at.advance(1)
    await sessions(at, 2)
    await at.page.close()
  })

  test('a widget with as many sessions as it may have says so, and until when', async () => {
    const slug = await newCharacter(server, owner, { allowed_origins: [listed.origin], session_limit: 1 })
    const first = await open(`${listed.origin}/?agent=${slug}`)
    await sessions(first, 1)
    const second = await open(`${listed.origin}/?agent=${slug}`)
    const { code, final, retryAfter = 0 } = await problem(second)
    assert.deepEqual([code, final], ['too_many', false])
    assert.ok(retryAfter > 3500 && retryAfter <= 3600, String(retryAfter))
    await first.page.close()
    await second.advance(3600)
    await sessions(second, 1)
    assert.equal(second.starts.length, 2)
    await second.page.close()
  })

  test('a page whose own policy forgets the server is told which line to add', async () => {
    const at = await open(`${listed.origin}/?agent=${agent}&deaf`)
    const { code, message } = await problem(at)
    assert.equal(code, 'blocked_by_policy')
    assert.match(message, new RegExp(`Add ${server.base} to its connect-src`))
    await at.page.close()
  })

  test('an image that is named like the tag of the script does not say where the server is', async () => {
    const at = await open(`${listed.origin}/?agent=${agent}&named`)
    await sessions(at, 1)
    assert.ok(at.starts.every((start) => start.startsWith(server.base)))
    await at.page.close()
  })

  test('a widget that does not exist, and a page without an origin, have words of their own', async () => {
    const unknown = await open(`${listed.origin}/?agent=nobody`)
    assert.equal((await problem(unknown)).code, 'unknown_widget')
    await unknown.page.close()

    const at = await open(`${listed.origin}/frame?agent=${agent}`)
    await until(() => at.warnings.some((text) => text.includes('This page has no origin')))
    await at.page.close()
  })
})

test('the script is served to any page, and not sent again to one that has it', async (t) => {
  const own = await startServer({ seed: false })
  t.after(() => own.close())
  const { status, headers, text } = await call(own, '/widget.js', {
    headers: { Origin: 'https://anywhere.example' },
  })
  assert.equal(status, 200)
  assert.equal(headers['content-type'], 'text/javascript; charset=utf-8')
  assert.equal(headers['access-control-allow-origin'], '*')
  assert.equal(headers['cross-origin-resource-policy'], 'cross-origin')
  assert.match(headers['cache-control'] ?? '', /^public, max-age=3600/)
  assert.match(text, /^\/\* Sallyport widget/)
  const again = (tag: string) => call(own, '/widget.js', { headers: { 'If-None-Match': tag } })
  const { etag = '' } = headers
  for (const tag of [etag, `"x", ${etag}`, `W/${etag}`]) {
    const answer = await again(tag)
    assert.deepEqual([answer.status, answer.text, answer.headers.etag], [304, '', etag])
  }
  assert.equal((await again('"x"')).status, 200)
})
