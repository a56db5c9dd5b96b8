/** Who is calling, behind every reverse proxy for which the documentation has an example, by that example. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { call, newPerson } from '../support/actors.ts'
import { send, text } from '../support/http.ts'
import { openStage, proxies, type Stage } from '../support/proxies/index.ts'
import { valuesOf } from '../support/proxies/listeners.ts'
import { type ProxyKind, skipWithout } from '../support/proxies/program.ts'
import { exchangeRaw, rawRequest } from '../support/proxies/raw.ts'
import { options } from '../support/proxies/routes.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
before(async () => (server = await startServer(options)))
after(() => server.close())

const key = (name = 'live') => ({ 'X-API-Key': server.demo.keys[name] ?? '' })
const keyLine = (name = 'live') => `X-API-Key: ${server.demo.keys[name]}`
const names = [
  'kind',
  'id',
  'door',
  'account',
  'client',
  'team',
  'plan',
  'role',
  'scopes',
  'environment',
  'token',
].map((name) => `x-auth-${name}`)

/** That the API was told by the proxy what Sallyport has told the proxy: each header once at most, and no other value. */
function assertTold({ api, desk }: Stage): void {
  const [arrived, { told } = assert.fail('nobody asked')] = [api.seen.at(-1), desk.asked.at(-1)]
  for (const name of names) {
    const values = valuesOf(arrived, name).filter((value) => value !== '')
    assert.deepEqual(
      values,
      [told[name] ?? ''].filter((value) => value !== ''),
      name,
    )
  }
}

function aboutIdentity(stage: () => Stage, kind: ProxyKind): void {
  test('the API is told who is calling, and the credential is not passed on', async () => {
    for (const headers of [key(), { Authorization: `Bearer ${server.demo.keys['live']}` }]) {
      const answer = await send(`${stage().base}/v1/domains?page=2&q=a%20b`, { headers })
      assert.equal(answer.status, 200)
      assert.equal(text(answer, 'from'), 'the API')
      const arrived = stage().api.seen.at(-1)
      assert.equal(arrived?.target, '/v1/domains?page=2&q=a%20b')
      assertTold(stage())
      assert.deepEqual(valuesOf(arrived, 'x-auth-kind'), ['api-key'])
      assert.equal(
        arrived?.rawHeaders.some((value) => value.includes(server.demo.keys['live'] ?? '-')),
        false,
      )
    }
  })

  test('the proof of a key is for the guard, not for the API', async () => {
    const headers = { ...key(), DPoP: 'proof' }
    assert.equal((await send(`${stage().base}/v1/domains`, { headers })).status, 200)
    assert.deepEqual(valuesOf(stage().desk.asked.at(-1), 'dpop'), ['proof'])
    assert.deepEqual(valuesOf(stage().api.seen.at(-1), 'dpop').join(''), '')
  })

  test('what a caller says of itself never arrives, however it is spelled', async () => {
    const made = names.flatMap((name) => [name, name.toUpperCase(), name.replaceAll('-', '_')])
    const others = [
      'X-Auth_Id',
      'X_Auth-Id',
      ...(kind.removesListedOnly ? [] : ['X-Auth-Admin', 'X-User-Roles']),
      'X-User-Id',
      'X_User_Id',
      'X-Original-URI',
      'X-Original-Method',
      'X-Original-URL',
      'X-Rewrite-URL',
      'X-Forwarded-Uri',
      'X-Forwarded-Method',
      'X-Forwarded-Prefix',
      'X-Forwarded-User',
      'X-HTTP-Method-Override',
      'X-HTTP-Method',
      'X-Method-Override',
      'X-Real-IP',
      'Forwarded',
    ]
    const lines = [...made, ...made, ...others].map((name) => `${name}: made-up`)
    const bytes = rawRequest('GET /v1/domains HTTP/1.1', [keyLine(), ...lines])
    const count = stage().api.seen.length
    assert.equal((await exchangeRaw(stage().port, bytes)).status, 200)
    assert.equal(stage().api.seen.length, count + 1)
    assert.doesNotMatch(JSON.stringify(stage().api.seen.at(-1)), /made-up/)
    assertTold(stage())
    const { method, target } = stage().api.seen.at(-1) ?? {}
    assert.deepEqual([method, target], ['GET', '/v1/domains'])
  })

  test('the address that is judged is not one that the caller wrote', async () => {
    const lines = [keyLine(), 'X-Forwarded-For: 203.0.113.9', 'X-Forwarded-For: 203.0.113.10']
    assert.equal((await exchangeRaw(stage().port, rawRequest('GET /v1/domains HTTP/1.1', lines))).status, 200)
    // Sallyport believes the last one. On the loopback Envoy tells this machine's own address.
    const told = valuesOf(stage().desk.asked.at(-1), 'x-forwarded-for').join(', ').split(', ').at(-1)
    assert.match(told ?? '', /^\d+(\.\d+){3}$/)
    assert.doesNotMatch(told ?? '', /^203\./)
  })

  test('a Connection header does not make the proxy forget who is calling', async () => {
    for (const value of ['close, X-Auth-Id, X-Auth-Plan', 'X-Auth-Team, close', 'close, x-auth-kind']) {
      const count = stage().api.seen.length
      const bytes = rawRequest('GET /v1/domains HTTP/1.1', [keyLine(), `Connection: ${value}`])
      const { status } = await exchangeRaw(stage().port, bytes)
      if (status === 200) assertTold(stage())
      else assert.equal(status, 400)
      assert.equal(stage().api.seen.length, count + (status === 200 ? 1 : 0))
      const passed = status === 200 ? valuesOf(stage().api.seen.at(-1), 'connection').join() : ''
      assert.doesNotMatch(passed, /auth/i, 'nor the one behind it')
    }
  })

  test('an API that asked for it can verify who is calling', async () => {
    assert.equal((await send(`${stage().base}/v1/domains`, { headers: key() })).status, 200)
    const arrived = stage().api.seen.at(-1)
    const jwks = createRemoteJWKSet(new URL(`${server.base}/.well-known/jwks.json`))
    const { payload } = await jwtVerify(valuesOf(arrived, 'x-auth-token')[0] ?? '', jwks, {
      issuer: `${server.base}/guard`,
      audience: 'GET /v1/domains',
      typ: 'internal+jwt',
      currentDate: new Date(server.now() * 1000),
    })
    assert.equal(payload.sub, valuesOf(arrived, 'x-auth-id')[0])
  })
}

