import assert from 'node:assert/strict'
import { test } from 'node:test'
import { doors, limits, scopes } from '../src/preset.ts'

const all = ['domains', 'vps', 'email', 'billing'].flatMap((one) => [`${one}:read`, `${one}:write`])

test('preset: the scopes are the document’s eight', () => {
  assert.deepEqual(Object.keys(scopes).sort(), [...all].sort())
})

const roles: [role: string, may: (scope: string) => boolean][] = [
  ['viewer', (scope) => scope.endsWith(':read')],
  ['technical', (scope) => !scope.startsWith('billing:')],
]
for (const door of doors) {
  for (const [role, may] of roles) {
    test(`preset: at ${door.id} a ${role} gives away what a ${role} has`, () => {
      assert.ok('roles' in door)
      assert.deepEqual([...(door.roles[role] ?? [])].sort(), all.filter(may).sort())
    })
  }
  test(`preset: at ${door.id} an owner is not limited by role`, () => {
    assert.ok('roles' in door)
    assert.equal(door.roles['owner'], undefined)
  })
}

const plans: [plan: string, minute: number, day: number | undefined][] = [
  ['Free', 60, 1000],
  ['Starter', 300, 10_000],
  ['Business', 1000, 100_000],
  ['Enterprise', 100_000, undefined],
]
for (const [plan, minute, day] of plans) {
  test(`preset: ${plan} calls ${minute} times a minute, ${day ?? 'any number of times'} a day`, () => {
    const windows = limits['osir-api']?.plans[plan] ?? []
    assert.equal(windows.find(({ window }) => window === 60)?.limit, minute)
    assert.equal(windows.find(({ window }) => window === 86_400)?.limit, day)
  })
}
