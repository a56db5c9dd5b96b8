import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { after, afterEach, before, test } from 'node:test'
import { until } from '../../../test/support/until.ts'
import { apps, createTokens, sessionTokens, TokenError, type TokensOptions, vendors } from '../src/index.ts'

// What a proxy, a captive portal or a hostile server may answer, over real connections.
const secret = 's3cret-of-the-vendor'
let answer: RequestListener
let asked = 0
let server: Server
let url: string
before(async () => {
  server = createServer((request, response) => {
    asked += 1
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
})
after(() => {
  server.closeAllConnections()
  server.close()
})
afterEach(() => {
  asked = 0
})

const waits: number[] = []
function tokensOf(more: Partial<TokensOptions> = {}) {
  waits.length = 0
  return createTokens({
    door: vendors({ server: url, clientId: 'id', clientSecret: secret }),
    now: () => 1_800_000_000,
    sleep: async (ms) => void waits.push(ms),
    timeoutMs: 10_000,
    ...more,
  })
}
async function failureOf(call: Promise<unknown>): Promise<TokenError> {
  const error = await call.then(
    () => assert.fail('it was taken'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof TokenError, String(error))
  const { cause } = error
  for (const text of [error.message, error.stack, JSON.stringify(error), String(cause)])
    assert.doesNotMatch(text ?? '', new RegExp(secret))
  return error
}

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }
const text =
  (status: number, body: string): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'text/html' }).end(body)
  }
const good = { access_token: 'a', token_type: 'Bearer', expires_in: 3600, refresh_token: 'r' }

const cases: [
  name: string,
  answers: RequestListener,
  code: string,
  status: number | undefined,
  asked: number,
][] = [
  ['a page where tokens should be', text(200, '<html>Sign in to the hotel'), 'malformed_answer', 200, 1],
  ['half of an answer', text(200, '{"access_token": "a", "exp'), 'malformed_answer', 200, 1],
  ['a list', json(200, [good]), 'malformed_answer', 200, 1],
  ['an answer without a token', json(200, { ...good, access_token: null }), 'malformed_answer', undefined, 1],
  [
    'a token with a line break',
    json(200, { ...good, access_token: 'a\r\nhost: evil' }),
    'malformed_answer',
    undefined,
    1,
  ],
  [
    'an answer larger than any',
    json(200, { ...good, padding: 'x'.repeat(200_000) }),
    'malformed_answer',
    200,
    1,
  ],
  [
    'a redirect',
    (_request, response) => response.writeHead(307, { location: 'http://127.0.0.1:1/steal' }).end(),
    'redirected',
    307,
    1,
  ],
  [
    'a refusal that echoes the secret',
    json(400, { error: secret, error_description: secret }),
    'refused',
    400,
    1,
  ],
  ['a page of a proxy that finds nobody behind it', text(502, '<h1>Bad Gateway</h1>'), 'unavailable', 502, 4],
  ['a server that is overloaded', json(503, {}, { 'retry-after': '2' }), 'unavailable', 503, 4],
  [
    'too many requests',
    json(429, { error: 'rate_limited' }, { 'retry-after': '60' }),
    'rate_limited',
    429,
    1,
  ],
  ['a connection that is cut', (request) => void request.socket.destroy(), 'unreachable', undefined, 4],
]
for (const [name, answers, code, status, times] of cases) {
  test(`${name} is a typed error: ${code}`, async () => {
    answer = answers
    const error = await failureOf(tokensOf().access())
    assert.deepEqual([error.code, error.status, asked], [code, status, times])
  })
}

test('an answer without an end is let go of, at its size or at its time', async () => {
  let closed = 0
  answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const more = () =>
      void (response.write('x'.repeat(10_000)) ? setImmediate(more) : response.once('drain', more))
    response.on('close', () => (closed += 1))
    more()
  }
  assert.equal((await failureOf(tokensOf().access())).code, 'malformed_answer')
  answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{')
    response.on('close', () => (closed += 1))
  }
  assert.equal((await failureOf(tokensOf({ timeoutMs: 300 }).access())).code, 'unreachable')
  await until(() => closed === 5)
})

