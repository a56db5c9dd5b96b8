import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSafe, isStrongSecret } from '../../src/crypto/safe.ts'

const secrets: [name: string, secret: string | undefined, strong: boolean][] = [
  ['256 bits in base64', 'f3zYB1o0Qk8mWq7aR2uXcN5tLh4vJd6sEiGpKwTyA9M=', true],
  ['256 bits in base64url', 'f3zYB1o0Qk8mWq7aR2uXcN5tLh4vJd6sEiGp-_TyA9M', true],
  ['128 bits in base64', '8V0xq3m1yQ2dJx7sLr9uWA==', true],
  ['128 bits in hex', '8c1f0a7be29d4356a0f1c7d2e3b49586', true],
  ['120 bits in hex', '8c1f0a7be29d4356a0f1c7d2e3b495', false],
  ['126 bits in base64', '8V0xq3m1yQ2dJx7sLr9uW', false],
  ['32 digits, which are 106 bits', '31415926535897932384626433832795', false],
  ['39 digits', '314159265358979323846264338327950288419', true],
  ['a sentence', 'correct horse battery staple and so on', false],
  ['one letter often', 'a'.repeat(44), false],
  ['a word often', 'secret'.repeat(8), false],
  ['two lines', 'f3zYB1o0Qk8mWq7aR2uXcN5t\nLh4vJd6sEiGpKwTyA9M=', false],
  ['nothing', '', false],
  ['none', undefined, false],
]
for (const [name, secret, strong] of secrets) {
  test(`secret: ${name} is ${strong ? '' : 'not '}enough`, () => assert.equal(isStrongSecret(secret), strong))
}

const [old, current] = ['old'.repeat(9), 'new'.repeat(9)]
const locked = createSafe(current).lock('signing-key', 'k1', 'text')
const before = createSafe(old).lock('signing-key', 'k1', 'text')
const changed = `${locked.slice(0, -3)}${locked.at(-3) === 'A' ? 'B' : 'A'}${locked.slice(-2)}`

const opened: [
  name: string,
  secrets: [string, string?],
  asked: Parameters<ReturnType<typeof createSafe>['open']>,
  under: string | undefined,
][] = [
  ['what it locked is opened', [current], ['signing-key', 'k1', locked], 'current'],
  [
    'what the secret before locked is opened with that',
    [current, old],
    ['signing-key', 'k1', before],
    'previous',
  ],
  ['the secret of tomorrow may be told today', [old, current], ['signing-key', 'k1', locked], 'previous'],
  ['the current secret is named first', [current, old], ['signing-key', 'k1', locked], 'current'],
  ['another secret opens nothing', [old], ['signing-key', 'k1', locked], undefined],
  ['a key can’t take the place of another', [current], ['signing-key', 'k2', locked], undefined],
  ['a key can’t be a secret', [current], ['server-secret', 'k1', locked], undefined],
  ['one changed letter is noticed', [current], ['signing-key', 'k1', changed], undefined],
  ['half of it is nothing', [current], ['signing-key', 'k1', locked.slice(0, 20)], undefined],
  [
    'what is in the clear is said to be',
    [current],
    ['signing-key', 'k1', '-----BEGIN PRIVATE KEY-----'],
    'none',
  ],
]
for (const [name, [secret, previous], asked, under] of opened) {
  test(`safe: ${name}`, () => assert.equal(createSafe(secret, previous).open(...asked)?.under, under))
}

test('safe: what is opened is what was locked, and no two locks look alike', () => {
  const safe = createSafe(current)
  const [a, b] = [safe.lock('server-secret', 's', 'été'), safe.lock('server-secret', 's', 'été')]
  assert.notEqual(a, b)
  assert.equal(a.includes('été'), false)
  assert.equal(safe.open('server-secret', 's', a)?.text, 'été')
})
