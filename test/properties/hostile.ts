import fc from 'fast-check'
import type { Knock, Pairs } from './knock.ts'

const evil = 'https://evil.example'

/** What attackers and accidents put where text is expected. */
const nastyWords = [
  '',
  ' ',
  '\u0000',
  '\ufeff',
  '\u202e',
  '💥',
  `${evil}/`,
  '//evil.example',
  '/\\evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  `https://your-server/callback/@evil.example`,
  `https://your-server.evil.example/callback/`,
  '\r\nLocation: https://evil.example',
  '"><script>alert(1)</script>',
  "' OR 1=1 --",
  '../../etc/passwd',
  '%00',
  '%zz',
  '0',
  '-1',
  '1e309',
  '9007199254740993',
  'null',
  '{}',
  '[]',
  '[{"type":"payment"}]',
  '{"userinfo":{"name":null}}',
  'none login',
  'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.',
  'a.b.c',
  'a.b.c.d.e',
  'x'.repeat(43),
  'x'.repeat(6000),
  'é'.repeat(300),
]

/** Text of any kind, whole code points alone: what a URL or a form can hold. */
export const nasty: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.constantFrom(...nastyWords), weight: 3 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 40 }), weight: 1 },
  { arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }), weight: 1 },
)

const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))

/** What JSON can hold where text is expected; lone surrogates among it. */
export const nastyJson: fc.Arbitrary<unknown> = fc.oneof(
  nasty,
  fc.constantFrom<unknown>(null, true, 7, {}, []),
  fc.constantFrom<unknown>('\ud800', 'a\udfff', null, true, 0, -1, 1e308, 2 ** 53, 0.1),
  fc.array(nasty, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('__proto__', 'constructor', 'toString', 'x', ''), nasty, { maxKeys: 3 }),
  fc.constantFrom(...[10, 500].map(deep)),
)

/** Header values that a client can send: bytes above ASCII included. */
const headerText = fc
  .oneof(nasty, fc.string({ unit: 'binary', maxLength: 60 }))
  .map((text) => text.slice(0, 2000).replaceAll(/[^\x20-\x7e\x80-\xff]/g, ''))

const schemes = ['Bearer', 'bearer', 'DPoP', 'Basic', 'Digest', 'Negotiate', 'BearerX', '', 'Bearer Bearer']
const junkOf = (name: string, known: readonly string[]): fc.Arbitrary<Pairs[number]> =>
  fc.tuple(fc.constant(name), fc.oneof(headerText, fc.constantFrom(evil, 'null', ...known)))

/** Headers that nobody asked for, or that lie. */
export const junkHeader: fc.Arbitrary<Pairs[number]> = fc.oneof(
  fc.tuple(fc.constant('Origin'), fc.constantFrom(evil, 'https://other.example', 'https://spa.example')),
  fc.tuple(fc.constant('Origin'), fc.constantFrom(evil, 'https://spa.example.evil.example', 'null')),
  junkOf('Origin', ['https://mysite.com', 'https://spa.example', 'http://127.0.0.1']),
  junkOf('Referer', []),
  junkOf('DPoP', ['eyJ0eXAiOiJkcG9wK2p3dCJ9.e30.x']),
  fc
    .tuple(fc.constantFrom(...schemes), headerText)
    .map(([scheme, text]) => ['Authorization', `${scheme} ${text}`] as const),
  junkOf('X-API-Key', ['osir_live_x', 'sk_x']),
  junkOf('Cookie', [
    'sallyport_session=x; sallyport_session=y',
    'sallyport_browser=',
    ';;=;',
    'a'.repeat(5000),
  ]),
  junkOf('X-Forwarded-Uri', ['/v1/domains', '/v1/../admin', '/%2e%2e/']),
  junkOf('X-Forwarded-Method', ['GET', 'get']),
  junkOf('X-Forwarded-Host', []),
  junkOf('X-Forwarded-For', ['1.2.3.4', '::1']),
  junkOf('X-Original-URI', ['/v1/domains']),
  junkOf('X-Original-Method', ['GET']),
  junkOf('X-Request-Id', ['1']),
  junkOf('Accept', ['application/token-introspection+jwt', '*/*;q=2', 'text/html']),
  junkOf('If-None-Match', ['*']),
  junkOf('Last-Event-ID', ['0', '999999999999999999999']),
  junkOf('Range', ['bytes=0-0']),
  junkOf('Content-Encoding', ['gzip']),
  junkOf('Access-Control-Request-Method', ['POST', 'DELETE']),
  junkOf('X-HTTP-Method-Override', ['DELETE']),
  junkOf('Mcp-Method', ['tools/call']),
)

const types = [
  'application/json',
  'application/json; charset=utf-16',
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded;charset=latin1',
  'multipart/form-data; boundary=x',
  'text/plain',
  'application/jwt',
  ';;',
  '',
]
const rawText = [
  '',
  '{',
  'null',
  '[]',
  '"x"',
  '{"a":1,"a":2}',
  '{"client_id":"\\ud800"}',
  `${'['.repeat(4000)}`,
  'client_id=%ed%a0%80&grant_type=%ff',
  'grant_type=%00&code=%zz',
  'a=1&a=2&=&&==',
  'client_id[]=1&client_id[x]=2',
  '\u0000',
]
/** A body that is nothing that was asked for. */
export const otherBody: fc.Arbitrary<Pick<Knock, 'body' | 'type'>> = fc.record({
  body: fc.oneof(
    fc.constantFrom(...rawText),
    fc.uint8Array({ maxLength: 40 }),
    fc.constant('x'.repeat(70_000)),
  ),
  type: fc.constantFrom(...types),
})

/** A segment of a path, as it goes over the wire. */
export const nastySegment: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '%00',
    '%ff',
    '%ed%a0%80',
    '%2f',
    '%2e%2e',
    '..;',
    '__proto__',
    '%0d%0aLocation:x',
    'x'.repeat(3000),
  ),
  nasty.map((text) => encodeURIComponent(text.slice(0, 200).toWellFormed())),
)
