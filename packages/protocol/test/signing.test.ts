import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideRotation, type RotationQuestion, type SigningSpan, signingAt } from '../src/signing.ts'

const day = 86_400
const ask: RotationQuestion = {
  algorithm: 'ES256',
  rotateAfter: 90 * day,
  publishAhead: 600,
  now: 1000 * day,
  starting: false,
}
const { now } = ask
const newest = { alg: 'ES256', activeAt: now - day }
const aged = (seconds: number) => ({ alg: 'ES256', activeAt: now - seconds })

const rotations: [
  name: string,
  newest: { readonly alg: string; readonly activeAt: number } | undefined,
  question: RotationQuestion,
  decision: string,
][] = [
  ['the first signs at once', undefined, ask, `first ${now}`],
  ['a young one stays', newest, ask, 'keep'],
  ['one that has not begun to sign stays', aged(-600), ask, 'keep'],
  ['a second too early is too early', aged(90 * day - 601), ask, 'keep'],
  ['the next is published before the one in force is old', aged(90 * day - 600), ask, `age ${now + 600}`],
  ['one that is long over age is published first all the same', aged(900 * day), ask, `age ${now + 600}`],
  [
    'another algorithm counts at a start',
    newest,
    { ...ask, algorithm: 'PS256', starting: true },
    `algorithm ${now + 600}`,
  ],
  ['another algorithm does not count later', newest, { ...ask, algorithm: 'PS256' }, 'keep'],
  ['age counts, whatever the algorithm', aged(90 * day), { ...ask, algorithm: 'PS256' }, `age ${now + 600}`],
  [
    'a key that waits is followed by none before it',
    aged(-900),
    { ...ask, algorithm: 'PS256', starting: true },
    `algorithm ${now + 900}`,
  ],
  ['a start by itself adds none', newest, { ...ask, starting: true }, 'keep'],
]
for (const [name, key, question, expected] of rotations) {
  test(`rotation: ${name}`, () => {
    const decision = decideRotation(key, question)
    const said = decision.outcome === 'keep' ? 'keep' : `${decision.detail} ${decision.activeAt}`
    assert.equal(said, expected)
  })
}

const key = (kid: string, activeAt: number, replacedAt?: number): SigningSpan & { readonly kid: string } => ({
  kid,
  activeAt,
  replacedAt,
})
const keys = [key('a', 10, 20), key('b', 20, 30), key('c', 30)]
const spans: [
  name: string,
  keys: readonly (SigningSpan & { readonly kid: string })[],
  now: number,
  kid: string | undefined,
][] = [
  ['the one whose time it is', keys, 25, 'b'],
  ['at the second of change it is the new one', keys, 20, 'b'],
  ['a second before it is the old one', keys, 19, 'a'],
  ['the newest signs until there is another', keys, 9999, 'c'],
  ['with a clock that is behind it is the one published for longest', keys, 5, 'a'],
  [
    'of two that begin at once it is the one that is not replaced',
    [key('z', 10, 20), key('a', 20), key('b', 20, 20)],
    20,
    'a',
  ],
  ['without keys there is none', [], 5, undefined],
]
for (const [name, list, at, kid] of spans) {
  test(`signing: ${name}`, () => assert.equal(signingAt(list, at)?.kid, kid))
}
