/** What a role may do is asked on every request: a credential made by somebody who had more has no more than they have now. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secretHash } from '@sallyport/guard'
import { bearer, coreCaller, guardOf } from './support/callers.ts'
import { addFamily, addKey, addSessionToken, createFacts, type Facts, signToken } from './support/world.ts'

const scope = ['billing:write', 'domains:read', 'domains:write']
const app = { accountId: 'acc_1', clientId: 'app_1' }

const credentials: readonly (readonly [
  name: string,
  door: string,
  make: (facts: Facts) => Promise<string>,
])[] = [
  ['an API key', 'servers', async (facts) => addKey(facts, { scope })],
  [
    'a session token of a key',
    'servers',
    async (facts) => addSessionToken(facts, { scope, keyHash: secretHash(addKey(facts, { scope })) }),
  ],
  [
    'a session token of a sign-in',
    'servers',
    async (facts) => {
      const familyId = String(addFamily(facts, 'people', { accountId: 'acc_1' })['fam'])
      return addSessionToken(facts, { scope, familyId })
    },
  ],
  ['an app', 'apps', (facts) => signToken({ ...addFamily(facts, 'apps', app), scope: scope.join(' ') })],
]

const roles = { viewer: ['domains:read'], technical: ['domains:*'], nobody: [] }
const left: readonly (readonly [role: string, scope: readonly string[]])[] = [
  ['owner', scope],
  ['viewer', ['domains:read']],
  ['technical', ['domains:read', 'domains:write']],
  ['nobody', []],
  // A name that every object has is no role with limits.
  ['constructor', scope],
]

for (const [name, door, make] of credentials) {
  for (const [role, expected] of left) {
    test(`${name} of somebody who is now ${role} has what that role has`, async () => {
      const facts = createFacts()
      facts.roles = { [door]: roles }
      const secret = await make(facts)
      facts.memberships.set('acc_1 team_1', { role })
      const caller = coreCaller(guardOf(facts))
      const { status, body } = await caller.ask({ doors: [door] }, { headers: [bearer(secret)] })
      assert.equal(status, 200)
      assert.deepEqual(body['scopes'], expected)
    })
  }
}

test('roles of another door limit nothing here', async () => {
  const facts = createFacts()
  facts.roles = { apps: roles }
  facts.memberships.set('acc_1 team_1', { role: 'viewer' })
  const { body } = await coreCaller(guardOf(facts)).ask(
    { doors: ['servers'] },
    { headers: [bearer(addKey(facts, { scope }))] },
  )
  assert.deepEqual(body['scopes'], scope)
})
