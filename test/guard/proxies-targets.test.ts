/** What is judged is what is passed on: requests that two programs could read differently, through every reverse proxy. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openStage, proxies, type Stage } from '../support/proxies/index.ts'
import { type ProxyKind, skipWithout } from '../support/proxies/program.ts'
import { exchangeRaw, rawRequest } from '../support/proxies/raw.ts'
import { options } from '../support/proxies/routes.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
before(async () => (server = await startServer(options)))
after(() => server.close())

const keyLine = () => `X-API-Key: ${server.demo.keys['live']}`

/** By a key that may do all of `/v1` but be an administrator: a target that is read as another one shows. */
const refused: readonly string[] = [
  '/v1/admin',
  '//v1/domains',
  '/v1//admin',
  '///',
  '/v1/../admin',
  '/v1/./admin',
  '/v1/x/..',
  '/v1/%2e%2e/admin',
  '/v1/%2E%2E%2fadmin',
  '/v1/.%2e/admin',
  '/v1/x%2fadmin',
  '/v1/x%5cadmin',
  '/v1/x\\admin',
  '/v1/..;/admin',
  '/v1/admin;x=1',
  '/v1/admin%3bx=1',
  '/v1/%61dmin',
  '/v1/ADMIN',
  '/v1/admin%00',
  '/v1/admin\u0000x',
  '/v1/admin%0a',
  '/v1/admin%3fx',
  '/v1/admin%23x',
  '/v1/admin#x',
  '/v1/%252e%252e/admin',
  '/v1/%c0%ae%c0%ae/admin',
  '/v1/%zz',
  '/v1/%',
  '/v1/caf\u00e9',
  '/v1/a b',
  'v1/domains',
  '*',
  '',
  '/nowhere',
  'http://api.example/v1/admin',
  'http://api.example//v1/domains',
  'http://api.example/v1/../admin',
  'http://api.example',
]

/** They may pass, and then as they were sent. */
const plain: readonly string[] = [
  '/v1/domains',
  '/v1/domains/',
  '/v1/domains?',
  '/v1/domains?to=//evil.example/../%2e%2e/admin&b=%00',
  '/v1/caf%C3%A9',
  '/v1/a%20b',
  "/v1/a!$&'()*+,=:@~b",
]

/** Proxies may write them anew, but then for the judge as well. */
const odd: readonly string[] = [
  '/v1/a|b',
  '/v1/a"b',
  '/v1/<b>',
  '/v1/[b]',
  '/v1/a^b`c{d}',
  '/v1/caf%c3%a9',
  '/v1/a%5bb',
  '/v1/%7cb',
  '/v1/a%22b',
]

/** The path and query of a target in either form. @see RFC 9112 §3.2 */
const originForm = (target: string) => target.replace(/^http:\/\/[^/]*/, '')

/** That whatever has reached the API since then was judged, in the same words, and let through. */
function assertAllJudged(
  { api, desk }: Stage,
  from: { readonly seen: number; readonly asked: number },
): void {
  const allowed = desk.asked.slice(from.asked).filter(({ status }) => status === 200)
  const judged = allowed.map(({ method, target, rawHeaders }) => {
    const named = (name: RegExp) => rawHeaders[rawHeaders.findIndex((value) => name.test(value)) + 1] ?? ''
    const uri = named(/^x-(?:original|forwarded)-uri$/i)
    if (target.startsWith('/guard/envoy')) return `${method} ${target.slice('/guard/envoy'.length)}`
    return `${named(/^x-(?:original|forwarded)-method$/i)} ${uri}`
  })
  // Not every request that may pass arrives: its body may break off.
  for (const { method, target } of api.seen.slice(from.seen)) {
    const at = judged.indexOf(`${method} ${originForm(target)}`)
    assert.ok(at >= 0, `${method} ${target} was not judged, but ${judged.join()}`)
    judged.splice(at, 1)
  }
}

const counts = ({ api, desk }: Stage) => ({ seen: api.seen.length, asked: desk.asked.length })

