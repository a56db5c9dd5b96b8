import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  type AppDoor,
  apps,
  beginCodeFlow,
  createTokens,
  discoverApps,
  finishCodeFlow,
  machines,
  memoryStorage,
  sessionTokens,
} from '@sallyport/client'
import { approve, call, newApp, newPerson, signedInBrowser } from '../support/actors.ts'
import type { Browser } from '../support/browser.ts'
import { newScene, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startWireTap, type WireTap } from '../support/wire-tap.ts'

// Apps, machines and key holders against a real server. Their endpoints are behind a line that the tests can break.
let server: TestServer
let tap: WireTap
let scene: Scene
before(async () => {
  server = await startServer()
  tap = await startWireTap(server.address)
  scene = await newScene(server, { scope: 'chatbot:read session:read openid' })
})
after(async () => {
  await tap.close()
  await server.close()
})

const hour = 3600
const redirectUri = 'https://your-server/callback/'

/** The door's endpoints, reached through the tap. */
async function endpointsOf(issuerPath: string) {
  const endpoints = await discoverApps(server.base + issuerPath, { now: server.now })
  return { ...endpoints, token: endpoints.token.replace(server.base, tap.url) }
}

/** Sends the person through a code flow; the address that their browser comes back to. */
async function goThrough(browser: Browser, url: string): Promise<string> {
  const { headers } = await approve(browser, url.slice(server.base.length))
  return headers.location ?? ''
}

async function signIn(app: AppDoor, browser: Browser, scope?: string) {
  const { url, pending } = await beginCodeFlow(app, { redirectUri, ...(scope !== undefined && { scope }) })
  // Kept outside, as a session or a cookie would.
  const kept = JSON.parse(JSON.stringify(pending)) as typeof pending
  return finishCodeFlow(app, kept, await goThrough(browser, url), { now: server.now })
}

describe('an app', () => {
  test('finds its endpoints, signs a person in, calls for them, refreshes and revokes', async () => {
    const { clientId, secret: clientSecret } = scene.app
    const app = apps({ endpoints: await endpointsOf(''), clientId, clientSecret })
    const storage = memoryStorage()
    const tokens = createTokens({ door: app, storage, now: server.now, api: server.base })
    await assert.rejects(tokens.access(), { code: 'sign_in_required' })

    const { tokens: given, claims } = await signIn(app, scene.browser)
    assert.equal(claims?.sub, scene.person.id)
    await tokens.accept(given)
    const me = await tokens.fetch('/api/user/me/')
    assert.equal(me.status, 200)

    await server.advance(hour)
    tap.dropAnswers(1)
    const refreshed = await tokens.access()
    assert.notEqual(refreshed, given.access)
    assert.equal((await call(server, '/api/user/me/', { bearer: refreshed })).status, 200)

    await tokens.revoke()
    assert.equal((await call(server, '/api/user/me/', { bearer: refreshed })).status, 401)
    await assert.rejects(tokens.access(), { code: 'sign_in_required' })
  })

  test('that is public proves itself by PKCE alone; the lazy door answers again after a long time', async () => {
    const { clientId } = await newApp(server, {
      door: 'osir-oauth',
      type: 'public',
      redirect_uris: [redirectUri],
      scope: 'domains:read',
    })
    const app = apps({ endpoints: await endpointsOf('/oauth'), clientId })
    const browser = await signedInBrowser(server, await newPerson(server))
    const tokens = createTokens({
      door: app,
      now: server.now,
      api: server.base,
      sleep: () => server.advance(60),
    })
    await tokens.accept((await signIn(app, browser)).tokens)
    await server.advance(hour)
    tap.dropAnswers(2)
    assert.equal((await tokens.fetch('/v1/domains')).status, 200)
  })

  test('whose grant was ended is told so once; then somebody has to sign in', async () => {
    const { clientId, secret: clientSecret } = scene.app
    const app = apps({ endpoints: await endpointsOf(''), clientId, clientSecret })
    const storage = memoryStorage()
    const tokens = createTokens({ door: app, storage, now: server.now, api: server.base })
    const { tokens: given } = await signIn(app, scene.browser)
    await tokens.accept(given)
    await call(server, '/o/revoke_token/', {
      form: { token: given.refresh ?? '', client_id: clientId, client_secret: clientSecret },
    })
    const since = tap.requests.length
    await assert.rejects(tokens.fetch('/api/user/me/'), {
      code: 'invalid_grant',
      status: 400,
      temporary: false,
    })
    assert.equal(await storage.load(), undefined)
    await assert.rejects(tokens.access(), { code: 'sign_in_required' })
    assert.equal(tap.requests.length, since + 1, 'a refused token is presented once')
  })

  test('never sends a code twice, even when the answer was lost', async () => {
    const { clientId, secret: clientSecret } = scene.app
    const app = apps({ endpoints: await endpointsOf(''), clientId, clientSecret })
    tap.dropAnswers(1)
    const since = tap.requests.length
    await assert.rejects(signIn(app, scene.browser), { code: 'unreachable' })
    assert.equal(tap.requests.length, since + 1)
    assert.ok((await signIn(app, scene.browser)).tokens.access, 'the next sign-in works')
  })

  test('that a person turns down hears it', async () => {
    const person = await newPerson(server)
    const { clientId, secret: clientSecret } = await newApp(server, {
      door: 'osir-oauth',
      redirect_uris: [redirectUri],
      scope: 'domains:read',
    })
    const app = apps({ endpoints: await endpointsOf('/oauth'), clientId, clientSecret })
    const { url, pending } = await beginCodeFlow(app, { redirectUri })
    const browser = await signedInBrowser(server, person)
    const page = await browser.settle(await browser.open(url.slice(server.base.length)))
    const { headers } = await browser.submit(page, { decision: 'deny' })
    await assert.rejects(finishCodeFlow(app, pending, headers.location ?? ''), {
      code: 'authorization_refused',
      reason: 'access_denied',
    })
  })

  test('with a wrong secret hears invalid_client and nothing of the secret', async () => {
    const app = apps({
      endpoints: await endpointsOf(''),
      clientId: scene.app.clientId,
      clientSecret: 'wr0ng',
    })
    await assert.rejects(signIn(app, scene.browser), (error: Error & { code?: string }) => {
      assert.doesNotMatch(error.stack ?? '', /wr0ng/)
      return error.code === 'invalid_client'
    })
  })

  test('is not pointed at a server that claims to be another', async () => {
    await assert.rejects(discoverApps(tap.url), { code: 'issuer_mismatch' })
    await assert.rejects(discoverApps(`${server.base}/nowhere`), { code: 'refused', status: 404 })
  })
})

