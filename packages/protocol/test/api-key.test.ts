import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatApiKey, type KeyFormat, previewApiKey, recogniseApiKey } from '../src/index.ts'

const osir: KeyFormat = { prefix: 'osir', layout: 'base62', environments: true }
const sk: KeyFormat = { prefix: 'sk', layout: 'hex', environments: false }
const formats = [osir, sk]
const bytes = Uint8Array.from({ length: 32 }, (_, n) => n * 7 + 1)
const live = formatApiKey(osir, 'live', bytes)
const secret = formatApiKey(sk, 'live', bytes)

test('api key: the layouts are the documented ones', () => {
  assert.match(live, /^osir_live_[0-9A-Za-z]{36}$/)
  assert.match(live, /^osir_(live|test)_[A-Za-z0-9]{32,}$/)
  assert.match(secret, /^sk_[0-9a-f]{64}$/)
})

test('api key: a layout never changes, or every key in use is dead', () => {
  assert.equal(live, 'osir_live_iMwMIFF0C1t0KyYFUbUOkYEl9j0BPm3FDWTW')
  assert.equal(secret, 'sk_01080f161d242b323940474e555c636a71787f868d949ba2a9b0b7becfc273dd')
})

const cases: [name: string, text: string, expected: string | undefined][] = [
  ['a live key', live, 'live'],
  ['a test key', formatApiKey(osir, 'test', bytes), 'test'],
  ['a key without environments', secret, 'live'],
  ['an edited environment', live.replace('_live_', '_test_'), 'malformed'],
  ['an edited character', live.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')), 'malformed'],
  [
    'an edited first character',
    live.replace(/_live_./, (head) => `${head.slice(0, -1)}${head.endsWith('a') ? 'b' : 'a'}`),
    'malformed',
  ],
  ['a character too few', live.slice(0, -1), 'malformed'],
  ['a character too many', `${live}a`, 'malformed'],
  ['an unknown environment', live.replace('live', 'prod'), 'malformed'],
  ['a character out of the alphabet', live.replace(/.$/, '-'), 'malformed'],
  ['capital hex', secret.toUpperCase().replace('SK', 'sk'), 'malformed'],
  ['only a prefix', 'osir_', 'malformed'],
  ['the placeholder of the document', 'osir_live_your_api_key', 'malformed'],
  ['a line feed after it', `${live}\n`, 'malformed'],
  ['another prefix', 'osk_abc', undefined],
  ['the prefix in capitals', live.replace('osir', 'OSIR'), undefined],
  ['a JWT', 'eyJhbGciOiJFUzI1NiJ9.e30.AA', undefined],
  ['nothing', '', undefined],
]
for (const [name, text, expected] of cases) {
  test(`api key: ${name} is ${expected ?? 'no key'}`, () => {
    const found = recogniseApiKey(text, formats)
    assert.equal(typeof found === 'object' ? found.environment : found, expected)
  })
}

test('api key: the format that was recognised is the one that was given', () => {
  const doors = [
    { ...sk, doorId: 'people' },
    { ...osir, doorId: 'keys' },
  ]
  const found = recogniseApiKey(live, doors)
  assert.equal(typeof found === 'object' && found.format.doorId, 'keys')
})

test('api key: of two formats with one prefix the fitting one is taken', () => {
  const found = recogniseApiKey(secret, [{ ...osir, prefix: 'sk' }, sk])
  assert.equal(typeof found === 'object' && found.format, sk)
})

test('api key: every key is recognised, and no key with one character changed', () => {
  const random = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(random, fc.constantFrom(...formats), fc.nat(29), (one, format, at) => {
      const key = formatApiKey(format, 'live', one)
      assert.deepEqual(recogniseApiKey(key, formats), { format, environment: 'live' })
      const place = key.length - 1 - at
      const changed = `${key.slice(0, place)}${key[place] === '1' ? '2' : '1'}${key.slice(place + 1)}`
      assert.equal(recogniseApiKey(changed, formats), 'malformed')
    }),
    { seed: 1 },
  )
})

test('api key: too little randomness, or a test key where there are none, is a mistake of ours', () => {
  assert.throws(() => formatApiKey(osir, 'live', new Uint8Array(31)), TypeError)
  assert.throws(() => formatApiKey(sk, 'test', bytes), TypeError)
})

test('api key: a preview shows the first five and the last four', () => {
  assert.equal(previewApiKey(secret), `${secret.slice(0, 5)}…${secret.slice(-4)}`)
  assert.equal(previewApiKey('sk_short'), '…')
})
