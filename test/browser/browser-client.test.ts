import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { type App, newApp, newPerson, newTeam, type Person } from '../support/actors.ts'
import { chromiumPath, type RealBrowser, startChromium } from '../support/chromium.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startWebSite, type WebSite } from '../support/web-page.ts'

// A public client that is nothing but a page of another origin, with somebody else's library, in a real browser: Chromium asks
// first, and shows the page no more than it was allowed. Fetch Standard §3.2, RFC 7636, RFC 9449.
let server: TestServer
let browser: RealBrowser
let site: WebSite
let other: WebSite
let app: App
let person: Person

const skip = chromiumPath === undefined && 'Chromium is not installed on this machine; CI installs it'
const library = () => {
  const client = createRequire(import.meta.url).resolve('openid-client')
  return readFileSync(createRequire(client).resolve('oauth4webapi'), 'utf8')
}

interface Told {
  readonly error?: string
  readonly tokenType?: string
  readonly sub?: string
  readonly userinfo?: Readonly<Record<string, unknown>>
  readonly refreshed?: boolean
  readonly reason?: string
  readonly afterRevocation?: string
}
declare const told: Promise<Told>

const script = `
import * as oauth from '/oauth4webapi.js'
const insecure = { [oauth.allowInsecureRequests]: true }
const { issuer, clientId, team } = JSON.parse(document.querySelector('#settings').textContent)
const client = { client_id: clientId }
const redirectUri = location.origin + '/callback'

async function discover() {
  const url = new URL(issuer)
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, insecure))
}
async function begin() {
  const as = await discover()
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  sessionStorage.setItem('flow', JSON.stringify({ verifier, state }))
  const url = new URL(as.authorization_endpoint)
  url.search = new URLSearchParams({ client_id: clientId, redirect_uri: redirectUri, response_type: 'code', scope: 'openid chatbot:read',
    state, team, code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' })
  location.href = url.href
}
async function finish() {
  const as = await discover()
  const { verifier, state } = JSON.parse(sessionStorage.getItem('flow'))
  const params = oauth.validateAuthResponse(as, client, new URL(location.href), state)
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
  const options = { ...insecure, DPoP }
  const none = oauth.None()
  const redeem = async () => oauth.processAuthorizationCodeResponse(as, client,
    await oauth.authorizationCodeGrantRequest(as, client, none, params, redirectUri, verifier, options))
  const tokens = await redeem().catch((error) => {
    if (!oauth.isDPoPNonceError(error)) throw error
    return redeem()
  })
  const { sub } = oauth.getValidatedIdTokenClaims(tokens)
  const userinfo = await oauth.processUserInfoResponse(as, client, sub,
    await oauth.userInfoRequest(as, client, tokens.access_token, options))
  const refresh = async () => oauth.processRefreshTokenResponse(as, client,
    await oauth.refreshTokenGrantRequest(as, client, none, tokens.refresh_token, options))
  const next = await refresh()
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, none, next.refresh_token, insecure))
  const reason = await refresh().catch((error) => error.error)
  const gone = await oauth.userInfoRequest(as, client, tokens.access_token, options).catch((error) => error.cause?.[0]?.parameters?.error)
  return { tokenType: tokens.token_type, sub, userinfo, refreshed: typeof next.access_token === 'string', reason, afterRevocation: String(gone?.status ?? gone) }
}
window.told = (location.pathname === '/callback' ? finish() : begin()).catch((error) => ({ error: String(error) }))
`

/** What every page of the app is: a policy as strict as lets it speak with the server. */
function answer(path: string) {
  if (path === '/app.js') return { body: script, type: 'text/javascript' }
  if (path === '/oauth4webapi.js') return { body: library(), type: 'text/javascript' }
  const policy = `default-src 'none'; script-src 'self'; connect-src ${server.base}`
  if (path === '/blank') return { body: '<!doctype html><title>Blank</title>', policy }
  const settings = JSON.stringify({ issuer: server.base, clientId: app.clientId, team: 'pages' })
  return {
    body: `<!doctype html><title>A page</title><script id="settings" type="application/json">${settings}</script><script type="module" src="/app.js"></script>`,
    policy,
  }
}

describe('a client that is a page', { skip }, () => {
  before(async () => {
    server = await startServer({
      startAt: Math.floor(Date.now() / 1000),
      doors: { openchatstudio: { browserClients: true, dpop: 'optional' } },
    })
    site = await startWebSite('localhost', answer)
    other = await startWebSite('127.0.0.1', answer)
    person = await newPerson(server)
    await newTeam(server, 'pages', [person])
    app = await newApp(server, {
      door: 'openchatstudio',
      type: 'public',
      redirect_uris: [`${site.origin}/callback`],
      scope: 'openid chatbot:read',
    })
    browser = await startChromium()
  })
  after(async () => {
    await browser.close()
    await Promise.all([site.close(), other.close()])
    await server.close()
  })

  test('signs somebody in by code, PKCE and DPoP, reads who it is, refreshes and revokes', async () => {
    const page = await browser.context.newPage()
    await page.goto(`${site.origin}/`)
    await page.getByLabel(/e-?mail/i).fill(person.email)
    await page.getByLabel(/password/i).fill(person.password)
    await page.getByRole('button', { name: /sign in/i }).click()
    await page.getByRole('button', { name: /approve|allow/i }).click()
    await page.waitForURL(`${site.origin}/callback*`)
    const result = await page.evaluate(() => told)
    assert.equal(result.error, undefined)
    assert.deepEqual(
      [result.tokenType, result.sub, result.userinfo?.['sub'], result.refreshed, result.reason],
      ['dpop', person.id, person.id, true, 'invalid_grant'],
    )
    assert.match(String(result.afterRevocation), /^(401|invalid_token)$/)
    await page.close()
  })

  test('of another origin reads nothing, although it names the same client', async () => {
    const page = await browser.context.newPage()
    await page.goto(`${other.origin}/blank`)
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: 'x',
      client_id: app.clientId,
    })
    const asked = (withProof: boolean) =>
      page.evaluate(
        async ([url, form, proof]) =>
          fetch(String(url), {
            method: 'POST',
            body: new URLSearchParams(String(form)),
            ...(proof ? { headers: { DPoP: 'x' } } : {}),
          })
            .then(({ status }) => String(status))
            .catch((error: unknown) => (error instanceof TypeError ? 'unreadable' : 'other')),
        [`${server.base}/o/token/`, body.toString(), withProof] as const,
      )
    assert.deepEqual([await asked(false), await asked(true)], ['unreadable', 'unreadable'])
    await page.close()
  })
})