function aboutTargets(stage: () => Stage): void {
  test('a target that can be read in two ways is refused', async () => {
    for (const target of refused) {
      const from = counts(stage())
      const bytes = rawRequest(`GET ${target} HTTP/1.1`, [keyLine()])
      const { status } = await exchangeRaw(stage().port, bytes)
      assertAllJudged(stage(), from)
      assert.ok(status === 0 || status >= 300, `${JSON.stringify(target)}: ${status}`)
      assert.equal(stage().api.seen.length, from.seen, JSON.stringify(target))
    }
  })

  test('any other arrives as it was sent', async () => {
    for (const target of plain) {
      const from = counts(stage())
      assert.equal(
        (await exchangeRaw(stage().port, rawRequest(`GET ${target} HTTP/1.1`, [keyLine()]))).status,
        200,
        target,
      )
      assert.equal(stage().api.seen.at(-1)?.target, target)
      assertAllJudged(stage(), from)
    }
  })

  test('one that is written anew is judged as it is passed on', async () => {
    const from = counts(stage())
    for (const target of odd)
      await exchangeRaw(stage().port, rawRequest(`GET ${target} HTTP/1.1`, [keyLine()]))
    assertAllJudged(stage(), from)
  })

  test('a target with an address is judged by its path, and never by another host', async () => {
    for (const address of ['http://api.example', 'http://evil.example', 'http:', 'https://api.example']) {
      const from = counts(stage())
      await exchangeRaw(stage().port, rawRequest(`GET ${address}/v1/domains HTTP/1.1`, [keyLine()]))
      assertAllJudged(stage(), from)
    }
  })

  test('a caller cannot name another request than its own', async () => {
    const names = ['X-Original-Method: GET', 'X-Original-URI: /v1/domains', 'X-Original-URL: /v1/domains']
    const others = ['X-Forwarded-Method: GET', 'X-Forwarded-Uri: /v1/domains', 'X-Forwarded-Prefix: /v1']
    for (const lines of [
      names,
      others,
      [...names, ...others],
      names.map((line) => line.replaceAll('-', '_')),
    ]) {
      const from = counts(stage())
      for (const target of ['/v1/admin', '/nowhere', '/'])
        assert.ok(
          (await exchangeRaw(stage().port, rawRequest(`DELETE ${target} HTTP/1.1`, [keyLine(), ...lines])))
            .status >= 400,
        )
      assert.equal(stage().api.seen.length, from.seen)
    }
  })

  test('a method that is none, or only by its letters, is refused', async () => {
    for (const method of ['get', 'Get', 'GET/', 'CONNECT', 'TRACE', 'PRI', 'FOO']) {
      const from = counts(stage())
      const bytes = rawRequest(`${method} /v1/admin HTTP/1.1`, [keyLine()])
      const { status } = await exchangeRaw(stage().port, bytes)
      assert.ok(status === 0 || status >= 400, `${method}: ${status}`)
      assert.equal(stage().api.seen.length, from.seen, method)
    }
  })
}

const inner = 'GET /v1/admin HTTP/1.1\r\nHost: api.example\r\n\r\n'

/** Requests with another one inside, for whom they end early. @see RFC 9112 §11.2 */
function smuggled(): readonly (readonly [name: string, lines: readonly string[], body: string])[] {
  const length = `Content-Length: ${inner.length + 5}`
  return [
    ['both lengths', ['Content-Length: 5', 'Transfer-Encoding: chunked'], `0\r\n\r\n${inner}`],
    ['both lengths, the other way', ['Transfer-Encoding: chunked', length], `0\r\n\r\n${inner}`],
    ['two lengths', ['Content-Length: 5', length], `hello${inner}`],
    ['a list of lengths', [`Content-Length: 5, ${inner.length + 5}`], `hello${inner}`],
    ['a length with a sign', ['Content-Length: +5'], `hello${inner}`],
    ['an unknown coding', ['Transfer-Encoding: xchunked'], `0\r\n\r\n${inner}`],
    ['a coding after chunked', ['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${inner}`],
    [
      'two codings',
      ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity', length],
      `0\r\n\r\n${inner}`,
    ],
    ['a space before the colon', ['Transfer-Encoding : chunked', 'Content-Length: 5'], `0\r\n\r\n${inner}`],
    ['a tab for a name', ['\tTransfer-Encoding: chunked', 'Content-Length: 5'], `0\r\n\r\n${inner}`],
    ['a bare line feed', ['X-A: b\nTransfer-Encoding: chunked', 'Content-Length: 5'], `0\r\n\r\n${inner}`],
    [
      'a chunk size that overflows',
      ['Transfer-Encoding: chunked'],
      `10000000000000005\r\nhello\r\n0\r\n\r\n${inner}`,
    ],
    ['a chunk size with a sign', ['Transfer-Encoding: chunked'], `+5\r\nhello\r\n0\r\n\r\n${inner}`],
  ]
}

function aboutFraming(stage: () => Stage, { passesTrailers }: ProxyKind): void {
  test('a request inside another never reaches the API unjudged', async () => {
    for (const [name, lines, body] of smuggled()) {
      const from = counts(stage())
      const open = [keyLine(), 'Connection: keep-alive', ...lines]
      await exchangeRaw(stage().port, rawRequest('POST /v1/domains HTTP/1.1', open, body), {
        patienceMs: 300,
      })
      const passed = stage().api.seen.slice(from.seen)
      assert.equal(
        passed.some(({ target }) => target !== '/v1/domains'),
        false,
        name,
      )
      assertAllJudged(stage(), from)
    }
  })

  test('what follows a body says nothing of the caller', async () => {
    for (const lines of [['Trailer: X-Auth-Id'], []]) {
      const from = counts(stage())
      const open = [keyLine(), 'Transfer-Encoding: chunked', ...lines]
      const body = '5\r\nhello\r\n0\r\nX-Auth-Id: made-up\r\nX_Auth_Id: made-up\r\n\r\n'
      await exchangeRaw(stage().port, rawRequest('POST /v1/domains HTTP/1.1', open, body))
      assertAllJudged(stage(), from)
      for (const { rawHeaders, trailers } of stage().api.seen.slice(from.seen)) {
        assert.doesNotMatch(rawHeaders.join(), /made-up/)
        if (!passesTrailers) assert.deepEqual(trailers, [])
      }
    }
  })
}

for (const kind of proxies) behind(kind)

function behind(kind: ProxyKind): void {
  describe(`behind ${kind.name}, by the documented example`, { skip: skipWithout(kind) }, () => {
    let stage: Stage | undefined
    before(async () => (stage = await openStage(kind, server)))
    after(() => stage?.close())
    const open = () => stage ?? assert.fail('the proxy did not start')
    aboutTargets(open)
    aboutFraming(open, kind)
  })
}
