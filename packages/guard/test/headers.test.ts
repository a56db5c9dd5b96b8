/** Which headers carry a credential, and what two of them mean. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type OnTwo, secretHash } from '@sallyport/guard'
import { allCallers, bearer, guardOf, ways } from './support/callers.ts'
import { alter } from './support/credentials.ts'
import {
  addFamily,
  addKey,
  addSessionToken,
  change,
  createFacts,
  type Facts,
  signToken,
  sk,
} from './support/world.ts'

type Pairs = readonly (readonly [string, string])[]

const doors = ['people', 'servers', 'people-keys']

async function statuses(facts: Facts, headers: Pairs, onTwo?: OnTwo): Promise<readonly number[]> {
  const callers = await allCallers(guardOf(facts, onTwo && { onTwo }))
  const answers = []
  for (const caller of callers) {
    answers.push((await caller.ask({ doors }, { headers })).status)
    await caller.close()
  }
  return answers
}

const all = (status: number) => ways.map(() => status)
const facts = createFacts()
const key = addKey(facts)
const otherKey = addKey(facts)
const hexKey = addKey(facts, {}, sk)
const unknownKey = addKey(createFacts())
const revokedKey = addKey(facts, { revokedAt: 1 })
const badKey = alter(key, 15)
const sessionToken = addSessionToken(facts, { keyHash: secretHash(key) })
const jwt = await signToken(addFamily(facts, 'people', { accountId: 'acc_1' }))
const forged = alter(jwt, jwt.lastIndexOf('.') + 5)
const apiKey = (value: string) => ['X-API-Key', value] as const
const authorization = (value: string) => ['Authorization', value] as const

const accepted: readonly (readonly [name: string, headers: Pairs])[] = [
  ['a key as bearer', [bearer(key)]],
  ['a key in X-API-Key', [apiKey(key)]],
  ['a key in x-api-key', [['x-api-key', key]]],
  ['a hex key', [apiKey(hexKey)]],
  ['the same key twice, in both headers', [bearer(key), apiKey(key)]],
  ['a session token', [bearer(sessionToken)]],
  ['a JWT', [bearer(jwt)]],
  ['bearer in lower case', [authorization(`bearer ${jwt}`)]],
  ['BEARER in upper case', [authorization(`BEARER ${key}`)]],
]
for (const [name, headers] of accepted) {
  test(`${name} is let in`, async () => assert.deepEqual(await statuses(facts, headers), all(200)))
}

/** Refused by their shape: no fact is read. */
const malformed: readonly (readonly [name: string, headers: Pairs])[] = [
  ['Bearer alone', [authorization('Bearer')]],
  ['two tokens after Bearer', [authorization('Bearer a b')]],
  ['a key after two tokens', [authorization(`Bearer ${key} ${key}`)]],
  ['Basic', [authorization('Basic YTpi')]],
  ['Basic around a key', [authorization(`Basic ${key}`)]],
  ['Token', [authorization(`Token ${jwt}`)]],
  ['ApiKey', [authorization(`ApiKey ${key}`)]],
  ['a key without a scheme', [authorization(key)]],
  ['an opaque token', [bearer('2agIqxFEUbI4pea9rbhOtZs5HEZIWh')]],
  ['a refresh token', [bearer('fam_1.2.bWFj')]],
  ['a JWE', [bearer('a.b.c.d.e')]],
  ['a very long session token', [bearer(`osk_${'a'.repeat(9000)}`)]],
  ['a key with a wrong checksum', [bearer(badKey)]],
  ['a key with a wrong checksum in X-API-Key', [apiKey(badKey)]],
  ['a truncated key', [apiKey(key.slice(0, -1))]],
  ['a key of an unknown environment', [apiKey(key.replace('_live_', '_prod_'))]],
  ['a live key turned into a test key', [apiKey(key.replace('_live_', '_test_'))]],
  ['an unknown prefix', [apiKey(`acme${key}`)]],
  ['an empty X-API-Key', [apiKey('')]],
  ['a JWT in X-API-Key', [apiKey(jwt)]],
  ['a session token in X-API-Key', [apiKey(sessionToken)]],
  ['Bearer and a key in X-API-Key', [apiKey(`Bearer ${key}`)]],
  ['Authorization repeated', [bearer(key), bearer(key)]],
  ['Authorization repeated, the first good', [bearer(jwt), bearer('x')]],
  ['X-API-Key repeated', [apiKey(key), apiKey(key)]],
  ['X-API-Key repeated in two spellings', [apiKey(key), ['x-api-key', key]]],
  ['two keys with a comma', [apiKey(`${key}, ${key}`)]],
  ['two tokens with a comma', [authorization(`Bearer ${jwt}, Bearer ${jwt}`)]],
  ['a good key and a malformed bearer', [apiKey(key), authorization('Basic YTpi')]],
  ['a good JWT and a malformed key', [bearer(jwt), apiKey(badKey)]],
]
for (const [name, headers] of malformed) {
  test(`${name} is refused without a look-up`, async () => {
    facts.reads.length = 0
    assert.deepEqual(await statuses(facts, headers), all(401))
    assert.deepEqual(facts.reads, [])
  })
}

