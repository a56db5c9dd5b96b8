import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseForm, parseQuery } from '../src/index.ts'

const read: [name: string, body: string, params: readonly (readonly [string, string])[]][] = [
  ['nothing', '', []],
  [
    'pairs',
    'grant_type=authorization_code&code=abc',
    [
      ['grant_type', 'authorization_code'],
      ['code', 'abc'],
    ],
  ],
  ['a plus is a space', 'scope=a+b', [['scope', 'a b']]],
  ['%20 is a space', 'scope=a%20b', [['scope', 'a b']]],
  ['an escaped plus is a plus', 'a=1%2B1', [['a', '1+1']]],
  ['UTF-8', 'a=%C3%A9%F0%9F%98%80é', [['a', 'é😀é']]],
  ['only the first = separates', 'a=b=c', [['a', 'b=c']]],
  ['an empty value is left out', 'scope=&a=1', [['a', '1']]],
  ['a name without = is left out', 'scope&a=1', [['a', '1']]],
  ['empty pairs are nothing', '&&a=1&', [['a', '1']]],
  ['a name that is a member of every object', '__proto__=1', [['__proto__', '1']]],
  ['a question mark is part of a name', '?a=1', [['?a', '1']]],
  ['100 parameters', Array.from({ length: 100 }, (_, n) => `p${n}=`).join('&'), []],
]
for (const [name, body, params] of read) {
  test(`form: ${name}`, () => {
    const result = parseForm(body)
    assert.deepEqual(result.outcome === 'ok' && [...result.params], params)
  })
}

const refused: [name: string, body: string, description: string][] = [
  ['a repeated parameter', 'a=1&b=2&a=1', 'parameter a is repeated'],
  ['a parameter repeated by an escape', 'a=1&%61=2', 'parameter a is repeated'],
  ['a parameter repeated without a value', 'a=&a=1', 'parameter a is repeated'],
  ['a repeated parameter with a name not fit to print', '<b>=1&<b>=2', 'a parameter is repeated'],
  ['a percent sign alone', 'a=%', 'malformed form encoding'],
  ['a bad escape', 'a=%zz', 'malformed form encoding'],
  ['a bad escape in a name', '%f=1', 'malformed form encoding'],
  ['bytes that are not UTF-8', 'a=%ff', 'malformed form encoding'],
  ['an overlong encoding', 'a=%c0%af', 'malformed form encoding'],
  ['an encoded surrogate', 'a=%ed%a0%80', 'malformed form encoding'],
  ['an escaped NUL', 'a=%00', 'malformed form encoding'],
  ['a raw NUL', 'a=\0', 'malformed form encoding'],
  ['a raw lone surrogate', 'a=\ud800', 'malformed form encoding'],
  ['no name', '=1', 'a parameter has no name'],
  ['101 parameters', Array.from({ length: 101 }, (_, n) => `p${n}=1`).join('&'), 'more than 100 parameters'],
]
for (const [name, body, description] of refused) {
  test(`form: ${name} is refused`, () =>
    assert.deepEqual(parseForm(body), { outcome: 'refuse', description }))
}

test('query: repeated and emptied names are told apart and have no value', () => {
  const result = parseQuery('?a=1&b=&c=3&a=2&d&b=1')
  assert.equal(result.outcome, 'ok')
  if (result.outcome !== 'ok') return
  assert.deepEqual([...result.params], [['c', '3']])
  assert.deepEqual(result.repeated, ['a', 'b'])
  assert.deepEqual(result.emptied, ['d'])
})

test('query: malformed escapes are refused as in a form', () => {
  assert.deepEqual(parseQuery('?a=%'), { outcome: 'refuse', description: 'malformed form encoding' })
})

test('form: what URLSearchParams writes is read back', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((one) => !one.includes('\0'))
  fc.assert(
    fc.property(fc.dictionary(text, text, { maxKeys: 20 }), (pairs) => {
      const result = parseForm(new URLSearchParams(pairs).toString())
      assert.deepEqual(result.outcome === 'ok' && [...result.params], Object.entries(pairs))
    }),
    { seed: 1 },
  )
})
