import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64, parseAuthorization, parseBasic, parseCompactJws } from '../src/index.ts'

const basic = (text: string | Uint8Array) => `Basic ${Buffer.from(text).toString('base64')}`

const basics: [name: string, header: string, expected: readonly [string, string] | undefined][] = [
  ['an id and a secret', basic('app:secret'), ['app', 'secret']],
  ['a lower-case scheme', basic('app:secret').replace('Basic', 'basic'), ['app', 'secret']],
  ['form-decoding', basic('a%20p+p:s%3Ae%25'), ['a p p', 's:e%']],
  ['a secret with a colon', basic('app:a:b'), ['app', 'a:b']],
  ['UTF-8', basic('app:é'), ['app', 'é']],
  ['an empty secret', basic('app:'), ['app', '']],
  ['an empty id', basic(':secret'), undefined],
  ['no colon', basic('app'), undefined],
  ['a malformed escape', basic('app:100%'), undefined],
  ['a NUL', basic('app:a\0b'), undefined],
  ['a control character', basic('app:a%0Ab'), undefined],
  ['bytes that are not UTF-8', basic(Uint8Array.of(0x61, 0x3a, 0xff)), undefined],
  ['missing padding', 'Basic YXBwOnM', undefined],
  ['bits after the last byte', 'Basic YXBwOnN=', undefined],
  ['two spaces', basic('app:secret').replace(' ', '  '), undefined],
  ['text after it', `${basic('app:secret')} x`, undefined],
  ['another scheme', basic('app:secret').replace('Basic', 'Bearer'), undefined],
  ['no value', 'Basic', undefined],
]
for (const [name, header, expected] of basics) {
  test(`basic: ${name} is ${expected ? 'read' : 'refused'}`, () => {
    const found = parseBasic(header)
    assert.deepEqual(found && [found.clientId, found.secret], expected)
  })
}

test('basic: what a client form-encodes is read back', () => {
  const text = fc.string({ unit: fc.constantFrom(...'aZ09 :%+&=é😀') })
  fc.assert(
    fc.property(text, text, (id, secret) => {
      const header = basic(`${encodeURIComponent(`x${id}`)}:${encodeURIComponent(secret)}`)
      assert.deepEqual(parseBasic(header), { clientId: `x${id}`, secret })
    }),
    { seed: 1 },
  )
})

const bearers: [header: string, expected: readonly [string, string] | undefined][] = [
  ['Bearer abc', ['bearer', 'abc']],
  ['bearer a.b-c_d~e+f/g==', ['bearer', 'a.b-c_d~e+f/g==']],
  ['ApiKey osir_live_x', ['apikey', 'osir_live_x']],
  ['Bearer', undefined],
  ['Bearer ', undefined],
  ['Bearer a b', undefined],
  ['Bearer  a', undefined],
  [' Bearer a', undefined],
  ['Bearer a=b', undefined],
  ['Bearer a,b', undefined],
  ['Bearer a\n', undefined],
  ['Bearer\ta', undefined],
  ['abc', undefined],
  ['', undefined],
]
for (const [header, expected] of bearers) {
  test(`authorization: ${JSON.stringify(header)} is ${expected ? 'read' : 'refused'}`, () => {
    const found = parseAuthorization(header)
    assert.deepEqual(found && [found.scheme, found.value], expected)
  })
}

const part = (value: string) => Buffer.from(value).toString('base64url')
const head = part('{"alg":"ES256","typ":"at+jwt"}')
const body = part('{"sub":"acc_1"}')

const jwses: [name: string, text: string, read: boolean][] = [
  ['three parts', `${head}.${body}.c2ln`, true],
  [
    'a header with jku, jwk and x5u, to be ignored',
    `${part('{"alg":"ES256","jku":"https://x","jwk":{},"x5u":"y"}')}.${body}.c2ln`,
    true,
  ],
  ['an empty signature', `${head}.${body}.`, false],
  ['two parts', `${head}.${body}`, false],
  ['four parts', `${head}.${body}.c2ln.c2ln`, false],
  ['an empty payload', `${head}..c2ln`, false],
  ['padding', `${head}.${body}.c2lnMQ==`, false],
  ['bits after the last byte', `${head}.${body}.c2lnMR`, false],
  ['the alphabet of base64', `${head}.${body}.a+/a`, false],
  ['white space', `${head}.${body}.c2 ln`, false],
  ['a line feed after it', `${head}.${body}.c2ln\n`, false],
  ['a header that is an array', `${part('[]')}.${body}.c2ln`, false],
  ['a header with a repeated member', `${part('{"alg":"ES256","alg":"none"}')}.${body}.c2ln`, false],
  ['a payload with a repeated member', `${head}.${part('{"sub":"a","sub":"b"}')}.c2ln`, false],
  ['a payload that is text', `${head}.${part('hello')}.c2ln`, false],
  ['a payload with a byte order mark', `${head}.${part('\uFEFF{}')}.c2ln`, false],
  [
    'a payload that is not UTF-8',
    `${head}.${Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString('base64url')}.c2ln`,
    false,
  ],
  ['crit', `${part('{"alg":"ES256","crit":["exp"]}')}.${body}.c2ln`, false],
  ['b64', `${part('{"alg":"ES256","b64":false}')}.${body}.c2ln`, false],
  ['more than 8 KiB', `${head}.${part(`{"x":"${'a'.repeat(8192)}"}`)}.c2ln`, false],
  ['nothing', '', false],
]
for (const [name, text, read] of jwses) {
  test(`jws: ${name} is ${read ? 'read' : 'refused'}`, () =>
    assert.equal(parseCompactJws(text) !== undefined, read))
}

test('jws: the parts are what was sent', () => {
  const found = parseCompactJws(`${head}.${body}.c2ln`)
  assert.equal(found?.header['alg'], 'ES256')
  assert.equal(found?.payload['sub'], 'acc_1')
  assert.equal(found?.signingInput, `${head}.${body}`)
  assert.deepEqual([...(found?.signature ?? [])], [...Buffer.from('sig')])
})

test('base64: every byte string has exactly one spelling', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom('base64', 'base64url'), (bytes, alphabet) => {
      assert.deepEqual([...(decodeBase64(Buffer.from(bytes).toString(alphabet), alphabet) ?? [])], [...bytes])
    }),
    { seed: 1 },
  )
  assert.equal(decodeBase64('AB', 'base64url'), undefined)
  assert.equal(decodeBase64('A', 'base64url'), undefined)
})
