import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { checkOriginEntry, isOriginAllowed, parseOrigin } from '../src/index.ts'

interface Vectors {
  readonly allowed: readonly string[]
  readonly rows: readonly { readonly origin: string; readonly prefix: boolean; readonly expect: boolean }[]
}

const file = new URL('../../../test/vectors/origin-vectors.json', import.meta.url)
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors

for (const { origin, expect } of vectors.rows) {
  test(`origin vector: ${JSON.stringify(origin)} is ${expect ? 'allowed' : 'refused'}`, () =>
    assert.equal(isOriginAllowed(origin, vectors.allowed), expect))
}

test('origin: the vectors are all there, and their prefix column is what startsWith says', () => {
  assert.equal(vectors.rows.length, 33)
  for (const { origin, prefix } of vectors.rows) {
    assert.equal(
      vectors.allowed.some((entry) => origin.startsWith(entry)),
      prefix,
      origin,
    )
  }
})

const cases: [name: string, origin: string | undefined, allowed: readonly string[], expected: boolean][] = [
  ['no header is refused', undefined, ['https://mysite.com'], false],
  ['an empty list allows none', 'https://mysite.com', [], false],
  ['a path in an old entry is left out', 'https://mysite.com', ['https://mysite.com/app'], true],
  [
    'an entry that is not an origin allows none',
    'https://mysite.com',
    ['*', 'mysite.com', 'null', ''],
    false,
  ],
  ['null does not match a listed null', 'null', ['null'], false],
  ['an entry with a port matches that port', 'https://mysite.com:8443', ['https://mysite.com:8443'], true],
  [
    'an entry with a port does not match the default',
    'https://mysite.com',
    ['https://mysite.com:8443'],
    false,
  ],
  [
    'a loopback entry with a port matches only that port',
    'http://localhost:3001',
    ['http://localhost:3000'],
    false,
  ],
  [
    'a loopback entry with the default port named matches only that',
    'http://localhost:3000',
    ['http://localhost:80'],
    false,
  ],
  ['a loopback IP entry matches any port', 'http://127.0.0.1:5173', ['http://127.0.0.1'], true],
  ['a v6 loopback entry matches any port', 'http://[::1]:5173', ['http://[::1]'], true],
  ['an https loopback entry does not match any port', 'https://localhost:3000', ['https://localhost'], false],
  ['an international name is its punycode', 'https://xn--mller-kva.de', ['https://müller.de'], true],
  ['another scheme on the same port is refused', 'http://mysite.com:443', ['https://mysite.com'], false],
  ['a tab inside is not dropped', 'https://my\tsite.com', ['https://mysite.com'], false],
  ['an empty port is refused', 'https://mysite.com:', ['https://mysite.com'], false],
  ['a port out of range is refused', 'https://mysite.com:70000', ['https://mysite.com'], false],
]
for (const [name, origin, allowed, expected] of cases) {
  test(`origin: ${name}`, () => assert.equal(isOriginAllowed(origin, allowed), expected))
}

const entries: [entry: string, says: RegExp | undefined][] = [
  ['https://mysite.com', undefined],
  ['http://localhost', undefined],
  ['https://mysite.com:8443', undefined],
  ['https://[2001:db8::1]', undefined],
  ['mysite.com', /starts with https/],
  ['null', /starts with https/],
  ['javascript:1', /starts with https/],
  ['chrome-extension://abcdefghijklmnop', /starts with https/],
  ['*', /wildcards/],
  ['https://*.mysite.com', /wildcards/],
  ['https://u:p@x.com', /user name/],
  ['https://x.com/path', /no path/],
  ['https://x.com/', /no path/],
  ['https://x.com?x', /not an origin/],
  ['https://x.com#x', /not an origin/],
  ['https://x.com.', /not an origin/],
  ['https://x.com\\y', /not an origin/],
  ['https://x.com, https://y.com', /not an origin/],
  ['https://', /not an origin/],
  ['', /starts with https/],
  [`https://${'a'.repeat(400)}.com`, /not an origin/],
]
for (const [entry, says] of entries) {
  test(`origin entry ${JSON.stringify(entry.slice(0, 60))} is ${says ? 'refused' : 'listed'}`, () => {
    const reason = checkOriginEntry(entry)
    if (says === undefined) assert.equal(reason, undefined)
    else assert.match(reason ?? '', says)
  })
}

test('origin: the default port is named', () => {
  assert.deepEqual(parseOrigin('HTTPS://MySite.com/x'), { scheme: 'https', host: 'mysite.com', port: 443 })
  assert.deepEqual(parseOrigin('http://mysite.com'), { scheme: 'http', host: 'mysite.com', port: 80 })
  assert.equal(parseOrigin('ftp://mysite.com'), undefined)
})
