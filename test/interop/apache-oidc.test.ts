/** An Apache with `mod_auth_openidc` that protects a page, and an API by access tokens. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import { after, before, describe, test } from 'node:test'
import { newApp, newMachine, newPerson, type Person } from '../support/actors.ts'
import { type ApacheSite, skipWithoutApache, startApache } from '../support/apache-oidc.ts'
import { machineToken } from '../support/assertions.ts'
import { type Authority, newAuthority } from '../support/certificates.ts'
import { chromiumPath, startChromium } from '../support/chromium.ts'
import { type ClientSite, openClientSite } from '../support/client-site.ts'
import { send, text } from '../support/http.ts'
import type { RunningProgram } from '../support/program.ts'
import { until } from '../support/until.ts'
import { freePort, startServer, type TestServer } from '../support/server.ts'
import { newVisitor, type Visitor } from '../support/visitor.ts'

const methods = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'] as const
type Name = (typeof methods)[number] | 'wrong'

let server: TestServer
let person: Person
let backend: ClientSite
let authority: Authority
let keysSite: Server
let running: RunningProgram | undefined
const apache = () => running ?? assert.fail('Apache did not start')
const ports = new Map<Name, number>()

/** The server's keys by https, as a TLS proxy before it would serve them. */
async function startKeysSite(): Promise<string> {
  authority = await newAuthority()
  const { cert, key } = await authority.issue({ subject: '/CN=server', names: ['IP:127.0.0.1'] })
  keysSite = createServer(
    { cert, key },
    (_, response) =>
      void (async () => {
        const keys = await send(`${server.base}/.well-known/jwks.json`)
        response.setHeader('content-type', 'application/json').end(keys.text)
      })(),
  ).listen(0, '127.0.0.1')
  await once(keysSite, 'listening')
  const address = keysSite.address()
  return `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/keys`
}

