/** Clients whose id is the address of a document. @see draft-ietf-oauth-client-id-metadata-document-02 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import { after, before, beforeEach, test } from 'node:test'
import { SignJWT } from 'jose'
import {
  administer,
  approve,
  authorizePath,
  call,
  exchange,
  type Flow,
  fresh,
  getCode,
  newPerson,
  newPkce,
  responseOf,
  signedInBrowser,
} from '../support/actors.ts'
import { assertionBy, byAssertion, newClientKey } from '../support/assertions.ts'
import { type Authority, hasOpenssl, newAuthority } from '../support/certificates.ts'
import { createBrowser } from '../support/browser.ts'
import { type Answer, text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'

const skip = !hasOpenssl && 'openssl is not on this machine'
const generous = { limit: 1_000_000, window: 60 }
const clientDocuments = {}
const clientAuth = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none']
const loopback = 'http://127.0.0.1:3000/callback'

interface Served {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

let authority: Authority
let host: Server
let origin = ''
/** What is at each path, and how often each was asked for. */
const served = new Map<string, Served>()
const asked = new Map<string, number>()
let server: TestServer

before(async () => {
  if (skip) return
  authority = await newAuthority()
  const { cert, key } = await authority.issue({ subject: '/CN=app', names: ['IP:127.0.0.1'] })
  host = createServer({ cert, key }, (request, response) => {
    const path = request.url ?? ''
    asked.set(path, (asked.get(path) ?? 0) + 1)
    const { status, headers, body } = served.get(path) ?? { status: 404, headers: {}, body: '' }
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
  })
  host.listen(0, '127.0.0.1')
  await once(host, 'listening')
  const address = host.address()
  origin = `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  server = await startServer({
    doors: {
      'osir-oauth': {
        clientDocuments,
        clientAuth,
        credentialLimit: generous,
        pushedRequests: 'optional',
        requestObjects: 'optional',
        browserClients: true,
      },
      openchatstudio: { clientDocuments: { hosts: ['apps.example', '127.0.0.1'] } },
    },
    privateNetworks: ['127.0.0.0/8'],
    extraCertificates: authority.certPath,
  })
})
after(async () => {
  if (skip) return
  host.closeAllConnections()
  host.close()
  await server.close()
  await authority.close()
})
// Documents that one address may make the server fetch are counted by the clock.
beforeEach(() => (skip ? undefined : server.advance(300)))

/** Puts a document at an address of its own, or says something else there. */
function publish(more: object = {}, answer: Partial<Served> = {}) {
  const path = `/${fresh('client')}.json`
  const id = origin + path
  const put = (members: object, other: Partial<Served> = {}) => {
    const document = { client_id: id, client_name: 'Lighthouse', redirect_uris: [loopback], ...members }
    served.set(path, { status: 200, headers: {}, body: JSON.stringify(document), ...other })
  }
  put(more, answer)
  return { id, put, asked: () => asked.get(path) ?? 0, gone: () => served.delete(path) }
}

function flowOf(clientId: string, redirectUri = loopback): Flow {
  return {
    app: { clientId, secret: '' },
    redirectUri,
    authorize: '/oauth/authorize',
    scope: 'domains:read',
    pkce: newPkce(),
    more: { state: 's' },
  }
}

const newBrowser = async (at = server) => signedInBrowser(at, await newPerson(at))

async function redeem(
  flow: Flow,
  code: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const form = { grant_type: 'authorization_code', code, redirect_uri: flow.redirectUri, ...more }
  const verifier = flow.pkce?.verifier ?? ''
  return call(server, '/oauth/token', {
    form: { client_id: flow.app.clientId, code_verifier: verifier, ...form },
  })
}

async function pageOf(flow: Flow): Promise<Answer> {
  const browser = await newBrowser()
  return browser.settle(await browser.open(authorizePath(flow)))
}

async function assertUnknown(clientId: string): Promise<void> {
  const page = await pageOf(flowOf(clientId))
  assert.equal(page.status, 400, page.text)
  assert.equal(page.headers.location, undefined)
  assert.match(page.text, /its description is at the address/)
}

test('an app gets tokens without having been registered, and the page says who describes it', {
  skip,
}, async () => {
  const { id, asked: fetched } = publish({ grant_types: ['authorization_code', 'refresh_token'] })
  const flow = flowOf(id)
  const stranger = createBrowser(server.base)
  const signIn = await stranger.settle(await stranger.open(authorizePath(flow)))
  const browser = await newBrowser()
  const page = await browser.settle(await browser.open(authorizePath(flow)))
  assert.ok(signIn.text.includes(`described by <strong><bdi>${new URL(origin).host}</bdi>`), signIn.text)
  assert.match(page.text, /Lighthouse<\/bdi> wants to use your account/)
  assert.ok(page.text.includes(`described by <strong><bdi>${new URL(origin).host}</bdi>`), page.text)
  assert.match(page.text, /127\.0\.0\.1:3000<\/bdi><\/strong>, a program on your own computer/)
  const tokens = await redeem(flow, await getCode(browser, flow))
  assert.equal(tokens.status, 200, tokens.text)
  assert.equal((await call(server, '/v1/domains', { bearer: text(tokens, 'access_token') })).status, 200)
  const refresh_token = text(tokens, 'refresh_token')
  const form = { grant_type: 'refresh_token', refresh_token, client_id: id }
  assert.equal((await call(server, '/oauth/token', { form })).status, 200)
  assert.equal(fetched(), 1, 'the document is kept')
  const metadata = await call(server, '/.well-known/oauth-authorization-server/oauth')
  assert.equal(metadata.json['client_id_metadata_document_supported'], true)
})

test('an app proves itself by the keys of its document, and by nothing else', { skip }, async () => {
  const key = await newClientKey('k')
  const { id } = publish({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } })
  const flow = flowOf(id)
  const browser = await newBrowser()
  const code = await getCode(browser, flow)
  assert.equal((await redeem(flow, code)).status, 401, 'no assertion')
  const assertion = await assertionBy(key, { clientId: id, aud: `${server.base}/oauth`, now: server.now() })
  const tokens = await redeem(flow, code, byAssertion(assertion))
  assert.equal(tokens.status, 200, tokens.text)
  const again = await browser.settle(await browser.open(authorizePath(flow)))
  assert.equal(again.status, 200, 'and is asked about each time')
})

/** An app with a key, the parameters of its request, and what proves it. */
async function newKeyApp() {
  const key = await newClientKey('k')
  const { id } = publish({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } })
  const flow = flowOf(id)
  const params = Object.fromEntries(new URL(authorizePath(flow), origin).searchParams)
  const aud = `${server.base}/oauth`
  const proof = async () => byAssertion(await assertionBy(key, { clientId: id, aud, now: server.now() }))
  return { id, key, flow, params, aud, proof }
}

test('RFC 9126 §2: an app can push its very first request', { skip }, async () => {
  const { id, flow, params, proof } = await newKeyApp()
  const stranger = await call(server, '/oauth/par', { form: params })
  assert.equal(stranger.status, 401, 'it has to prove itself')
  const pushed = await call(server, '/oauth/par', { form: { ...params, ...(await proof()) } })
  assert.equal(pushed.status, 201, pushed.text)
  const query = new URLSearchParams({ client_id: id, request_uri: text(pushed, 'request_uri') })
  const answer = await approve(await newBrowser(), `/oauth/authorize?${query}`)
  const tokens = await redeem(flow, responseOf(answer).get('code') ?? '', await proof())
  assert.equal(tokens.status, 200, tokens.text)
})

test('RFC 9101 §6: an app signs its requests by the keys of its document', { skip }, async () => {
  const { id, key, flow, params, aud, proof } = await newKeyApp()
  const sign = (by = key) =>
    new SignJWT({ ...params, iss: id, aud }).setProtectedHeader({ alg: by.alg, kid: 'k' }).sign(by.privateKey)
  const open = async (request: string) =>
    approve(await newBrowser(), `/oauth/authorize?${new URLSearchParams({ client_id: id, request })}`)
  const tokens = await redeem(flow, responseOf(await open(await sign())).get('code') ?? '', await proof())
  assert.equal(tokens.status, 200, tokens.text)
  const forged = await open(await sign(await newClientKey('k')))
  assert.equal(responseOf(forged).get('error'), 'invalid_request_object')
})

test('a redirect address has to be in the document as it is now', { skip }, async () => {
  const { id, put } = publish({}, { headers: { 'cache-control': 'max-age=120' } })
  const elsewhere = flowOf(id, 'https://elsewhere.example/cb')
  assert.equal((await pageOf(elsewhere)).status, 400)
  put({ redirect_uris: ['https://elsewhere.example/cb'] })
  assert.equal((await pageOf(elsewhere)).status, 400, 'the document is kept for as long as it said')
  await server.advance(120)
  assert.equal((await pageOf(elsewhere)).status, 200)
  assert.equal((await pageOf(flowOf(id))).status, 400, 'what it no longer says does not hold')
})

test('nobody is asked for an app whose document can’t be had now; its users stay', { skip }, async () => {
  const { id, gone } = publish({ grant_types: ['authorization_code', 'refresh_token'] })
  const flow = flowOf(id)
  const tokens = await redeem(flow, await getCode(await newBrowser(), flow))
  gone()
  await server.advance(3600)
  await assertUnknown(id)
  const refresh_token = text(tokens, 'refresh_token')
  const form = { grant_type: 'refresh_token', refresh_token, client_id: id }
  assert.equal((await call(server, '/oauth/token', { form })).status, 200)
})

test('an app with keys proves nothing by a document that may have changed', { skip }, async () => {
  const key = await newClientKey('k')
  const { id, gone } = publish({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } })
  const flow = flowOf(id)
  const browser = await newBrowser()
  await browser.settle(await browser.open(authorizePath(flow)))
  gone()
  await server.advance(3600)
  const assertion = await assertionBy(key, { clientId: id, aud: `${server.base}/oauth`, now: server.now() })
  const refused = await redeem(flow, 'x', byAssertion(assertion))
  assert.equal(refused.status, 401, refused.text)
  assert.equal(refused.json['error'], 'invalid_client')
})

test('Fetch Standard §3.2.3: pages of a described app may ask once somebody was asked for it, and no others', {
  skip,
}, async () => {
  const page = `https://${fresh('page')}.example`
  const { id } = publish({ redirect_uris: [`${page}/cb`] })
  const ask = async () => {
    const form = { grant_type: 'authorization_code', code: 'x', client_id: id }
    const answer = await call(server, '/oauth/token', { form, headers: { Origin: page } })
    return answer.headers['access-control-allow-origin']
  }
  assert.equal(await ask(), undefined)
  await pageOf(flowOf(id, `${page}/cb`))
  assert.equal(await ask(), page)
})

