/** Documents whose address somebody else wrote. A real server with real TLS, which does to us what it can. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import { after, before, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type Authority, hasOpenssl, newAuthority } from '../../../../test/support/certificates.ts'
import { parseDocumentUrl } from '@sallyport/protocol'
import { type DocumentRequest, fetchDocument } from '../../src/net/fetch-document.ts'

const skip = !hasOpenssl && 'openssl is not on this machine'
const json = { 'content-type': 'application/json' }

let authority: Authority
let server: Server
let origin = ''
let asked = 0

const answers: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  '/good': (_, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'max-age=60' })
      .end('{"keys":[]}'),
  '/headers': ({ headers }, response) => response.writeHead(200, json).end(JSON.stringify(headers)),
  '/redirect': (_, response) => response.writeHead(302, { location: `${origin}/good` }).end(),
  '/missing': (_, response) => response.writeHead(404, json).end('{}'),
  '/html': (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('{}'),
  '/untyped': (_, response) => response.writeHead(200).end('{}'),
  '/long': (_, response) =>
    response.writeHead(200, { ...json, 'content-length': '5000' }).end('x'.repeat(5000)),
  '/longer': (_, response) => {
    response.writeHead(200, json)
    response.write('x'.repeat(3000))
    response.end('x'.repeat(3000))
  },
  '/zipped': (_, response) => response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end('x'),
  '/binary': (_, response) => response.writeHead(200, json).end(Buffer.from([0xff, 0xfe])),
  '/silent': () => {},
  '/dripping': (_, response) => {
    response.writeHead(200, json)
    response.write('{')
  },
  '/broken': (_, response) => {
    response.writeHead(200, { ...json, 'content-length': '100' })
    response.write('{', () => response.destroy())
  },
}

before(async () => {
  if (skip) return
  authority = await newAuthority()
  const { cert, key } = await authority.issue({
    subject: '/CN=docs',
    names: ['IP:127.0.0.1', 'DNS:docs.test'],
  })
  setDefaultCACertificates([...getCACertificates('default'), authority.cert])
  server = createServer({ cert, key }, (request, response) => {
    asked += 1
    answers[request.url ?? '']?.(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  origin = `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
})
after(async () => {
  if (skip) return
  server.closeAllConnections()
  server.close()
  await authority.close()
})

const wish = (url: string, more: Partial<DocumentRequest> = {}): DocumentRequest => ({
  url,
  accept: ['application/json'],
  maxBytes: 4000,
  timeoutMs: 20_000,
  privateNetworks: ['127.0.0.0/8'],
  ...more,
})

async function reasonOf(request: DocumentRequest): Promise<string> {
  const answer = await fetchDocument(request)
  return answer.outcome === 'refuse' ? answer.reason : 'fetched'
}

test('a document comes as text, with the time for which it is fresh', { skip }, async () => {
  assert.deepEqual(await fetchDocument(wish(`${origin}/good`)), {
    outcome: 'ok',
    body: '{"keys":[]}',
    lifetime: 60,
  })
})

test('a request says nothing of us but what it wants', { skip }, async () => {
  const answer = await fetchDocument(wish(`${origin}/headers`))
  assert.ok(answer.outcome === 'ok')
  assert.deepEqual(Object.keys(JSON.parse(answer.body)).sort(), [
    'accept',
    'accept-encoding',
    'connection',
    'host',
    'user-agent',
  ])
})

const refused: [name: string, path: string, reason: RegExp, more?: Partial<DocumentRequest>][] = [
  ['RFC 9700 §4.11: a redirect is not followed', '/redirect', /^answered 302$/],
  ['an error is no document', '/missing', /^answered 404$/],
  ['another media type', '/html', /media type/],
  ['no media type', '/untyped', /media type/],
  ['a length over the limit', '/long', /too large/],
  ['a body over the limit that did not say so', '/longer', /too large/],
  ['a compressed body, which could unfold to any size', '/zipped', /encoded/],
  ['bytes that are no text', '/binary', /failed/],
  ['an answer that never comes', '/silent', /took too long/, { timeoutMs: 300 }],
  ['an answer that never ends', '/dripping', /took too long/, { timeoutMs: 300 }],
  ['a connection that breaks', '/broken', /failed/],
]
for (const [name, path, reason, more] of refused) {
  test(`refused: ${name}`, { skip }, async () => {
    assert.match(await reasonOf(wish(origin + path, more)), reason)
  })
}

test('an address of a private network is not asked, unless it is allowed', { skip }, async () => {
  const askedSoFar = asked
  const closed = { privateNetworks: [] }
  assert.match(await reasonOf(wish(`${origin}/good`, closed)), /private/)
  const { port } = new URL(origin)
  assert.match(await reasonOf(wish(`https://localhost:${port}/good`, closed)), /private/)
  assert.match(await reasonOf(wish('https://[::1]/good', closed)), /private/)
  assert.match(await reasonOf(wish('https://[::ffff:169.254.169.254]/', closed)), /private/)
  assert.match(await reasonOf(wish('https://2130706433/', closed)), /private/, '127.0.0.1 as one number')
  assert.match(await reasonOf(wish('https://0x7f.1/', closed)), /private/, 'and in hex')
  assert.match(await reasonOf(wish('https://10.0.0.1/')), /private/, 'what is allowed is no more than that')
  assert.equal(asked, askedSoFar)
})

/** Names that are looked up here, each answer once; nobody else knows them. */
function resolver(...lists: readonly (readonly string[])[]) {
  const looked: string[] = []
  const resolve = (host: string) => {
    const addresses = lists[looked.length] ?? ['10.0.0.1']
    looked.push(host)
    return Promise.resolve(addresses.map((address) => ({ address })))
  }
  return { looked, resolve }
}

