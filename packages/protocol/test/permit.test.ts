import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Permit, type Principal, permit, planAllows, type Rule } from '../src/index.ts'

const principal: Principal = {
  kind: 'api-key',
  id: 'key_1',
  door: 'osir',
  plan: 'Starter',
  admin: false,
  scopes: ['domains:read', 'vps:*'],
  environment: 'live',
  credentialId: 'key_1',
}
const rule: Rule = { doors: ['osir'] }
const plans = ['Free', 'Starter', 'Business']

const cases: [name: string, principal: Principal, rule: Rule, expected: string][] = [
  ['a rule that asks nothing more', principal, rule, 'allow'],
  ['another door', { ...principal, door: 'charp' }, rule, 'wrong-door'],
  ['no door', principal, { doors: [] }, 'wrong-door'],
  ['a scope it has', principal, { ...rule, scopes: ['domains:read'] }, 'allow'],
  ['a scope it has by hierarchy', principal, { ...rule, scopes: ['vps:write'] }, 'allow'],
  ['a scope it has not', principal, { ...rule, scopes: ['domains:write'] }, 'scope'],
  ['a kind that is listed', principal, { ...rule, kinds: ['person', 'api-key'] }, 'allow'],
  ['a kind that is not', principal, { ...rule, kinds: ['person'] }, 'kind'],
  ['a live endpoint', principal, { ...rule, environment: 'live' }, 'allow'],
  [
    'a live endpoint with a test key',
    { ...principal, environment: 'test' },
    { ...rule, environment: 'live' },
    'environment',
  ],
  ['an administrators endpoint', principal, { ...rule, admin: true }, 'admin'],
  ['an administrator', { ...principal, admin: true }, { ...rule, admin: true }, 'allow'],
  ['its plan', principal, { ...rule, plan: 'Starter', plans }, 'allow'],
  ['a lower plan', principal, { ...rule, plan: 'Free', plans }, 'allow'],
  ['a higher plan', principal, { ...rule, plan: 'Business', plans }, 'plan'],
  ['a plan nobody knows', principal, { ...rule, plan: 'Gold', plans }, 'plan'],
  ['its plan without an order', principal, { ...rule, plan: 'Starter' }, 'allow'],
  ['a lower plan without an order', principal, { ...rule, plan: 'Free' }, 'plan'],
  ['door before kind', { ...principal, door: 'x' }, { ...rule, kinds: ['person'] }, 'wrong-door'],
  ['kind before administrator', principal, { ...rule, kinds: ['person'], admin: true }, 'kind'],
  ['administrator before environment', principal, { ...rule, environment: 'test', admin: true }, 'admin'],
  ['environment before scope', principal, { ...rule, environment: 'test', scopes: ['x'] }, 'environment'],
  ['scope before plan', principal, { ...rule, scopes: ['x'], plan: 'Business', plans }, 'scope'],
]
for (const [name, who, what, expected] of cases) {
  test(`permit: ${name}: ${expected}`, () => {
    const result = permit(who, what)
    assert.equal(result.outcome === 'refuse' ? result.refusal.reason : result.outcome, expected)
  })
}

function refusal(result: Permit) {
  return result.outcome === 'refuse' ? result.refusal : undefined
}

test('permit: all missing scopes are named, and only those', () => {
  const result = permit(principal, { ...rule, scopes: ['billing:read', 'domains:read', 'email:read'] })
  assert.deepEqual(refusal(result)?.scopes, ['billing:read', 'email:read'])
})

test('permit: both plans are named', () => {
  const { requiredPlan, currentPlan } = refusal(permit(principal, { ...rule, plan: 'Business', plans })) ?? {}
  assert.deepEqual({ requiredPlan, currentPlan }, { requiredPlan: 'Business', currentPlan: 'Starter' })
  const { plan: _, ...without } = principal
  assert.equal(refusal(permit(without, { ...rule, plan: 'Free', plans }))?.currentPlan, undefined)
})

const allows: [current: string | undefined, needed: string, expected: boolean][] = [
  ['Free', 'Free', true],
  ['Business', 'Free', true],
  ['Free', 'Starter', false],
  ['Gold', 'Free', false],
  ['Business', 'Gold', false],
  ['Gold', 'Gold', false],
  [undefined, 'Free', false],
]
for (const [current, needed, expected] of allows) {
  test(`plan: ${current ?? 'none'} ${expected ? 'allows' : 'does not allow'} ${needed}`, () =>
    assert.equal(planAllows(plans, current, needed), expected))
}