const documents: [name: string, more: object, answer: Partial<Served>][] = [
  ['of another address', { client_id: 'https://other.example/client' }, {}],
  ['with a promise that the door can’t keep', { tls_client_certificate_bound_access_tokens: true }, {}],
  ['that wants bound tokens of a door that binds none', { dpop_bound_access_tokens: true }, {}],
  ['that may not be told who people are, at a door that tells', { subject_type: 'pairwise' }, {}],
  ['that wants another algorithm than the server signs with', { id_token_signed_response_alg: 'RS256' }, {}],
  ['that names another document', { sector_identifier_uri: 'https://app.example/sector.json' }, {}],
  ['with a secret', { client_secret: 'x' }, {}],
  ['with a bad redirect address', { redirect_uris: ['http://app.example/cb'] }, {}],
  ['that is no JSON', {}, { body: '<html>' }],
  ['of another media type', {}, { headers: { 'content-type': 'text/html' } }],
  ['that leads elsewhere', {}, { status: 302, headers: { location: '/other.json' } }],
  ['that is too large', { client_uri: `https://a.example/${'a'.repeat(17 * 1024)}` }, {}],
  ['that is packed', {}, { headers: { 'content-encoding': 'gzip' } }],
]
for (const [name, more, answer] of documents) {
  test(`a document ${name} describes no client`, { skip }, async () => {
    const { id, asked: fetched } = publish(more, answer)
    await assertUnknown(id)
    await assertUnknown(id)
    assert.equal(fetched(), 1, 'and is not asked for again at once')
  })
}

