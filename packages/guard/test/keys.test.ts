/** API keys, and the session tokens minted from them. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { secretHash } from '@sallyport/guard'
import { bearer, type Call, coreCaller, guardOf } from './support/callers.ts'
import { addFamily, addKey, addSessionToken, change, createFacts, type Facts } from './support/world.ts'

const rule = { doors: ['servers'] }

function asker(facts: Facts) {
  const guard = coreCaller(guardOf(facts))
  return (secret: string, call: Call = {}) => guard.ask(rule, { ...call, headers: [bearer(secret)] })
}

test('a key is looked up by the SHA-256 of its text in base64url', () => {
  assert.equal(secretHash('abc'), createHash('sha256').update('abc', 'utf8').digest('base64url'))
  assert.equal(secretHash('abc'), 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
})

const changes: readonly (readonly [
  name: string,
  act: (facts: Facts, hash: string) => unknown,
  status: number,
])[] = [
  ['revoked', ({ apiKeys }, hash) => change(apiKeys, hash, { revokedAt: 1 }), 401],
  ['switched off', ({ apiKeys }, hash) => change(apiKeys, hash, { active: false }), 401],
  ['expired this second', (facts, hash) => change(facts.apiKeys, hash, { expiresAt: facts.now }), 401],
  ['expiring next second', (facts, hash) => change(facts.apiKeys, hash, { expiresAt: facts.now + 1 }), 200],
  ['deleted', ({ apiKeys }, hash) => apiKeys.delete(hash), 401],
  ['owner disabled', ({ accounts }) => change(accounts, 'acc_1', { disabledAt: 1 }), 401],
  ['owner deleted', ({ accounts }) => accounts.delete('acc_1'), 401],
  ['owner left the team', ({ memberships }) => memberships.clear(), 401],
  ['team suspended', ({ teams }) => change(teams, 'team_1', { status: 'suspended' }), 401],
  ['team deleted', ({ teams }) => teams.delete('team_1'), 401],
  [
    'bound to another address',
    ({ apiKeys }, hash) => change(apiKeys, hash, { ipList: ['127.0.0.2/32'] }),
    403,
  ],
  ['bound to this network', ({ apiKeys }, hash) => change(apiKeys, hash, { ipList: ['127.0.0.0/8'] }), 200],
  ['bound to what can’t be read', ({ apiKeys }, hash) => change(apiKeys, hash, { ipList: ['home'] }), 403],
]
for (const [name, act, status] of changes) {
  test(`key ${name}: ${status} on the next request, and for its session tokens too`, async () => {
    const facts = createFacts()
    const key = addKey(facts)
    const hash = secretHash(key)
    const token = addSessionToken(facts, { keyHash: hash })
    const ask = asker(facts)
    assert.deepEqual([(await ask(key)).status, (await ask(token)).status], [200, 200])
    facts.uses.length = 0
    act(facts, hash)
    assert.deepEqual([(await ask(key)).status, (await ask(token)).status], [status, status])
    assert.equal(facts.uses.length, status === 200 ? 2 : 0)
  })
}

test('an address header counts for nothing: the address is what the adapter was told', async () => {
  const facts = createFacts()
  const key = addKey(facts, { ipList: ['127.0.0.2/32'] })
  const guard = coreCaller(guardOf(facts))
  const headers = [bearer(key), ['X-Forwarded-For', '127.0.0.2'], ['Forwarded', 'for=127.0.0.2']] as const
  assert.equal((await guard.ask(rule, { headers, ip: '127.0.0.1' })).status, 403)
  assert.equal((await guard.ask(rule, { headers, ip: '127.0.0.2' })).status, 200)
  assert.equal((await guard.ask(rule, { headers, ip: '::ffff:127.0.0.2' })).status, 200)
  assert.equal((await guard.ask(rule, { headers, ip: '' })).status, 403)
})

test('the environment of a key reaches the API, and a live endpoint refuses a test key', async () => {
  const facts = createFacts()
  const key = addKey(facts, { environment: 'test' })
  const guard = coreCaller(guardOf(facts))
  assert.match(key, /^osir_test_/)
  assert.equal((await guard.ask(rule, { headers: [bearer(key)] })).body['environment'], 'test')
  assert.equal((await guard.ask({ ...rule, environment: 'live' }, { headers: [bearer(key)] })).status, 403)
})

const resources = ['domains', 'vps', 'email', 'billing']
const scopes = resources.flatMap((resource) => [`${resource}:read`, `${resource}:write`])
test('a key does exactly what its scope says: 8 scopes, 8 endpoints', async () => {
  const facts = createFacts()
  const guard = coreCaller(guardOf(facts))
  for (const scope of scopes) {
    const key = addKey(facts, { scope: [scope] })
    for (const needed of scopes) {
      const { status } = await guard.ask({ ...rule, scopes: [needed] }, { headers: [bearer(key)] })
      assert.equal(status, scope === needed ? 200 : 403, `${scope} where ${needed} is needed`)
    }
  }
})

test('a session token ends after 30 minutes without use', async () => {
  const facts = createFacts()
  const token = addSessionToken(facts, { keyHash: secretHash(addKey(facts)) })
  const ask = asker(facts)
  facts.now += 1799
  assert.equal((await ask(token)).status, 200)
  facts.now += 1
  assert.equal((await ask(token)).status, 401)
})

test('a session token ends after 8 hours of use', async () => {
  const facts = createFacts()
  const token = addSessionToken(facts, { keyHash: secretHash(addKey(facts)) })
  const hash = secretHash(token)
  const ask = asker(facts)
  for (let minutes = 20; minutes < 8 * 60; minutes += 20) {
    facts.now += 20 * 60
    assert.equal((await ask(token)).status, 200)
    assert.equal(facts.uses.at(-1)?.hash, hash)
    change(facts.sessionTokens, hash, { lastUsedAt: facts.now })
  }
  facts.now += 20 * 60
  assert.equal((await ask(token)).status, 401)
})

test('a session token loses what its key loses, and never has more', async () => {
  const facts = createFacts()
  const key = addKey(facts, { scope: ['domains:read', 'vps:*'] })
  const token = addSessionToken(facts, {
    keyHash: secretHash(key),
    scope: ['billing:read', 'domains:read', 'vps:read'],
  })
  const ask = asker(facts)
  assert.deepEqual((await ask(token)).body['scopes'], ['domains:read', 'vps:read'])
  change(facts.apiKeys, secretHash(key), { scope: ['vps:read'] })
  assert.deepEqual((await ask(token)).body['scopes'], ['vps:read'])
})

const orphans: readonly (readonly [
  name: string,
  change: (facts: Facts) => Parameters<typeof addSessionToken>[1],
])[] = [
  ['without a parent', () => ({})],
  ['of an unknown key', () => ({ keyHash: 'unknown' })],
  ['of an unknown family', () => ({ familyId: 'fam_unknown' })],
  ['of a key of another door', (facts) => ({ keyHash: secretHash(addKey(facts)), doorId: 'people' })],
  ['of a key of another team', (facts) => ({ keyHash: secretHash(addKey(facts)), teamId: 'team_2' })],
  [
    'of a key of the other environment',
    (facts) => ({ keyHash: secretHash(addKey(facts)), environment: 'test' }),
  ],
  [
    'of a family of someone else',
    (facts) => ({
      familyId: String(addFamily(facts, 'people', { accountId: 'acc_2', teamId: 'team_2' })['fam']),
    }),
  ],
]
for (const [name, changed] of orphans) {
  test(`a session token ${name} is nobody`, async () => {
    const facts = createFacts()
    const token = addSessionToken(facts, changed(facts))
    const guard = coreCaller(guardOf(facts))
    assert.equal(
      (await guard.ask({ doors: ['servers', 'people'] }, { headers: [bearer(token)] })).status,
      401,
    )
  })
}

test('a session token of a sign-in dies with the sign-in', async () => {
  const facts = createFacts()
  const familyId = String(addFamily(facts, 'people', { accountId: 'acc_1' })['fam'])
  const token = addSessionToken(facts, { familyId })
  const ask = asker(facts)
  assert.equal((await ask(token)).status, 200)
  change(facts.families, familyId, { endedAt: facts.now })
  assert.equal((await ask(token)).status, 401)
})
