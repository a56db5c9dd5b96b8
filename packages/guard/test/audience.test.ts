/** Tokens made for one API alone. @see RFC 8707 §2.2, RFC 9068 §3, §4 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allCallers, bearer, coreCaller, guardOf } from './support/callers.ts'
import { addFamily, addOpaqueToken, createFacts, signToken } from './support/world.ts'

const resource = 'https://api.example/v1'
const doors = ['apps', 'people', 'widgets']
const parties = { accountId: 'acc_1', clientId: 'app_1' }
const issuer = 'https://id.example/apps'

const rows: [name: string, aud: unknown, own: string | undefined, status: number][] = [
  ['for the issuer, at a guard with a resource', issuer, resource, 200],
  ['for the issuer, at a guard without', issuer, undefined, 200],
  ['for this API', resource, resource, 200],
  ['for this API among others', ['https://other.example/', resource], resource, 200],
  ['for this API, at a guard that does not know what it is', resource, undefined, 401],
  ['for another API', 'https://other.example/', resource, 401],
  ['for an API below this one', `${resource}/more`, resource, 401],
  ['for this API in another spelling', `${resource}/`, resource, 401],
  ['for nobody', [], resource, 401],
]
for (const [name, aud, own, status] of rows) {
  test(`RFC 7519 §4.1.3, RFC 9068 §4: a token ${name} is answered ${status}, as a JWT and opaque, at every adapter`, async () => {
    const facts = createFacts()
    const claims = { ...addFamily(facts, 'apps', parties), aud }
    const tokens = [await signToken(claims), addOpaqueToken(facts, claims)]
    for (const caller of await allCallers(guardOf(facts, own === undefined ? {} : { resource: own }))) {
      for (const token of tokens)
        assert.equal((await caller.ask({ doors }, { headers: [bearer(token)] })).status, status, caller.way)
      await caller.close()
    }
  })
}

test('the resource of a rule is asked instead of the guard’s', async () => {
  const facts = createFacts()
  const token = await signToken({ ...addFamily(facts, 'apps', parties), aud: resource })
  const caller = coreCaller(guardOf(facts, { resource: 'https://other.example/' }))
  const ask = (rule: object) => caller.ask({ doors, ...rule }, { headers: [bearer(token)] })
  assert.equal((await ask({})).status, 401)
  assert.equal((await ask({ resource })).status, 200)
})

test('only doors of apps make such tokens: a person’s is for the issuer or for nobody', async () => {
  const facts = createFacts()
  const claims = addFamily(facts, 'people', { accountId: 'acc_1' })
  const caller = coreCaller(guardOf(facts, { resource }))
  const ask = async (aud: unknown) =>
    (await caller.ask({ doors }, { headers: [bearer(await signToken({ ...claims, aud }))] })).status
  assert.equal(await ask(claims['aud']), 200)
  assert.equal(await ask(resource), 401)
})
