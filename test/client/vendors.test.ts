import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTokens, memoryStorage, TokenError, type TokensOptions, vendors } from '@sallyport/client'
import { call } from '../support/actors.ts'
import { text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { changeVendor, newVendor, refreshVendor, type Vendor } from '../support/vendors.ts'
import { until } from '../support/until.ts'
import { bodyOf, startWireTap, type WireTap } from '../support/wire-tap.ts'

// A vendor's client against a real server, with a line between them that the tests break.
let server: TestServer
let tap: WireTap
before(async () => {
  server = await startServer()
  tap = await startWireTap(server.address)
})
after(async () => {
  await tap.close()
  await server.close()
})

const hour = 3600
const doorOf = ({ client_id: clientId, client_secret: clientSecret }: Vendor) =>
  vendors({ server: tap.url, clientId, clientSecret })
const tokensOf = (vendor: Vendor, more: Partial<TokensOptions> = {}) =>
  createTokens({ door: doorOf(vendor), now: server.now, ...more })
const callsTo = (path: string, since = 0) =>
  tap.requests.slice(since).filter((request) => request.startsWith(`POST ${path} `))
const storedRefresh = (stored: string | undefined) =>
  (JSON.parse(stored ?? '{}') as { tokens?: { refresh?: string } }).tokens?.refresh

describe('getting tokens', () => {
  test('of a hundred callers one asks the server, at the start and at a refresh', async () => {
    const tokens = tokensOf(await newVendor(server))
    const since = tap.requests.length
    const first = await Promise.all(Array.from({ length: 100 }, () => tokens.access()))
    assert.equal(new Set(first).size, 1)
    assert.equal(callsTo('/auth/token', since).length, 1)

    await server.advance(hour)
    const second = await Promise.all(Array.from({ length: 100 }, () => tokens.access()))
    assert.equal(new Set(second).size, 1)
    assert.notEqual(second[0], first[0])
    assert.equal(callsTo('/auth/refresh', since).length, 1)
    assert.equal((await call(server, '/brands', { bearer: second[0] ?? '' })).status, 200)
  })

  test('a token is refreshed ahead of its end, and used meanwhile', async (t) => {
    const tokens = tokensOf(await newVendor(server))
    const first = await tokens.access()
    const since = tap.requests.length
    await server.advance(hour - 61)
    assert.equal(await tokens.access(), first)
    assert.equal(tap.requests.length, since, 'more than a minute is left')
    await server.advance(31)
    const release = tap.holdAnswers()
    t.after(release)
    assert.equal(await tokens.access(), first, 'nobody waits for the refresh')
    assert.equal(await tokens.access(), first)
    release()
    await until(async () => (await tokens.access()) !== first)
    assert.equal(callsTo('/auth/refresh', since).length, 1)
  })
})

describe('an answer that was lost', () => {
  test('is asked for again with the same token, and the successor is the same', async () => {
    const storage = memoryStorage()
    const tokens = tokensOf(await newVendor(server), { storage })
    await tokens.access()
    const presented = storedRefresh(await storage.load())
    await server.advance(hour)
    const since = tap.requests.length
    tap.dropAnswers(1)
    const access = await tokens.access()
    const asked = callsTo('/auth/refresh', since).map((request) => JSON.parse(bodyOf(request)).refresh_token)
    assert.deepEqual(asked, [presented, presented])
    const lost = tap.dropped.at(-1) ?? ''
    assert.match(lost, /^HTTP\/1\.1 200 /, 'the server had done its part')
    assert.equal(
      storedRefresh(await storage.load()),
      (JSON.parse(bodyOf(lost)) as { refresh_token: string }).refresh_token,
    )
    assert.equal((await call(server, '/brands', { bearer: access })).status, 200)
  })

  test('is asked for again after the server was killed in between', async () => {
    const tokens = tokensOf(await newVendor(server), {
      // The first wait is when the machine comes back.
      sleep: async () => {
        await server.kill()
        await server.restart()
      },
    })
    await tokens.access()
    await server.advance(hour)
    tap.dropAnswers(1)
    const access = await tokens.access()
    assert.equal((await call(server, '/brands', { bearer: access })).status, 200)
  })

  test('so often that the client gives up leaves the old token, which works when the line is back', async () => {
    let now = server.now()
    const storage = memoryStorage()
    const tokens = tokensOf(await newVendor(server), {
      storage,
      now: () => now,
      sleep: async () => undefined,
    })
    await tokens.access()
    const kept = await storage.load()
    await server.advance(hour)
    now += hour
    tap.dropAnswers(4)
    const since = tap.requests.length
    await assert.rejects(tokens.access(), { code: 'unreachable', temporary: true })
    assert.equal(callsTo('/auth/refresh', since).length, 4)
    assert.equal(await storage.load(), kept)

    await assert.rejects(tokens.access(), { code: 'unreachable' })
    assert.equal(callsTo('/auth/refresh', since).length, 4, 'the server is left alone for a moment')
    now += 2
    assert.equal((await call(server, '/brands', { bearer: await tokens.access() })).status, 200)
    assert.equal(callsTo('/auth/refresh', since).length, 5)
  })
})

describe('what was granted has ended', () => {
  test('a refused refresh token is never presented again: the client says so and starts over', async () => {
    const vendor = await newVendor(server)
    const storage = memoryStorage()
    const ended: TokenError[] = []
    const tokens = tokensOf(vendor, { storage, onEnded: (error) => ended.push(error) })
    await tokens.access()
    const first = storedRefresh(await storage.load()) ?? ''
    // Somebody else uses the token twice over, so that the client's is too old.
    const second = text(await refreshVendor(server, first), 'refresh_token')
    await refreshVendor(server, second)
    await server.advance(hour)
    const since = tap.requests.length
    const access = await tokens.access()
    assert.deepEqual(
      ended.map(({ code, status }) => [code, status]),
      [['invalid_grant', 401]],
    )
    assert.equal(callsTo('/auth/refresh', since).length, 1)
    assert.equal(callsTo('/auth/token', since).length, 1)
    assert.equal((await call(server, '/brands', { bearer: access })).status, 200)
  })

  test('a suspended vendor is told so by a typed error without a secret, and has no tokens left', async () => {
    const vendor = await newVendor(server)
    const storage = memoryStorage()
    const tokens = tokensOf(vendor, { storage })
    await tokens.access()
    await changeVendor(server, vendor, { status: 'suspended' })
    await server.advance(hour)
    const error = await tokens.access().catch((reason: unknown) => reason)
    assert.ok(error instanceof TokenError)
    assert.deepEqual([error.code, error.status, error.temporary], ['invalid_client', 401, false])
    assert.match(error.requestId ?? '', /./)
    assert.doesNotMatch(JSON.stringify(error) + error.stack, new RegExp(vendor.client_secret))
    assert.equal(await storage.load(), undefined)
  })

  test('revoking ends it on the server and forgets it here', async () => {
    const storage = memoryStorage()
    const tokens = tokensOf(await newVendor(server), { storage })
    const access = await tokens.access()
    await tokens.revoke()
    assert.equal((await call(server, '/brands', { bearer: access })).status, 401)
    assert.equal(await storage.load(), undefined)
    const since = tap.requests.length
    await tokens.revoke()
    assert.equal(tap.requests.length, since, 'nothing is left to revoke')
    assert.notEqual(await tokens.access(), access)
  })
})

describe('calling the API', () => {
  async function endedElsewhere() {
    const storage = memoryStorage()
    const tokens = tokensOf(await newVendor(server), { storage })
    await tokens.access()
    await call(server, '/auth/revoke', { json: { token: storedRefresh(await storage.load()) } })
    return tokens
  }
  const brand = { method: 'POST', headers: { 'content-type': 'application/json' } }
  const bytes = new TextEncoder().encode('{"name":"Acme"}')

  test('a token that was ended is renewed once, and the request is sent again with its body', async () => {
    const tokens = await endedElsewhere()
    const since = tap.requests.length
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => tokens.fetch('/brands', { ...brand, body: bytes })),
    )
    assert.deepEqual(
      answers.map(({ status }) => status),
      answers.map(() => 200),
    )
    const brands = await Promise.all(answers.map((answer) => answer.json() as Promise<{ name: string }>))
    assert.deepEqual(new Set(brands.map(({ name }) => name)), new Set(['Acme']))
    assert.equal(callsTo('/auth/token', since).length, 1)
  })

  test('a request whose body is a stream is not sent twice', async () => {
    const tokens = await endedElsewhere()
    const since = tap.requests.length
    const body = new Blob([bytes]).stream()
    const answer = await tokens.fetch('/brands', { ...brand, body, duplex: 'half' } as RequestInit)
    assert.equal(answer.status, 401)
    assert.equal(callsTo('/brands', since).length, 1)
    assert.equal(callsTo('/auth/token', since).length, 0)
  })

  test('an answer that is about something else than the token is handed on', async () => {
    const tokens = tokensOf(await newVendor(server))
    await tokens.access()
    const since = tap.requests.length
    assert.equal((await tokens.fetch('/tools')).status, 403)
    assert.equal(tap.requests.length, since + 1)
  })

  test('the token goes to no other origin', async () => {
    const tokens = tokensOf(await newVendor(server))
    for (const url of [
      `${server.address}/brands`,
      'https://elsewhere.example/brands',
      '//elsewhere.example/',
    ])
      await assert.rejects(tokens.fetch(url), { name: 'TypeError', message: /is not listed in api/ })
    const wider = tokensOf(await newVendor(server), { api: [server.address] })
    assert.equal((await wider.fetch('/brands')).status, 200)
  })
})
