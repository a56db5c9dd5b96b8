/** Access tokens that were handed on: they hang from their subject's family, are their new holder's, and say so. RFC 8693 §4.1. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer, coreCaller, guardOf } from './support/callers.ts'
import { addFamily, type Claims, createFacts, type Facts, signToken } from './support/world.ts'

const parties = { accountId: 'acc_1', clientId: 'app_1' }

function scene(): { readonly facts: Facts; readonly claims: Claims } {
  const facts = createFacts()
  facts.clients.set('app_2', { clientId: 'app_2', resources: undefined })
  const claims = { ...addFamily(facts, 'apps', parties), client_id: 'app_2', act: { sub: 'app_2' } }
  return { facts, claims }
}

const ask = async (facts: Facts, claims: Claims) =>
  coreCaller(guardOf(facts, { shape: 'oauth' })).ask(
    { doors: ['apps'] },
    { headers: [bearer(await signToken(claims))] },
  )

const principal = async (facts: Facts, claims: Claims) => {
  const answer = await ask(facts, claims)
  assert.equal(answer.status, 200)
  return answer.body as Readonly<Record<string, unknown>>
}

test('the principal is the subject, its client the holder, its actor who acts', async () => {
  const { facts, claims } = scene()
  const act = { sub: 'acc_clerk', client_id: 'app_2', act: { sub: 'app_3' } }
  const told = await principal(facts, { ...claims, act })
  assert.deepEqual([told['id'], told['clientId'], told['accountId']], ['acc_1', 'app_2', 'acc_1'])
  assert.deepEqual(told['actor'], { id: 'acc_clerk', clientId: 'app_2', earlier: [{ id: 'app_3' }] })
})

test('a token that was not handed on has no actor', async () => {
  const facts = createFacts()
  assert.equal('actor' in (await principal(facts, addFamily(facts, 'apps', parties))), false)
})

test('it may touch only what both clients may touch', async () => {
  const { facts, claims } = scene()
  facts.clients.set('app_1', { clientId: 'app_1', resources: ['a', 'b'] })
  assert.deepEqual((await principal(facts, claims))['resources'], ['a', 'b'])
  facts.clients.set('app_2', { clientId: 'app_2', resources: ['b', 'c'] })
  assert.deepEqual((await principal(facts, claims))['resources'], ['b'])
  facts.clients.set('app_1', { clientId: 'app_1', resources: undefined })
  assert.deepEqual((await principal(facts, claims))['resources'], ['b', 'c'])
})

const refused: [name: string, change: (facts: Facts, claims: Claims) => Claims][] = [
  ['whose holder is deleted', (facts, claims) => (facts.clients.delete('app_2'), claims)],
  ['whose subject’s client is deleted', (facts, claims) => (facts.clients.delete('app_1'), claims)],
  ['that names no holder', (_facts, { client_id: _gone, ...claims }) => claims],
  ['for another subject', (_facts, claims) => ({ ...claims, sub: 'acc_2' })],
  ['whose actor is malformed', (_facts, claims) => ({ ...claims, act: { sub: '' } })],
  ['whose actor is nobody', (_facts, claims) => ({ ...claims, act: null })],
]
for (const [name, change] of refused)
  test(`a token that was handed on, ${name}, is refused`, async () => {
    const { facts, claims } = scene()
    assert.equal((await ask(facts, change(facts, claims))).status, 401)
  })