const two: readonly (readonly [name: string, headers: Pairs, reject: number, keyWins: number])[] = [
  ['two different keys', [bearer(key), apiKey(otherKey)], 400, 400],
  ['a key and a JWT', [bearer(jwt), apiKey(key)], 400, 200],
  ['a key and its own session token', [bearer(sessionToken), apiKey(key)], 400, 200],
  ['a key and a forged JWT', [bearer(forged), apiKey(key)], 401, 200],
  ['a key and Basic', [authorization('Basic YTpi'), apiKey(key)], 401, 200],
  ['a key and a bearer of noise', [bearer('noise'), apiKey(key)], 401, 200],
  ['an unknown key and a JWT', [bearer(jwt), apiKey(unknownKey)], 401, 401],
  ['a revoked key and a JWT', [bearer(jwt), apiKey(revokedKey)], 401, 401],
  ['a malformed key and a JWT', [bearer(jwt), apiKey(badKey)], 401, 401],
  ['an empty key and a JWT', [bearer(jwt), apiKey('')], 401, 401],
  ['a revoked key as bearer and a key', [bearer(revokedKey), apiKey(key)], 401, 401],
  ['Authorization repeated and a key', [bearer(jwt), bearer(jwt), apiKey(key)], 401, 401],
]
for (const [name, headers, reject, keyWins] of two) {
  test(`${name}: ${reject} where two are refused, ${keyWins} where the key wins`, async () => {
    assert.deepEqual(await statuses(facts, headers), all(reject))
    assert.deepEqual(await statuses(facts, headers, 'api-key-wins'), all(keyWins))
  })
}

test('where the key wins the caller is the owner of the key', async () => {
  const own = createFacts()
  const ownKey = addKey(own)
  const other = await signToken(addFamily(own, 'people', { accountId: 'acc_2', teamId: 'team_2' }))
  for (const caller of await allCallers(guardOf(own, { onTwo: 'api-key-wins' }))) {
    const { body } = await caller.ask({ doors }, { headers: [bearer(other), apiKey(ownKey)] })
    assert.equal(body['accountId'], 'acc_1')
    await caller.close()
  }
})

test('a key means the same caller in either header', async () => {
  const answers = []
  for (const caller of await allCallers(guardOf(facts))) {
    for (const header of [bearer(key), apiKey(key)])
      answers.push((await caller.ask({ doors }, { headers: [header] })).body)
    await caller.close()
  }
  for (const body of answers) assert.deepEqual(body, answers[0])
})

test('credentials in the query string are never read', async () => {
  for (const caller of await allCallers(guardOf(facts))) {
    for (const query of [`api_key=${key}`, `access_token=${jwt}`, `X-API-Key=${key}`]) {
      const { status, headers } = await caller.ask({ doors }, { path: `/v1/domains?${query}` })
      assert.equal(status, 401)
      assert.equal(headers['www-authenticate'], 'Bearer')
    }
    await caller.close()
  }
})

test('refusing two credentials notes no use of either', async () => {
  const own = createFacts()
  const [first, second] = [addKey(own), addKey(own)]
  assert.deepEqual(await statuses(own, [bearer(first), apiKey(second)]), all(400))
  assert.deepEqual(own.uses, [])
  change(own.apiKeys, secretHash(second), { active: false })
  assert.deepEqual(await statuses(own, [bearer(first)]), all(200))
  assert.deepEqual(own.uses[0], { kind: 'api-key', id: 'key_1', hash: secretHash(first) })
})
