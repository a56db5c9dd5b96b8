/** A token says what was granted; what holds now is asked on every request. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer, coreCaller, guardOf } from './support/callers.ts'
import { addFamily, addKey, change, createFacts, type Facts, pairs, signToken } from './support/world.ts'

const doors = ['people', 'apps', 'vendors', 'servers']
type Parties = { readonly accountId?: string; readonly clientId?: string }
const person: Parties = { accountId: 'acc_1' }
const app: Parties = { accountId: 'acc_1', clientId: 'app_1' }
const machine: Parties = { clientId: 'app_1' }
const vendor: Parties = { clientId: 'app_vendor' }

const changes: readonly (readonly [
  name: string,
  door: string,
  parties: Parties,
  act: (facts: Facts) => unknown,
  status: number,
])[] = [
  ['family gone', 'people', person, ({ families }) => families.clear(), 401],
  ['family ended', 'people', person, ({ families }) => change(families, 'fam_1', { endedAt: 1 }), 401],
  [
    'family moved to another door',
    'people',
    person,
    ({ families }) => change(families, 'fam_1', { doorId: 'apps' }),
    401,
  ],
  ['account disabled', 'people', person, ({ accounts }) => change(accounts, 'acc_1', { disabledAt: 1 }), 401],
  ['account deleted', 'people', person, ({ accounts }) => accounts.delete('acc_1'), 401],
  [
    'account of an app disabled',
    'apps',
    app,
    ({ accounts }) => change(accounts, 'acc_1', { disabledAt: 1 }),
    401,
  ],
  ['client deleted', 'apps', app, ({ clients }) => clients.delete('app_1'), 401],
  ['client of a machine deleted', 'apps', machine, ({ clients }) => clients.delete('app_1'), 401],
  ['member removed, at a door that asks', 'apps', app, ({ memberships }) => memberships.clear(), 401],
  [
    'member removed, at a door that does not',
    'people',
    person,
    ({ memberships }) => memberships.clear(),
    200,
  ],
  ['a machine is no member', 'apps', machine, ({ memberships }) => memberships.clear(), 200],
  ['team suspended', 'vendors', vendor, ({ teams }) => change(teams, 'team_1', { status: 'suspended' }), 401],
  ['team inactive', 'vendors', vendor, ({ teams }) => change(teams, 'team_1', { status: 'inactive' }), 401],
  ['team deleted', 'vendors', vendor, ({ teams }) => teams.delete('team_1'), 401],
  [
    'team of a person suspended',
    'people',
    person,
    ({ teams }) => change(teams, 'team_1', { status: 'suspended' }),
    401,
  ],
  [
    'team of a machine suspended',
    'apps',
    machine,
    ({ teams }) => change(teams, 'team_1', { status: 'suspended' }),
    401,
  ],
  [
    'another team suspended',
    'people',
    person,
    ({ teams }) => change(teams, 'team_2', { status: 'suspended' }),
    200,
  ],
  ['signing key withdrawn', 'people', person, ({ signingKeys }) => signingKeys.delete(pairs.es256.kid), 401],
  [
    'another key published under the same id',
    'people',
    person,
    ({ signingKeys }) => signingKeys.set(pairs.es256.kid, { alg: 'ES256', key: pairs.eddsa.publicKey }),
    401,
  ],
]

for (const [name, door, parties, act, status] of changes) {
  test(`${name}: the token that worked a moment ago is answered ${status}`, async () => {
    const facts = createFacts()
    const guard = coreCaller(guardOf(facts))
    const token = await signToken(addFamily(facts, door, parties))
    const ask = () => guard.ask({ doors }, { headers: [bearer(token)] })
    assert.equal((await ask()).status, 200)
    act(facts)
    assert.equal((await ask()).status, status)
  })
}

test('plan, role and team slug are what they are now, whatever the token says', async () => {
  const facts = createFacts()
  const guard = coreCaller(guardOf(facts))
  const claims = addFamily(facts, 'apps', app)
  const token = await signToken({ ...claims, plan: 'Enterprise', role: 'admin', slug: 'x', admin: true })
  const ask = async () => (await guard.ask({ doors }, { headers: [bearer(token)] })).body
  const { plan, role, team, admin } = await ask()
  assert.deepEqual([plan, role, team, admin], ['Standard', 'owner', { id: 'team_1', slug: 'one' }, false])
  change(facts.teams, 'team_1', { plan: 'Free', slug: 'renamed' })
  facts.memberships.set('acc_1 team_1', { role: 'viewer' })
  const later = await ask()
  assert.deepEqual(
    [later['plan'], later['role'], later['team']],
    ['Free', 'viewer', { id: 'team_1', slug: 'renamed' }],
  )
})

test('an upgraded and a downgraded vendor need no new token', async () => {
  const facts = createFacts()
  const guard = coreCaller(guardOf(facts, { shape: 'oauth' }))
  const token = await signToken(addFamily(facts, 'vendors', vendor))
  const rule = { doors, plan: 'Enterprise', plans: ['Free', 'Standard', 'Enterprise'] }
  const ask = () => guard.ask(rule, { headers: [bearer(token)] })
  const refused = await ask()
  assert.equal(refused.status, 403)
  assert.equal(refused.body['error'], 'plan_required')
  assert.equal(refused.body['required_plan'], 'Enterprise')
  assert.equal(refused.body['current_plan'], 'Standard')
  change(facts.teams, 'team_1', { plan: 'Enterprise' })
  assert.equal((await ask()).status, 200)
  change(facts.teams, 'team_1', { plan: 'Free' })
  assert.equal((await ask()).status, 403)
})

test('an administrator is one in person, not through software or a key', async () => {
  const facts = createFacts()
  const guard = coreCaller(guardOf(facts))
  const owner = { accountId: 'acc_2', teamId: 'team_2' }
  const ask = (secret: string) => guard.ask({ doors, admin: true }, { headers: [bearer(secret)] })
  assert.equal((await ask(await signToken(addFamily(facts, 'people', owner)))).status, 200)
  assert.equal(
    (await ask(await signToken(addFamily(facts, 'apps', { ...owner, clientId: 'app_1' })))).status,
    403,
  )
  assert.equal((await ask(addKey(facts, owner))).status, 403)
})

test('the resources of a client reach the API, and none is not the same as no limit', async () => {
  const facts = createFacts()
  const guard = coreCaller(guardOf(facts))
  const token = await signToken(addFamily(facts, 'apps', machine))
  const ask = async () => (await guard.ask({ doors }, { headers: [bearer(token)] })).body
  assert.equal('resources' in (await ask()), false)
  change(facts.clients, 'app_1', { resources: [] })
  assert.deepEqual((await ask())['resources'], [])
})

test('a token lives to the second: 3599 s yes, 3600 s no', async () => {
  const facts = createFacts()
  const guard = coreCaller(guardOf(facts))
  const token = await signToken(addFamily(facts, 'apps', app))
  const ask = async () => (await guard.ask({ doors }, { headers: [bearer(token)] })).status
  facts.now += 3599
  assert.equal(await ask(), 200)
  facts.now += 1
  assert.equal(await ask(), 401)
})