test('a name is looked up once, and the address that was checked is the one that is asked', {
  skip,
}, async () => {
  const { port } = new URL(origin)
  const { looked, resolve } = resolver(['127.0.0.1'])
  const answer = await fetchDocument(wish(`https://docs.test:${port}/good`, { resolve }))
  assert.equal(answer.outcome, 'ok', JSON.stringify(answer))
  assert.deepEqual(looked, ['docs.test'])
  const { resolve: turned } = resolver(['10.0.0.1'])
  assert.match(await reasonOf(wish(`https://docs.test:${port}/good`, { resolve: turned })), /private/)
})

test('a name with one private address among public ones is not asked', { skip }, async () => {
  const askedSoFar = asked
  const { port } = new URL(origin)
  for (const addresses of [
    ['93.184.216.34', '127.0.0.1'],
    ['::ffff:10.0.0.1'],
    ['2606:2800::1', 'fd00::1'],
    [],
  ]) {
    const { resolve } = resolver(addresses)
    const wanted = wish(`https://docs.test:${port}/good`, { privateNetworks: [], resolve })
    assert.match(await reasonOf(wanted), addresses.length === 0 ? /no address/ : /private/)
  }
  assert.equal(asked, askedSoFar)
})

test('a certificate for another name is refused', { skip }, async () => {
  const { port } = new URL(origin)
  assert.match(
    await reasonOf(wish(`https://localhost:${port}/good`, { privateNetworks: ['127.0.0.0/8', '::1/128'] })),
    /failed: ERR_TLS_CERT_ALTNAME_INVALID/,
  )
})

test('nobody there, and no such name, are answers', async () => {
  assert.match(await reasonOf(wish('https://127.0.0.1:1/')), /failed: ECONNREFUSED/)
  assert.match(await reasonOf(wish('https://no-such-name.invalid/')), /failed: (ENOTFOUND|EAI_AGAIN)/)
})

const addresses: [name: string, url: string, reason: RegExp | undefined][] = [
  ['https', 'https://app.example/jwks.json?x=1', undefined],
  ['http', 'http://app.example/', /not https/],
  ['a file', 'file:///etc/passwd', /not https/],
  ['credentials', 'https://a:b@app.example/', /credentials/],
  ['a fragment', 'https://app.example/#x', /fragment/],
  ['an empty fragment', 'https://app.example/#', /fragment/],
  ['no address', 'app.example', /not an address/],
  ['an endless one', `https://app.example/${'x'.repeat(2000)}`, /not an address/],
]
for (const [name, url, reason] of addresses) {
  test(`address of a document: ${name}`, async () => {
    const said = parseDocumentUrl(url)
    if (typeof said !== 'string') return assert.equal(reason, undefined)
    assert.match(said, reason ?? /nothing/)
    assert.equal(await reasonOf(wish(url)), said, 'and it is not asked either')
  })
}
