import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { checkSessionPage, formActionOf, formActionsTo, pageHeaders } from '../../src/pages/index.ts'

const policy = (forms: string) =>
  `default-src 'none'; style-src 'self'; img-src 'self'; form-action ${forms}; base-uri 'none'; frame-ancestors 'none'`

test('headers: exactly these', () => {
  assert.deepEqual(pageHeaders({ formActions: [] }), {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': policy("'self'"),
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  })
})

const accepted: readonly [name: string, source: string, written: string][] = [
  ['an origin', 'https://app.example', 'https://app.example'],
  ['an origin with a port', 'https://app.example:8443', 'https://app.example:8443'],
  ['loopback by address', 'http://127.0.0.1:51004', 'http://127.0.0.1:51004'],
  ['loopback by name', 'http://localhost:3000', 'http://localhost:3000'],
  [
    'an internationalised host as the wire has it',
    'https://xn--bcher-kva.example',
    'https://xn--bcher-kva.example',
  ],
  ['a private-use scheme', 'com.example.app:', 'com.example.app:'],
  ['an IPv6 address, by its scheme', 'http://[::1]:8080', 'http:'],
]
for (const [name, source, written] of accepted)
  test(`headers: form-action takes ${name}`, () => {
    const sent = pageHeaders({ formActions: [source, source] })['Content-Security-Policy']
    assert.equal(sent, policy(`'self' ${written}`))
  })

const refused: readonly [name: string, source: string][] = [
  ['the end of a directive', 'https://a.example; script-src *'],
  ['a second policy', 'https://a.example, default-src *'],
  ['a second source', 'https://a.example https://b.example'],
  ['a header of its own', 'https://a.example\r\nSet-Cookie: a=b'],
  ['a newline at the end', 'https://a.example\n'],
  ['a newline after a scheme', 'com.example.app:\n'],
  ['a keyword', "'unsafe-inline'"],
  ['any host', '*'],
  ['a wildcard host', 'https://*.example'],
  ['a wildcard port', 'https://a.example:*'],
  ['every https host', 'https:'],
  ['javascript:', 'javascript:'],
  ['data:', 'data:'],
  ['a path', 'https://a.example/callback'],
  ['userinfo', 'https://user@a.example'],
  ['no scheme', 'a.example'],
  ['another scheme with a host', 'ftp://a.example'],
  ['an opaque origin', 'null'],
  ['a scheme that starts with a digit', '1com.example:'],
  ['an empty label', 'https://a..example'],
  ['a port of six digits', 'https://a.example:123456'],
  ['a letter from another script', 'https://аpp.example'],
  ['nothing', ''],
]
for (const [name, source] of refused)
  test(`headers: form-action refuses ${name}`, () => {
    assert.throws(() => pageHeaders({ formActions: [source] }), TypeError)
  })

const framed = (frames: readonly string[]) =>
  String(pageHeaders({ formActions: [], frames })['Content-Security-Policy'])

test('headers: frames are of exactly these origins, each once, and of none where there are none', () => {
  const frames = ['https://a.example/out?iss=x&sid=y', 'https://a.example/other', 'http://127.0.0.1:3000/out']
  assert.match(framed(frames), / frame-src https:\/\/a\.example http:\/\/127\.0\.0\.1:3000;/)
  assert.doesNotMatch(framed([]), /frame-src/)
  assert.match(framed(frames), /frame-ancestors 'none'$/)
})

for (const address of [
  'javascript:alert(1)',
  'data:text/html,x',
  'http://[::1]/out',
  'com.example.app:/x',
  'x',
  '',
])
  test(`headers: frames refuse ${address}`, () => {
    assert.throws(() => framed([address]), TypeError)
  })

test('headers: the page that anybody may frame has one script, named by its hash, and reads one cookie', () => {
  const { headers, body } = checkSessionPage('__Host-state')
  const script = /<script>([^]*)<\/script>/.exec(body)?.[1] ?? ''
  const hash = createHash('sha256').update(script).digest('base64')
  assert.equal(
    headers['Content-Security-Policy'],
    `default-src 'none'; script-src 'sha256-${hash}'; form-action 'none'; base-uri 'none'`,
  )
  assert.equal('X-Frame-Options' in headers, false)
  assert.equal(headers['Cross-Origin-Resource-Policy'], 'cross-origin')
  assert.ok(script.includes('"__Host-state="'))
  assert.doesNotMatch(script, /fetch|XMLHttpRequest|localStorage|innerHTML|eval/)
})

const redirects: readonly [uri: string, source: string | undefined][] = [
  ['https://your-server/callback/?a=b', 'https://your-server'],
  ['https://Your-Server:443/callback', 'https://your-server'],
  ['http://127.0.0.1:51004/callback', 'http://127.0.0.1:51004'],
  ['http://[::1]:51004/callback', 'http://[::1]:51004'],
  ['https://bücher.example/callback', 'https://xn--bcher-kva.example'],
  ['com.example.app:/callback', 'com.example.app:'],
  ['com.example.app://callback', 'com.example.app:'],
  ['javascript:alert(1)', undefined],
  ['https://a$b.example/', undefined],
  ['not a uri', undefined],
]
for (const [uri, source] of redirects)
  test(`headers: the form-action of ${uri} is ${source}`, () => {
    assert.equal(formActionOf(uri), source)
    if (source) pageHeaders({ formActions: [source] })
  })

test('headers: after a form that leads to an app on the web, the app may lead on to anywhere; nothing else is given up', () => {
  for (const uri of ['https://app.example/callback', 'http://127.0.0.1:51004/', 'http://[::1]/']) {
    const sent = pageHeaders({ formActions: formActionsTo(uri) })['Content-Security-Policy']
    assert.equal(sent, policy('').replace(' form-action ;', ''))
  }
})

test('headers: a form that leads to an app of a scheme of its own leads nowhere else', () => {
  assert.deepEqual(formActionsTo('com.example.app:/callback'), ['com.example.app:'])
  assert.deepEqual(formActionsTo('javascript:alert(1)'), [])
})