describe('Apache with mod_auth_openidc', { skip: skipWithoutApache }, () => {
  before(async () => {
    server = await startServer({
      // The module verifies by its own clock.
      startAt: Math.floor(Date.now() / 1000),
      // Its assertions are for the token endpoint, and it can't be told otherwise.
      doors: { openchatstudio: { clientAuth: methods, insecureEndpointAudience: true } },
    })
    person = await newPerson(server)
    backend = await openClientSite()
    backend.serve((request, response) => response.end(JSON.stringify(request.headers)))
    async function newSite(name: Name): Promise<ApacheSite> {
      const port = await freePort()
      ports.set(name, port)
      const method = name === 'wrong' ? 'client_secret_basic' : name
      const app = await newApp(server, {
        door: 'openchatstudio',
        redirect_uris: [`http://127.0.0.1:${port}/private/redirect`],
        scope: 'openid profile chatbot:read',
        token_endpoint_auth_method: method,
      })
      const secret = name === 'wrong' ? 'wrong' : app.secret
      return { port, clientId: app.clientId, secret, method }
    }
    const sites = await Promise.all([...methods, 'wrong' as const].map(newSite))
    const jwksUri = await startKeysSite()
    running = await startApache(sites, {
      issuer: server.base,
      jwksUri,
      backend: backend.origin,
      authority: authority.cert,
    })
  })
  after(async () => {
    await running?.close()
    await server.close()
    await backend.close()
    keysSite.closeAllConnections()
    keysSite.close()
    await authority.close()
  })

  const at = (name: Name, path: string) => `http://127.0.0.1:${ports.get(name)}${path}`
  /** What the backend was sent, when somebody opens the page. */
  async function open(visitor: Visitor, name: Name, decision?: 'approve' | 'deny') {
    const { answer, url } = await visitor.visit(at(name, '/private/page'), decision)
    return { answer: answer ?? assert.fail(url.href), url }
  }

  for (const method of methods) {
    test(`somebody who has signed in is told to the page behind, by ${method}`, async () => {
      const { answer, url } = await open(newVisitor(server, person), method)
      assert.equal(url.pathname, '/private/page', answer.text + apache().log())
      assert.equal(answer.json['oidc_claim_sub'], person.id, answer.text + apache().log())
      assert.equal(answer.json['oidc_claim_email'], person.email)
      assert.equal(answer.json['oidc_claim_iss'], server.base)
    })
  }

  test('in Chromium, the first time and when consent stands', {
    skip: chromiumPath === undefined && 'Chromium is not installed on this machine; CI installs it',
  }, async (t) => {
    const { email, password } = await newPerson(server)
    const browser = await startChromium()
    t.after(() => browser.close())
    const page = await browser.context.newPage()
    const arrive = at('client_secret_basic', '/private/page')
    for (const consents of [true, false]) {
      await browser.context.clearCookies()
      await page.goto(arrive)
      await page.getByLabel(/e-?mail/i).fill(email)
      await page.getByLabel(/password/i).fill(password)
      await page.getByRole('button', { name: /sign in/i }).click()
      // The policy of the page that sends the form is held to every redirect up to the page behind Apache.
      if (consents) await page.getByRole('button', { name: 'Approve' }).click()
      await page.waitForURL(arrive)
      assert.ok((await page.content()).includes(email))
    }
  })

  test('the page is told access tokens that are refreshed, until the person signs out', async () => {
    const visitor = newVisitor(server, person)
    const name = 'client_secret_post'
    const first = (await open(visitor, name)).answer.json['oidc_access_token']
    await server.advance(1)
    const second = (await open(visitor, name)).answer.json['oidc_access_token']
    assert.ok(first && second)
    assert.notEqual(first, second)
    await visitor.browser.open(at(name, `/private/redirect?logout=${encodeURIComponent(at(name, '/'))}`))
    const { url } = await visitor.visit(at(name, '/private/page'), 'approve', server.base)
    assert.equal(url.pathname, '/o/authorize')
  })

  test('an access token opens the API, and no other token does', async () => {
    const { clientId, secret } = await newMachine(server, {
      token_endpoint_auth_method: 'client_secret_post',
    })
    const granted = await machineToken(server, { client_id: clientId, client_secret: secret })
    const bearer = text(granted, 'access_token')
    const name = 'client_secret_post'
    const answer = await send(at(name, '/api/page'), { bearer })
    assert.equal(answer.json['oidc_claim_client_id'], clientId, answer.text + apache().log())
    const [header = '', claims = '', signature] = bearer.split('.')
    const other = `${claims.slice(0, -4)}${claims.at(-4) === 'A' ? 'B' : 'A'}${claims.slice(-3)}`
    const changed = `${header}.${other}.${signature}`
    assert.equal((await send(at(name, '/api/page'), { bearer: changed })).status, 401)
    assert.equal((await send(at(name, '/api/page'))).status, 401)
  })

  test('somebody who said no is not let in', async () => {
    const visitor = newVisitor(server, await newPerson(server))
    const page = at('client_secret_basic', '/private/page')
    const { url } = await visitor.visit(page, 'deny', at('client_secret_basic', '/private/redirect'))
    assert.equal(url.searchParams.get('error'), 'access_denied')
    // Version 2.4.12 takes a refusal that names its issuer (RFC 9207 §2) for a sign-in that the provider began, and answers with two
    // pages in one, which is no HTTP.
    await visitor.visit(url).catch(() => undefined)
    assert.equal((await visitor.visit(page, 'deny', server.base)).url.pathname, '/o/authorize')
  })

  test('it says that its secret is wrong', async () => {
    const { answer, url } = await open(newVisitor(server, person), 'wrong')
    assert.equal(url.pathname, '/private/redirect')
    await until(() => apache().log().includes('invalid_client'))
    assert.match(answer.text, /Error/)
  })

  test('it says that a code was used before', async () => {
    const visitor = newVisitor(server, person)
    const redirect = at('client_secret_basic', '/private/redirect')
    const page = at('client_secret_basic', '/private/page')
    const first = await visitor.visit(page, 'approve', redirect)
    assert.equal((await visitor.visit(first.url)).url.href, page)
    const other = newVisitor(server, person)
    const second = await other.visit(page, 'approve', redirect)
    second.url.searchParams.set('code', first.url.searchParams.get('code') ?? '')
    await other.visit(second.url)
    await until(() => apache().log().includes('invalid_grant'))
  })
})