test('an address that is none is not asked', { skip }, async () => {
  for (const id of [
    `${origin}/`,
    `${origin}/a/../b`,
    `${origin}/a#b`,
    'https://',
    `${origin.replace('127.0.0.1', '0x7f.1')}/a`,
  ])
    await assertUnknown(id)
  assert.equal(
    [...asked.keys()].some((path) => ['/', '/a', '/b'].includes(path)),
    false,
  )
})

test('the token endpoint fetches nothing for a client that nobody was ever asked about', {
  skip,
}, async () => {
  const { id, asked: fetched } = publish()
  const refused = await redeem(flowOf(id), 'x')
  assert.equal(refused.status, 401)
  assert.equal(refused.json['error'], 'invalid_client')
  assert.equal(fetched(), 0)
})

test('one address can make the server fetch only so much', { skip }, async () => {
  const browser = await newBrowser()
  const open = () => browser.open(authorizePath(flowOf(publish().id)))
  const answers: Answer[] = []
  for (let count = 0; count < 61; count += 1) answers.push(await open())
  assert.equal(answers.filter(({ status }) => status === 429).length, 1)
  assert.equal(answers.at(-1)?.status, 429)
})

test('40 requests for one new document fetch it once', { skip }, async () => {
  const { id, asked: fetched } = publish()
  const browser = await newBrowser()
  const pages = await Promise.all(Array.from({ length: 40 }, () => browser.open(authorizePath(flowOf(id)))))
  assert.deepEqual([...new Set(pages.map(({ status }) => status))], [200])
  assert.equal(fetched(), 1)
})