test('a machine gets its tokens by itself, and new ones when they end', async () => {
  const { clientId, secret: clientSecret } = await newApp(server, {
    door: 'openchatstudio',
    grant_types: ['client_credentials'],
    team: scene.teamId,
    scope: 'chatbot:read',
  })
  const door = machines({ endpoints: await endpointsOf(''), clientId, clientSecret, scope: 'chatbot:read' })
  const tokens = createTokens({ door, now: server.now, api: server.base })
  const first = await tokens.access()
  assert.equal((await tokens.fetch('/api/chatbots/')).status, 200)
  await server.advance(hour)
  assert.notEqual(await tokens.access(), first)
  assert.equal((await tokens.fetch('/api/chatbots/')).status, 200)
})

describe('a key holder', () => {
  const holder = (scope?: string) =>
    createTokens({
      door: sessionTokens({
        server: tap.url,
        key: server.demo.keys['live'] ?? '',
        ...(scope !== undefined && { scope }),
      }),
      now: server.now,
    })
  const minted = (since: number) =>
    tap.requests.slice(since).filter((request) => request.startsWith('POST /v1/session-tokens ')).length

  test('works with a session token that is made once and used until it has lain too long', async () => {
    const since = tap.requests.length
    const tokens = holder('domains:read')
    const first = await tokens.access()
    assert.match(first, /^osk_/)
    for (let used = 0; used < 4; used += 1) {
      await server.advance(1200)
      assert.equal((await tokens.fetch('/v1/domains')).status, 200)
    }
    assert.equal(minted(since), 1)
    await server.advance(1800)
    assert.equal((await tokens.fetch('/v1/domains')).status, 200)
    assert.equal(minted(since), 2)
    assert.notEqual(await tokens.access(), first)
  })

  test('with another key never gets the first one’s token, though they share a storage', async () => {
    const storage = memoryStorage()
    const token = (name: string) => {
      const door = sessionTokens({ server: tap.url, key: server.demo.keys[name] ?? '' })
      return createTokens({ door, storage, now: server.now }).access()
    }
    const first = await token('live')
    assert.equal(await token('live'), first)
    assert.notEqual(await token('readonly'), first)
  })

  test('whose key is refused hears it, without the key', async () => {
    const key = `osir_live_${'A'.repeat(36)}`
    const tokens = createTokens({ door: sessionTokens({ server: tap.url, key }), now: server.now })
    await assert.rejects(tokens.access(), (error: Error & { code?: string; status?: number }) => {
      assert.doesNotMatch(error.stack ?? '', /AAAA/)
      return error.code === 'invalid_client' && error.status === 401
    })
  })

  test('who asks for more than the key has is refused by name', async () => {
    await assert.rejects(holder('domains:read nothing:such').access(), { code: 'refused', status: 400 })
  })
})
