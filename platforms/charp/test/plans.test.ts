import assert from 'node:assert/strict'
import { test } from 'node:test'
import { permit, type Principal } from '@sallyport/protocol'
import { limits, type Plan, plans } from '../src/preset.ts'
import { rule } from '../src/rule.ts'

const vendor: Principal = {
  kind: 'vendor',
  id: 'app_1',
  door: 'charp',
  team: { id: 'team_1', slug: 'one' },
  admin: false,
  scopes: [],
  environment: 'live',
  credentialId: 'fam_1',
}

const cases: [plan: string | undefined, needed: Plan, outcome: string][] = [
  ['Free', 'Free', 'allow'],
  ['Free', 'Standard', 'plan'],
  ['Free', 'Enterprise', 'plan'],
  ['Standard', 'Free', 'allow'],
  ['Standard', 'Standard', 'allow'],
  ['Standard', 'Enterprise', 'plan'],
  ['Enterprise', 'Free', 'allow'],
  ['Enterprise', 'Standard', 'allow'],
  ['Enterprise', 'Enterprise', 'allow'],
  ['Gold', 'Free', 'plan'],
  [undefined, 'Free', 'plan'],
]
for (const [plan, needed, outcome] of cases) {
  test(`plans: ${plan ?? 'none'} where ${needed} is needed: ${outcome}`, () => {
    const result = permit({ ...vendor, ...(plan !== undefined && { plan }) }, rule(needed))
    assert.equal(result.outcome === 'refuse' ? result.refusal.reason : result.outcome, outcome)
  })
}

test('plans: a person of the same door is no vendor', () => {
  const result = permit({ ...vendor, kind: 'person', plan: 'Enterprise' }, rule('Free'))
  assert.equal(result.outcome === 'refuse' && result.refusal.reason, 'kind')
})

test('plans: a higher plan may call more often, and one that nobody knows no more than the lowest', () => {
  const table = limits['charp-api']
  assert.ok(table)
  const perMinute = plans.map((plan) => table.plans[plan]?.[0]?.limit)
  assert.deepEqual(perMinute, [60, 300, 1000])
  assert.deepEqual(table.otherwise, table.plans['Free'])
})