test('a trusted host is one port of it, 443 where none is named', { skip }, async (t) => {
  const { id, asked: fetched } = publish()
  const page = await pageOf({ ...flowOf(id), authorize: '/o/authorize/', scope: 'chatbot:read' })
  assert.equal(page.status, 400)
  assert.equal(fetched(), 0)
  const named = await startServer({
    doors: { 'osir-oauth': { clientDocuments: { hosts: [new URL(origin).host] } } },
    privateNetworks: ['127.0.0.0/8'],
    extraCertificates: authority.certPath,
  })
  t.after(() => named.close())
  const browser = await newBrowser(named)
  const taken = await browser.settle(await browser.open(authorizePath(flowOf(id))))
  assert.equal(taken.status, 200, taken.text)
})

test('a door takes documents of the hosts that it trusts, or none', { skip }, async (t) => {
  const { id, asked: fetched } = publish()
  const page = await pageOf({ ...flowOf(id), authorize: '/o/authorize/', scope: 'chatbot:read' })
  assert.equal(page.status, 400)
  const closed = await startServer({ extraCertificates: authority.certPath })
  t.after(() => closed.close())
  const browser = await newBrowser(closed)
  const refused = await browser.settle(await browser.open(authorizePath(flowOf(id))))
  assert.equal(refused.status, 400)
  assert.equal(fetched(), 0)
})

test('a document in a private network is not fetched unless that is allowed', { skip }, async (t) => {
  const closed = await startServer({
    doors: { 'osir-oauth': { clientDocuments } },
    extraCertificates: authority.certPath,
  })
  t.after(() => closed.close())
  const { id, asked: fetched } = publish()
  const browser = await newBrowser(closed)
  for (const one of [
    id,
    'https://[::1]/client',
    'https://[::ffff:169.254.169.254]/latest',
    'https://localhost/client',
  ]) {
    const page = await browser.settle(await browser.open(authorizePath(flowOf(one))))
    assert.equal(page.status, 400)
  }
  assert.equal(fetched(), 0)
  await closed.stop()
  assert.match(closed.log(), /an address of a private network/)
})

test('a client that an administrator removed ends with its tokens', { skip }, async () => {
  const { id } = publish()
  const flow = flowOf(id)
  const tokens = await exchange(server, '/oauth/token', { ...flow, app: { clientId: id, secret: '' } }, 'x')
  assert.equal(tokens.status, 401)
  const granted = await redeem(flow, await getCode(await newBrowser(), flow))
  const bearer = text(granted, 'access_token')
  await administer(server, 'DELETE', `/clients/${encodeURIComponent(id)}`)
  assert.equal((await call(server, '/v1/domains', { bearer })).status, 401)
})