function aboutRequests(stage: () => Stage): void {
  test('a body arrives whole at the API, and the guard never sees it', async () => {
    for (const size of [5, 3_000_000]) {
      const body = randomBytes(size)
      const answer = await send(`${stage().base}/v1/domains`, { method: 'POST', headers: key(), body })
      assert.equal(answer.status, 200)
      const arrived = stage().api.seen.at(-1)
      assert.deepEqual(
        [arrived?.method, arrived?.bodyBytes, arrived?.bodyHash],
        ['POST', size, createHash('sha256').update(body).digest('hex')],
      )
      assert.equal(stage().desk.asked.at(-1)?.bodyBytes, 0)
    }
    const chunks = '5\r\nhello\r\n0\r\n\r\n'
    const lines = [keyLine(), 'Transfer-Encoding: chunked']
    assert.equal(
      (await exchangeRaw(stage().port, rawRequest('POST /v1/domains HTTP/1.1', lines, chunks))).status,
      200,
    )
    assert.equal(stage().api.seen.at(-1)?.bodyBytes, 5)
    assert.equal(stage().desk.asked.at(-1)?.bodyBytes, 0)
  })

  test('HEAD is let through by the rule for GET, HTTP/1.0 like any other', async () => {
    const head = await send(`${stage().base}/v1/domains`, { method: 'HEAD', headers: key('readonly') })
    assert.deepEqual([head.status, stage().api.seen.at(-1)?.method], [200, 'HEAD'])
    assert.equal((await send(`${stage().base}/v1/domains`, { method: 'HEAD' })).status, 401)
    const old = `GET /v1/domains HTTP/1.0\r\nHost: api.example\r\n${keyLine()}\r\n\r\n`
    const { status } = await exchangeRaw(stage().port, old)
    assert.ok([200, 426].includes(status), String(status))
    if (status === 200) assertTold(stage())
  })

  test("a browser's question passes where the route says so, and speaks for nobody", async () => {
    const asks = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'POST' }
    const made = { 'X-Auth-Id': 'made-up' }
    const answer = await send(`${stage().base}/v1/domains`, {
      method: 'OPTIONS',
      headers: { ...asks, ...made },
    })
    assert.equal(answer.status, 200)
    assert.equal(stage().api.seen.at(-1)?.method, 'OPTIONS')
    for (const name of names) assert.equal(valuesOf(stage().api.seen.at(-1), name).join(''), '', name)
    const count = stage().api.seen.length
    for (const [path, headers] of [
      ['/v1/domains', {}],
      ['/v1/domains', { ...asks, 'Access-Control-Request-Method': 'GET' }],
      ['/v1/admin', asks],
    ] as const)
      assert.equal((await send(stage().base + path, { method: 'OPTIONS', headers })).status, 401, path)
    assert.equal(stage().api.seen.length, count)
  })

  test('a WebSocket opens for who may, another protocol for nobody', async () => {
    const handshake = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
    const upgrade = (lines: readonly string[]) =>
      exchangeRaw(stage().port, rawRequest('GET /v1/domains HTTP/1.1', [...lines, ...handshake]), {
        afterwards: 'ping',
        patienceMs: 300,
      })
    const websocket = ['Connection: Upgrade', 'Upgrade: websocket']
    const count = stage().api.seen.length
    assert.equal((await upgrade(websocket)).status, 401)
    assert.equal(stage().api.seen.length, count)
    const opened = await upgrade([keyLine(), ...websocket])
    assert.deepEqual([opened.status, opened.rest], [101, 'ping'])
    assertTold(stage())
    for (const lines of [
      ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'],
      ['Connection: Upgrade', 'Upgrade: other'],
      ['Connection: Upgrade', 'Upgrade: websocket', 'Upgrade: h2c'],
      ['Connection: Upgrade', 'Upgrade: h2c, websocket'],
    ]) {
      const earlier = stage().api.seen.length
      await upgrade([keyLine(), ...lines])
      for (const arrived of stage().api.seen.slice(earlier))
        assert.doesNotMatch(valuesOf(arrived, 'upgrade').join(), /h2c|other/, lines.join())
    }
  })
}