test('Retry-After is waited for when it is short, and told when it is long', async () => {
  answer = json(503, {}, { 'retry-after': '7' })
  await failureOf(tokensOf().access())
  assert.deepEqual(waits, [7000, 7000, 7000])
  answer = json(429, {}, { 'retry-after': '60' })
  let now = 1_800_000_000
  const tokens = tokensOf({ now: () => now })
  assert.equal((await failureOf(tokens.access())).retryAfter, 60)
  asked = 0
  now += 59
  await failureOf(tokens.access())
  assert.equal(asked, 0, 'the server said how long to leave it alone')
  now += 1
  answer = json(200, good)
  assert.equal(await tokens.access(), 'a')
})

test('a server that fails is not noticed while the token lasts', async () => {
  answer = json(200, good)
  let now = 1_800_000_000
  const tokens = tokensOf({ now: () => now })
  await tokens.access()
  now += 3560
  answer = json(500, {})
  assert.equal(await tokens.access(), 'a')
  await until(() => asked === 5)
  assert.equal(await tokens.access(), 'a')
  now += 40
  assert.equal((await failureOf(tokens.access())).code, 'unavailable')
})

test('an answer without a refresh token leaves the old one in force', async () => {
  const bodies: string[] = []
  const { refresh_token: _, ...rest } = good
  answer = (request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      bodies.push(body)
      json(200, bodies.length === 1 ? good : rest)(request, response)
    })
  }
  let now = 1_800_000_000
  const tokens = tokensOf({ now: () => now })
  for (let round = 0; round < 3; round += 1) {
    await tokens.access()
    now += 3600
  }
  assert.deepEqual(bodies.slice(1), ['{"refresh_token":"r"}', '{"refresh_token":"r"}'])
})

const unsafe: [name: string, make: () => unknown][] = [
  ['no address', () => vendors({ server: 'login', clientId: 'id', clientSecret: secret })],
  [
    'plain http elsewhere',
    () => vendors({ server: 'http://login.example', clientId: 'id', clientSecret: secret }),
  ],
  [
    'a name that only begins like this machine',
    () => vendors({ server: 'http://localhost.evil.example', clientId: 'id', clientSecret: secret }),
  ],
  ['another scheme', () => vendors({ server: 'ftp://login.example', clientId: 'id', clientSecret: secret })],
  [
    'a user name',
    () => vendors({ server: 'https://a:b@login.example', clientId: 'id', clientSecret: secret }),
  ],
  ['no secret', () => vendors({ server: url, clientId: 'id', clientSecret: '' })],
  ['a key with a line break', () => sessionTokens({ server: url, key: `${secret}\n# mine` })],
  ['a key with a space around it', () => sessionTokens({ server: url, key: ` ${secret}` })],
  ['an API over plain http', () => tokensOf({ api: 'http://api.example' })],
  ['one API of several over plain http', () => tokensOf({ api: [url, 'http://api.example'] })],
  [
    'an issuer over plain http',
    () => apps({ endpoints: { issuer: 'http://login.example', authorize: url, token: url }, clientId: 'id' }),
  ],
]
for (const [name, make] of unsafe) {
  test(`options: ${name} is a TypeError, without the secret`, () => {
    assert.throws(make, (error: Error) => error instanceof TypeError && !error.message.includes(secret))
  })
}

test('options: plain http is possible where it is asked for by name', () => {
  const options = {
    server: 'http://sallyport:4455',
    clientId: 'id',
    clientSecret: secret,
    insecureHttp: true,
  }
  assert.equal(vendors(options).origin, 'http://sallyport:4455')
  tokensOf({ api: 'http://api:8080', insecureHttp: true })
  const endpoints = {
    issuer: 'http://sallyport:4455/oauth',
    authorize: 'http://sallyport:4455/oauth/authorize',
    token: 'http://sallyport:4455/oauth/token',
  }
  assert.equal(apps({ endpoints, clientId: 'id', insecureHttp: true }).origin, 'http://sallyport:4455')
})
