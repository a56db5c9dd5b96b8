/** Opaque access tokens: what the server hid in them is judged as a JWT's claims are. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOpaqueTokens } from '../src/remote/opaque-tokens.ts'
import type { FactKey } from '../src/remote/server.ts'
import { allCallers, bearer, coreCaller, guardOf } from './support/callers.ts'
import {
  addFamily,
  addOpaqueToken,
  type Claims,
  createFacts,
  type Facts,
  signToken,
} from './support/world.ts'

const doors = ['apps', 'people', 'widgets']
const parties = { accountId: 'acc_1', clientId: 'app_1' }
const ask = (facts: Facts, token: string) =>
  coreCaller(guardOf(facts, { shape: 'oauth' })).ask({ doors }, { headers: [bearer(token)] })

test('an opaque token is the same caller as the JWT of its claims', async () => {
  const facts = createFacts()
  const claims = addFamily(facts, 'apps', parties)
  const [opaque, jwt] = [addOpaqueToken(facts, claims), await signToken(claims)]
  for (const caller of await allCallers(guardOf(facts))) {
    const answers = []
    for (const token of [opaque, jwt]) answers.push(await caller.ask({ doors }, { headers: [bearer(token)] }))
    assert.equal(answers[0]?.status, 200)
    assert.deepEqual(answers[0]?.body, answers[1]?.body)
    await caller.close()
  }
})

const without = (claims: Claims, name: string) =>
  Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name))

const claimed: [name: string, change: (claims: Claims, facts: Facts) => Claims][] = [
  ['no claims', () => ({})],
  ['no exp', (claims) => without(claims, 'exp')],
  ['another issuer', (claims) => ({ ...claims, iss: 'https://evil.example' })],
  ['another audience', (claims) => ({ ...claims, aud: 'https://evil.example' })],
  ['another door', (claims) => ({ ...claims, door: 'people' })],
  [
    'a door of widgets, which have no opaque tokens',
    (claims) => ({
      ...claims,
      iss: 'https://id.example/widgets',
      aud: 'https://id.example/widgets',
      door: 'widgets',
    }),
  ],
  ['no family', (claims) => without(claims, 'fam')],
  ['an unknown family', (claims) => ({ ...claims, fam: 'fam_unknown' })],
  ['another subject', (claims) => ({ ...claims, sub: 'acc_2' })],
  ['another client', (claims) => ({ ...claims, client_id: 'app_vendor' })],
  ['iat in the future', (claims, { now }) => ({ ...claims, iat: now + 61 })],
  ['nbf in the future', (claims, { now }) => ({ ...claims, nbf: now + 61 })],
]
for (const [name, changed] of claimed) {
  test(`an opaque token with ${name} is refused like any other`, async () => {
    const facts = createFacts()
    const claims = addFamily(facts, 'apps', parties)
    const { status, headers } = await ask(facts, addOpaqueToken(facts, changed(claims, facts)))
    assert.equal(status, 401)
    assert.equal(headers['www-authenticate'], 'Bearer error="invalid_token"')
  })
}

test('widgets have no opaque tokens: nothing is looked up for one', async () => {
  const facts = createFacts()
  const door = { iss: 'https://id.example/widgets', aud: 'https://id.example/widgets', door: 'widgets' }
  assert.equal(
    (await ask(facts, addOpaqueToken(facts, { ...addFamily(facts, 'apps', parties), ...door }))).status,
    401,
  )
  assert.deepEqual(facts.reads, ['opaqueToken'])
})

test('a token that the server did not make has nothing else looked up for it', async () => {
  const facts = createFacts()
  const foreign = addOpaqueToken(createFacts(), addFamily(facts, 'apps', parties))
  assert.equal((await ask(facts, foreign)).status, 401)
  assert.deepEqual(facts.reads, ['opaqueToken'])
})

for (const [name, token] of [
  ['too short', 'oat_short'],
  ['empty', 'oat_'],
  ['of other letters', `oat_${'.'.repeat(200)}`],
  ['too long', `oat_${'a'.repeat(8100)}`],
] as const) {
  test(`an opaque token that is ${name} is refused without a look-up`, async () => {
    const facts = createFacts()
    assert.equal((await ask(facts, token)).status, 401)
    assert.deepEqual(facts.reads, [])
  })
}

test('a guard elsewhere asks once a token, and never for more than one request may hold', async () => {
  const asked: (readonly FactKey[])[] = []
  const source = createOpaqueTokens(async (keys) => {
    asked.push(keys)
    return keys.map(([, token]) => ({ sub: token.slice(0, 12) }))
  }, 100)
  const tokens = Array.from({ length: 20 }, (_, index) => `oat_${String(index).padStart(8000, '0')}`)
  for (let time = 0; time < 2; time += 1) {
    const claims = await Promise.all(tokens.map((token) => source(token)))
    assert.deepEqual(claims[0], { sub: 'oat_00000000' })
  }
  assert.equal(asked.flat().length, tokens.length)
  assert.ok(asked.every((keys) => JSON.stringify({ facts: keys }).length < 64 * 1024))
})

test('an opaque token is no key: X-API-Key does not take it', async () => {
  const facts = createFacts()
  const token = addOpaqueToken(facts, addFamily(facts, 'apps', parties))
  const caller = coreCaller(guardOf(facts))
  assert.equal((await caller.ask({ doors }, { headers: [['X-API-Key', token]] })).status, 401)
  assert.deepEqual(facts.reads, [])
})