interface Refused {
  readonly path: string
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly status: number
  readonly method?: string
}

async function refusals(): Promise<readonly Refused[]> {
  const live = server.demo.keys['live'] ?? ''
  const { access } = await newPerson(server)
  return [
    { path: '/v1/domains', headers: {}, status: 401 },
    { path: '/v1/domains', headers: { 'X-API-Key': `${live.slice(0, -1)}x` }, status: 401 },
    { path: '/v1/domains', headers: { Authorization: 'Basic YTpi' }, status: 401 },
    { path: '/v1/domains', headers: { 'X-API-Key': [live, live] }, status: 401 },
    { path: '/v1/domains', headers: { Authorization: `Bearer ${access}` }, status: 401 },
    { path: '/v1/domains', headers: { ...key(), Authorization: `Bearer ${access}` }, status: 400 },
    { path: '/v1/domains', headers: key('readonly'), status: 403, method: 'POST' },
    { path: '/v1/admin', headers: key(), status: 403 },
    { path: '/v1/business', headers: key(), status: 403 },
    { path: '/nowhere', headers: key(), status: 403 },
    { path: '/me/profile', headers: {}, status: 401 },
    { path: '/bots/1', headers: {}, status: 401 },
  ]
}

function aboutRefusals(stage: () => Stage): void {
  test('who is refused hears the words of the route, and the API hears nothing', async () => {
    const count = stage().api.seen.length
    for (const { path, headers, status, method = 'GET' } of await refusals()) {
      const answer = await send(stage().base + path, { method, headers })
      const { told, words } = stage().desk.asked.at(-1) ?? assert.fail('nobody asked')
      assert.equal(answer.status, status, `${method} ${path} ${JSON.stringify(answer)}`)
      assert.equal(answer.headers['www-authenticate'], told['www-authenticate'])
      assert.equal(status !== 401 || answer.headers['www-authenticate']?.startsWith('Bearer'), true)
      assert.deepEqual(answer.json, JSON.parse(words), `${method} ${path}`)
    }
    assert.equal(stage().api.seen.length, count)
  })

  test('who calls too often is told when to come again', async () => {
    const person = await newPerson(server)
    const made = await call(server, '/v1/api-keys', { bearer: person.access, json: { name: 'k' } })
    const headers = { 'X-API-Key': text(made, 'key') }
    assert.equal((await send(`${stage().base}/v1/slow`, { headers })).status, 200)
    const answer = await send(`${stage().base}/v1/slow`, { headers })
    assert.equal(answer.status, 429)
    assert.match(String(answer.headers['retry-after']), /^\d+$/)
    assert.equal(answer.json['error'], 'rate_limit_exceeded')
  })
}

for (const kind of proxies) behind(kind)

function behind(kind: ProxyKind): void {
  describe(`behind ${kind.name}, by the documented example`, { skip: skipWithout(kind) }, () => {
    let stage: Stage | undefined
    before(async () => (stage = await openStage(kind, server)))
    after(() => stage?.close())
    const open = () => stage ?? assert.fail('the proxy did not start')
    aboutIdentity(open, kind)
    aboutRequests(open)
    aboutRefusals(open)
  })
}
