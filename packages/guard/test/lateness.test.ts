import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLateness } from '../src/remote/lateness.ts'

type Read = readonly [writtenMs: number, nowMs: number]
const cases: readonly (readonly [name: string, reads: readonly Read[], askedAtMs: number, ageMs: number])[] =
  [
    ['nothing was read', [], 5, Number.POSITIVE_INFINITY],
    ['what comes at once is as old as the way here', [[100, 5000]], 5000, 0],
    ['it grows older', [[100, 5000]], 5300, 300],
    [
      'what waited is older than what did not',
      [
        [0, 1000],
        [500, 4500],
      ],
      4500,
      2998.25,
    ],
    [
      'a faster way shows what the way is',
      [
        [0, 1000],
        [500, 1400],
      ],
      1400,
      0,
    ],
    [
      'clocks that drift apart do not make it late',
      [
        [0, 0],
        [60_000, 60_020],
      ],
      60_020,
      0,
    ],
  ]
for (const [name, reads, askedAtMs, ageMs] of cases) {
  test(`lateness: ${name}`, () => {
    const lateness = createLateness()
    for (const [writtenMs, nowMs] of reads) lateness.read(writtenMs, nowMs)
    assert.equal(lateness.ageMs(askedAtMs), ageMs)
  })
}

test('lateness: a queue that stays as long does not pass for the way in an hour', () => {
  const lateness = createLateness()
  lateness.read(0, 0)
  for (let second = 1; second <= 3600; second += 1) lateness.read(second * 1000 - 16_000, second * 1000)
  assert.ok(lateness.ageMs(3_600_000) > 10_000)
})
