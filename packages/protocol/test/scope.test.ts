import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  coversScope,
  formatScope,
  intersectScope,
  missingScopes,
  parseScope,
  type Scope,
  scopeWithin,
} from '../src/index.ts'

const parsed: [text: string, expected: Scope | undefined][] = [
  ['domains:read', ['domains:read']],
  ['b a', ['a', 'b']],
  ['a a', ['a']],
  ['!#[]~', ['!#[]~']],
  ['', undefined],
  [' ', undefined],
  ['a  b', undefined],
  [' a', undefined],
  ['a ', undefined],
  ['a\tb', undefined],
  ['a\n', undefined],
  ['a"b', undefined],
  ['a\\b', undefined],
  ['ä', undefined],
]
for (const [text, expected] of parsed) {
  test(`scope: ${JSON.stringify(text)} is ${expected ? 'read' : 'refused'}`, () =>
    assert.deepEqual(parseScope(text), expected))
}

const covered: [granted: Scope, needed: Scope, missing: Scope][] = [
  [['domains:read'], ['domains:read'], []],
  [['domains:write'], ['domains:read'], ['domains:read']],
  [['domains:*'], ['domains:read', 'domains:write'], []],
  [['domains:*'], ['vps:read'], ['vps:read']],
  [['domains:*'], ['domains'], ['domains']],
  [['domains:*'], ['domainsx:read'], ['domainsx:read']],
  [['*'], ['domains:read'], ['domains:read']],
  [[':*'], [':read'], [':read']],
  [['domains:read'], ['domains:*'], ['domains:*']],
  [['a'], ['a', 'b', 'c'], ['b', 'c']],
  [[], [], []],
]
for (const [granted, needed, missing] of covered) {
  test(`scope: of ${needed.join(' ') || 'nothing'}, ${granted.join(' ') || 'nothing'} lacks ${missing.join(' ') || 'nothing'}`, () => {
    assert.deepEqual(missingScopes(granted, needed), missing)
    assert.equal(coversScope(granted, needed), missing.length === 0)
  })
}

test('scope: a request is within a grant value by value, without hierarchy', () => {
  assert.equal(scopeWithin(['a'], ['a', 'b']), true)
  assert.equal(scopeWithin(['a', 'c'], ['a', 'b']), false)
  assert.equal(scopeWithin(['domains:read'], ['domains:*']), false)
  assert.deepEqual(intersectScope(['a', 'b', 'c'], ['b', 'c', 'd']), ['b', 'c'])
})

test('scope: what is formatted is read back', () => {
  const value = fc.string({ unit: fc.constantFrom(...'aZ09:*!~'), minLength: 1 })
  fc.assert(
    fc.property(fc.array(value, { minLength: 1 }), (values) => {
      assert.deepEqual(parseScope(formatScope(values)), [...new Set(values)].sort())
    }),
    { seed: 1 },
  )
})
