import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claim, isSteady, ratios, summarise, table } from '../../bench/support/report.ts'

test('the middle of the rounds is told with its ends', () => {
  assert.deepEqual(summarise([3, 1, 2]), { median: 2, min: 1, max: 3 })
  assert.deepEqual(summarise([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4 })
})

test('each round is compared with the same round of the peer', () => {
  assert.deepEqual(ratios([10, 20, 30], [10, 10, 15]), [1, 2, 2])
})

const cases: [name: string, values: readonly number[], expected: string][] = [
  ['rounds that agree make a claim', [2, 2.1, 1.9, 2, 2.05], '2.00 times (1.90 to 2.10)'],
  ['one round that is far off changes nothing', [2, 2.1, 1.9, 2, 0.5], '2.00 times (0.50 to 2.10)'],
  ['rounds that differ make none', [1, 2, 3, 4, 5], 'too noisy to say (1.00 to 5.00)'],
  ['four rounds are too few', [2, 2, 2, 2], 'too noisy to say (2.00 to 2.00)'],
]
for (const [name, values, expected] of cases)
  test(`a ratio: ${name}`, () => assert.equal(claim(values), expected))

test('a round that measured nothing is never steady', () => {
  assert.equal(isSteady(ratios([1, 1, 1], [1])), false)
})

test('columns line up', () => {
  assert.equal(
    table([
      ['', 'n'],
      ['a', '10'],
      ['bb', '2'],
    ]),
    '|    |  n |\n|----|---:|\n| a  | 10 |\n| bb |  2 |',
  )
})
