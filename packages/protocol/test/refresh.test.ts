import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideRefresh, type PresentedRefresh, type RefreshFamily, type RefreshPolicy } from '../src/index.ts'

const day = 86_400
const now = 100 * day
const family: RefreshFamily = {
  familyId: 'fam_1',
  doorId: 'apps',
  clientId: 'app_1',
  jkt: undefined,
  gen: 5,
  issuedAt: now - 5,
  previousIssuedAt: now - 10 * day,
  expiresAt: now + 60 * day,
  endedAt: undefined,
  scope: ['a', 'b'],
}
const newest: PresentedRefresh = {
  familyId: 'fam_1',
  gen: 5,
  doorId: 'apps',
  clientId: 'app_1',
  jkt: undefined,
  scope: undefined,
}
const previous = { ...newest, gen: 4 }
const strict: RefreshPolicy = { rotation: 'strict', grace: 10, idle: 30 * day }
const lazy: RefreshPolicy = { ...strict, rotation: 'lazy' }
const none: RefreshPolicy = { ...strict, rotation: 'none' }
const late = { ...family, issuedAt: now - 11 }
const idle = { ...family, issuedAt: now - 30 * day, previousIssuedAt: now - 40 * day }
const wide = ['a', 'c']

type Row = [
  name: string,
  family: RefreshFamily | undefined,
  presented: PresentedRefresh,
  policy: RefreshPolicy,
  outcome: string,
]
const cases: Row[] = [
  ['the newest generation advances', family, newest, strict, 'advance'],
  ['the newest generation advances on a lazy door', family, newest, lazy, 'advance'],
  ['without rotation it is kept', family, newest, none, 'keep'],
  ['the predecessor within the grace is answered again', family, previous, strict, 'repeat'],
  ['the grace includes its last second', { ...family, issuedAt: now - 10 }, previous, strict, 'repeat'],
  ['the predecessor after the grace ends the family', late, previous, strict, 'end-family'],
  [
    'a grace of 0 means none, even in the same second',
    { ...family, issuedAt: now },
    previous,
    { ...strict, grace: 0 },
    'end-family',
  ],
  ['a lazy door answers the predecessor after the grace', late, previous, lazy, 'repeat'],
  [
    'a lazy door answers the predecessor until its own life is over',
    { ...late, previousIssuedAt: now - 30 * day },
    previous,
    lazy,
    'refuse',
  ],
  [
    'a lazy door answers the predecessor in its last second',
    { ...late, previousIssuedAt: now - 30 * day + 1 },
    previous,
    lazy,
    'repeat',
  ],
  ['two generations back ends the family', family, { ...newest, gen: 3 }, strict, 'end-family'],
  ['two generations back ends the family on a lazy door', family, { ...newest, gen: 3 }, lazy, 'end-family'],
  [
    'two generations back ends the family without rotation',
    family,
    { ...newest, gen: 3 },
    none,
    'end-family',
  ],
  ['reuse counts even when everything idled out', idle, { ...newest, gen: 3 }, lazy, 'end-family'],
  ['late reuse of the predecessor counts even when it idled out', idle, previous, strict, 'end-family'],
  [
    'reuse counts even when the scope is wider',
    family,
    { ...newest, gen: 3, scope: wide },
    lazy,
    'end-family',
  ],
  ['an unknown family is refused', undefined, newest, strict, 'refuse'],
  ['another family is refused', { ...family, familyId: 'fam_2' }, newest, strict, 'refuse'],
  ['another door is refused', family, { ...newest, doorId: 'vendors' }, strict, 'refuse'],
  ['another door cannot end a family', family, { ...newest, gen: 1, doorId: 'vendors' }, strict, 'refuse'],
  [
    'RFC 9449 §5: the key that it is bound to advances',
    { ...family, jkt: 'k1' },
    { ...newest, jkt: 'k1' },
    strict,
    'advance',
  ],
  [
    'RFC 9449 §5: another key is refused',
    { ...family, jkt: 'k1' },
    { ...newest, jkt: 'k2' },
    strict,
    'refuse',
  ],
  ['RFC 9449 §5: no key is refused', { ...family, jkt: 'k1' }, newest, strict, 'refuse'],
  [
    'RFC 9449 §5: whoever lacks the key cannot end a family',
    { ...family, jkt: 'k1' },
    { ...newest, gen: 1 },
    strict,
    'refuse',
  ],
  ['a family that is bound to none takes any key', family, { ...newest, jkt: 'k2' }, strict, 'advance'],
  ['another client is refused', family, { ...newest, clientId: 'app_2' }, strict, 'refuse'],
  ['another client cannot end a family', family, { ...newest, gen: 1, clientId: 'app_2' }, strict, 'refuse'],
  ['no client is another client', family, { ...newest, clientId: undefined }, strict, 'refuse'],
  [
    'a family without a client refreshes without one',
    { ...family, clientId: undefined },
    { ...newest, clientId: undefined },
    lazy,
    'advance',
  ],
  ['an ended family is refused', { ...family, endedAt: 1 }, newest, strict, 'refuse'],
  ['an ended family is not ended again', { ...family, endedAt: 1 }, { ...newest, gen: 1 }, strict, 'refuse'],
  ['a generation never issued is refused', family, { ...newest, gen: 6 }, lazy, 'refuse'],
  ['a generation that is no number is refused', family, { ...newest, gen: Number.NaN }, lazy, 'refuse'],
  ['the absolute end is refused', { ...family, expiresAt: now }, newest, strict, 'refuse'],
  [
    'the second before the absolute end advances',
    { ...family, expiresAt: now + 1 },
    newest,
    strict,
    'advance',
  ],
  ['no absolute end is no end', { ...family, expiresAt: undefined }, newest, strict, 'advance'],
  ['an idle token is refused', idle, newest, strict, 'refuse'],
  [
    'the second before it idles out advances',
    { ...idle, issuedAt: now - 30 * day + 1 },
    newest,
    strict,
    'advance',
  ],
  [
    'a predecessor of unknown age is refused',
    { ...family, previousIssuedAt: undefined },
    previous,
    lazy,
    'refuse',
  ],
  ['a narrower scope advances', family, { ...newest, scope: ['a'] }, strict, 'advance'],
  ['a wider scope is refused', family, { ...newest, scope: wide }, strict, 'refuse-scope'],
  ['a wider scope is refused on a repeat', family, { ...previous, scope: wide }, strict, 'refuse-scope'],
]
for (const [name, record, presented, policy, outcome] of cases) {
  test(`refresh: ${name}`, () => assert.equal(decideRefresh(record, presented, policy, now).outcome, outcome))
}

test('refresh: the scope is what was asked, else what was granted', () => {
  assert.deepEqual(decideRefresh(family, { ...newest, scope: ['b'] }, strict, now), {
    outcome: 'advance',
    scope: ['b'],
  })
  assert.deepEqual(decideRefresh(family, previous, strict, now), { outcome: 'repeat', scope: ['a', 'b'] })
})

test('refresh: a client that keeps its first token is served every 9 days for 29 days on a lazy door', () => {
  let row: RefreshFamily = { ...family, gen: 1, issuedAt: 0, previousIssuedAt: undefined }
  for (const at of [9 * day, 18 * day, 27 * day, 29 * day]) {
    const decision = decideRefresh(row, { ...newest, gen: 1 }, lazy, at)
    assert.match(decision.outcome, /^(advance|repeat)$/)
    if (decision.outcome === 'advance')
      row = { ...row, gen: row.gen + 1, previousIssuedAt: row.issuedAt, issuedAt: at }
  }
  assert.equal(decideRefresh(row, { ...newest, gen: 1 }, lazy, 30 * day).outcome, 'refuse')
})
