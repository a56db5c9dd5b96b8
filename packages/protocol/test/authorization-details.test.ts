import assert from 'node:assert/strict'
import { test } from 'node:test'
import { narrowDetails, parseDetails } from '../src/index.ts'

const one = { type: 'payment', amount: '1.00', to: { name: 'A', iban: 'X' } }
const two = { type: 'payment', amount: '2.00' }

for (const [name, text] of [
  ['no JSON', 'payment'],
  ['an object', '{"type":"payment"}'],
  ['an empty list', '[]'],
  ['a list of texts', '["payment"]'],
  ['a list in a list', '[[{"type":"payment"}]]'],
  ['a detail without a type (§2)', '[{"amount":"1"}]'],
  ['a type that is no text', '[{"type":1}]'],
  ['an empty type', '[{"type":""}]'],
  ['a member twice', '[{"type":"a","type":"b"}]'],
  ['a text that ends the list early', '[{"type":"a"}],"x":1'],
  ['a text that begins another object', '[{"type":"a"}]}, {"x":1'],
  ['too many', JSON.stringify(Array.from({ length: 21 }, () => ({ type: 'a' })))],
  ['too much', JSON.stringify([{ type: 'a', more: 'x'.repeat(2000) }])],
] as const) {
  test(`RFC 9396 §5: authorization details: ${name} is refused`, () =>
    assert.equal(parseDetails(text), undefined))
}

test('RFC 9396 §2: authorization details: a list of objects with a type each', () =>
  assert.equal(JSON.stringify(parseDetails(JSON.stringify([one, two]))), JSON.stringify([one, two])))

const narrowed: [name: string, granted: object[], asked: object[] | undefined, count: number | undefined][] =
  [
    ['nothing asked is all', [one, two], undefined, 2],
    ['one of two', [one, two], [two], 1],
    [
      'the same in another order',
      [one],
      [{ to: { iban: 'X', name: 'A' }, amount: '1.00', type: 'payment' }],
      1,
    ],
    ['another amount', [one], [{ ...one, amount: '9.00' }], undefined],
    ['a member more', [two], [{ ...two, note: 'x' }], undefined],
    ['a member less', [one], [{ type: 'payment', amount: '1.00' }], undefined],
    ['one that was never granted', [], [one], undefined],
  ]
for (const [name, granted, asked, count] of narrowed) {
  test(`RFC 9396 §6.1: authorization details of a token: ${name}`, () => {
    const of = (details: object[]) => details.map((detail) => ({ type: 'payment', ...detail }))
    assert.equal(narrowDetails(of(granted), asked && of(asked))?.length, count)
  })
}
