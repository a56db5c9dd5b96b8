/** Tokens that are bound to a key: what a request must prove. The sections are those of RFC 9449 where no other is named. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDpopNonces, createReplayStore, type Guard, type GuardOptions } from '@sallyport/guard'
import { expressGuard } from '@sallyport/guard/express'
import { fastifyGuard } from '@sallyport/guard/fastify'
import { fetchGuard } from '@sallyport/guard/fetch'
import { type Answer, allCallers, bearer, coreCaller, guardOf } from './support/callers.ts'
import { alter } from './support/credentials.ts'
import { newProofKey, type ProofFor, type ProofKey, proofOf } from './support/proofs.ts'
import {
  addFamily,
  addKey,
  addOpaqueToken,
  addSessionToken,
  addWidgetSession,
  type Claims,
  createFacts,
  type Facts,
  signToken,
} from './support/world.ts'

type Pairs = readonly (readonly [string, string])[]

const resource = 'https://api.example/v1'
const url = 'https://api.example/v1/domains'
const doors = ['apps']
const algs = 'ES256 Ed25519 EdDSA PS256 RS256'
const key = await newProofKey()
const otherKey = await newProofKey()
const invalidToken = `DPoP error="invalid_token", algs="${algs}"`
const invalidProof = `DPoP error="invalid_dpop_proof", algs="${algs}"`

/** A world whose apps may have bound tokens. */
function world(): Facts {
  const facts = createFacts()
  facts.doors = facts.doors.map((door) => (door.doorId === 'apps' ? { ...door, dpop: 'optional' } : door))
  return facts
}

const boundClaims = (facts: Facts, cnf: unknown = { jkt: key.jkt }): Claims => ({
  ...addFamily(facts, 'apps', { accountId: 'acc_1', clientId: 'app_1' }),
  cnf,
})
const dpop = (token: string, proof: string): Pairs => [
  ['Authorization', `DPoP ${token}`],
  ['DPoP', proof],
]
const guard = (facts: Facts, options: Partial<GuardOptions> = {}) => guardOf(facts, { resource, ...options })

async function ask(asked: Guard, headers: Pairs, path = '/v1/domains'): Promise<Answer> {
  return coreCaller(asked).ask({ doors }, { headers, path })
}

/** The challenge without the place of the metadata, which is told elsewhere. */
const challengeOf = ({ headers }: Answer) =>
  String(headers['www-authenticate']).replaceAll(/,? resource_metadata="[^"]*"/g, '')

for (const [form, make] of [
  ['JWT', (_facts: Facts, claims: Claims) => signToken(claims)],
  ['opaque token', async (facts: Facts, claims: Claims) => addOpaqueToken(facts, claims)],
] as const) {
  test(`§7.1: a bound ${form} with a proof by its key is let in, however the guard is mounted, once`, async () => {
    const facts = world()
    const token = await make(facts, boundClaims(facts))
    for (const caller of await allCallers(guard(facts))) {
      const headers = dpop(token, await proofOf(key, { url, now: facts.now, token }))
      assert.equal((await caller.ask({ doors }, { headers })).status, 200, caller.way)
      const again = await caller.ask({ doors }, { headers })
      assert.equal(again.status, 401, caller.way)
      assert.equal(challengeOf(again).replace(/, Bearer$/, ''), invalidProof)
      await caller.close()
    }
  })

  test(`§7.2: a bound ${form} as a bearer is refused, with a proof and without, and nothing is looked up for it`, async () => {
    const facts = world()
    const token = await make(facts, boundClaims(facts))
    const proof = await proofOf(key, { url, now: facts.now, token })
    for (const headers of [[bearer(token)], [bearer(token), ['DPoP', proof] as const]]) {
      facts.reads.length = 0
      const answer = await ask(guard(facts), headers)
      assert.equal(answer.status, 401)
      assert.equal(challengeOf(answer), `Bearer error="invalid_token", DPoP algs="${algs}"`)
      assert.deepEqual(
        facts.reads.filter((read) => read !== 'signingKey' && read !== 'opaqueToken'),
        [],
      )
    }
  })

  test(`§7.1: a ${form} that is bound to nothing is refused under DPoP, and let in as a bearer`, async () => {
    const facts = world()
    const token = await make(facts, addFamily(facts, 'apps', { accountId: 'acc_1', clientId: 'app_1' }))
    const proof = await proofOf(key, { url, now: facts.now, token })
    const answer = await ask(guard(facts), dpop(token, proof))
    assert.equal(answer.status, 401)
    assert.equal(challengeOf(answer), `${invalidToken}, Bearer`)
    assert.equal((await ask(guard(facts), [bearer(token)])).status, 200)
    // §7.2: a DPoP header says nothing about a bearer token.
    assert.equal((await ask(guard(facts), [bearer(token), ['DPoP', 'noise']])).status, 200)
  })
}

for (const alg of ['ES256', 'Ed25519', 'EdDSA', 'PS256', 'RS256']) {
  test(`§4.3: a proof by ${alg}, as another library makes it, is good`, async () => {
    const facts = world()
    const own = await newProofKey(alg)
    const token = await signToken(boundClaims(facts, { jkt: own.jkt }))
    const proof = await proofOf(own, { url, now: facts.now, token })
    assert.equal((await ask(guard(facts), dpop(token, proof))).status, 200)
  })
}

type Changed = (good: ProofFor & { readonly token: string }, facts: Facts) => Promise<Pairs>

const under =
  (proof: (good: ProofFor) => Promise<string>): Changed =>
  async (good) =>
    dpop(good.token, await proof(good))

const refused: [name: string, make: Changed, challenge: string][] = [
  ['§4.3 check 1: no proof', async ({ token }) => [['Authorization', `DPoP ${token}`]], invalidProof],
  [
    '§4.3 check 1: two proofs',
    async (good) => [...dpop(good.token, await proofOf(key, good)), ['DPoP', await proofOf(key, good)]],
    invalidProof,
  ],
  ['§4.3 check 2: noise for a proof', under(async () => 'noise'), invalidProof],
  [
    '§4.3 check 4: another type',
    under((good) => proofOf(key, { ...good, header: { typ: 'JWT' } })),
    invalidProof,
  ],
  [
    '§4.3 check 6: a changed signature',
    under(async (good) => {
      const proof = await proofOf(key, good)
      return alter(proof, proof.lastIndexOf('.') + 9)
    }),
    invalidProof,
  ],
  [
    '§4.3 check 6: the bound key shown, another one used',
    under((good) => proofOf({ ...otherKey, jwk: key.jwk }, good)),
    invalidProof,
  ],
  [
    '§4.3 check 6: a point on no curve for a key',
    under((good) => proofOf({ ...key, jwk: { ...key.jwk, y: String(key.jwk.x) } }, good)),
    invalidProof,
  ],
  ['§4.3 check 8: another method', under((good) => proofOf(key, { ...good, method: 'POST' })), invalidProof],
  [
    '§4.3 check 9: another path',
    under((good) => proofOf(key, { ...good, url: 'https://api.example/v1/vps' })),
    invalidProof,
  ],
  [
    '§4.3 check 9: the address that Host names',
    under((good) => proofOf(key, { ...good, url: 'http://127.0.0.1/v1/domains' })),
    invalidProof,
  ],
  ['§4.3 check 11: too old', under((good) => proofOf(key, { ...good, now: good.now - 61 })), invalidProof],
  [
    '§4.3 check 11: of tomorrow',
    under((good) => proofOf(key, { ...good, now: good.now + 61 })),
    invalidProof,
  ],
  [
    '§4.3 check 12: for no token',
    under((good) => proofOf(key, { ...good, claims: { ath: undefined } })),
    invalidProof,
  ],
  ['§4.3 check 12: for another token', under((good) => proofOf(key, { ...good, token: 'x' })), invalidProof],
  ['§4.3 check 12: by another key', under((good) => proofOf(otherKey, good)), invalidToken],
]
for (const [name, make, challenge] of refused) {
  test(`§4.3: a bound token with a proof refused for ${name}`, async () => {
    const facts = world()
    const token = await signToken(boundClaims(facts))
    const headers = await make({ url, now: facts.now, token }, facts)
    const answer = await ask(guard(facts), headers)
    assert.equal(answer.status, 401)
    assert.equal(challengeOf(answer), `${challenge}, Bearer`)
    assert.deepEqual(facts.reads, ['signingKey'], 'no live fact is looked up')
  })
}

const confirmations: [name: string, cnf: unknown][] = [
  ['of another kind', { 'x5t#S256': key.jkt }],
  ['of two kinds', { jkt: key.jkt, 'x5t#S256': key.jkt }],
  ['that is empty', {}],
  ['that is a text', key.jkt],
  ['that is null', null],
  ['that is a list', [{ jkt: key.jkt }]],
  ['whose thumbprint is short', { jkt: 'abc' }],
]
for (const [name, cnf] of confirmations) {
  test(`RFC 7800 §3.1: a token with a confirmation ${name} is no token for anybody`, async () => {
    const facts = world()
    const token = await signToken(boundClaims(facts, cnf))
    const proof = await proofOf(key, { url, now: facts.now, token })
    assert.equal((await ask(guard(facts), dpop(token, proof))).status, 401)
    assert.equal((await ask(guard(facts), [bearer(token)])).status, 401)
  })
}

test('§7.1: only access tokens go under DPoP', async () => {
  const facts = world()
  const secret = addKey(facts)
  const others = [
    secret,
    addSessionToken(facts, {}),
    await signToken(addWidgetSession(facts), { typ: 'widget+jwt' }),
  ]
  for (const one of others) {
    const proof = await proofOf(key, { url, now: facts.now, token: one })
    const answer = await coreCaller(guard(facts)).ask(
      { doors: ['servers', 'widgets'] },
      { headers: dpop(one, proof) },
    )
    assert.equal(answer.status, 401)
  }
})

test('a bound token that is not genuine has no proof looked at: its own fault comes first', async () => {
  const facts = world()
  const token = await signToken(boundClaims(facts))
  const forged = alter(token, token.lastIndexOf('.') + 5)
  const proof = await proofOf(key, { url, now: facts.now, token: forged })
  assert.equal(challengeOf(await ask(guard(facts), dpop(forged, proof))), `${invalidToken}, Bearer`)
})

test('a guard that does not know its own address takes no bound token, and says why to the log alone', async () => {
  const facts = world()
  const token = await signToken(boundClaims(facts))
  const proof = await proofOf(key, { url, now: facts.now, token })
  const details: string[] = []
  const blind = guardOf(facts, { refused: ({ detail }) => void details.push(detail) })
  const answer = await ask(blind, dpop(token, proof))
  assert.equal(answer.status, 401)
  assert.equal(answer.headers['www-authenticate'], 'Bearer error="invalid_token"')
  assert.match(details[0] ?? '', /`resource`/)
})

test('where a proxy cuts off a part of the path, `base` puts it back', async () => {
  const facts = world()
  const token = await signToken(boundClaims(facts))
  const behind = guard(facts, { dpop: { base: 'https://api.example/billing' } })
  const proof = (asked: string) => proofOf(key, { url: asked, now: facts.now, token })
  assert.equal(
    (await ask(behind, dpop(token, await proof('https://api.example/billing/v1/domains')))).status,
    200,
  )
  assert.equal((await ask(behind, dpop(token, await proof(url)))).status, 401)
})

test('a slash at the end of `base` is no part of the address, and what is no address stops the start', async () => {
  const facts = world()
  const token = await signToken(boundClaims(facts))
  const behind = guard(facts, { dpop: { base: 'https://api.example/' } })
  const proof = await proofOf(key, { url, now: facts.now, token })
  assert.equal((await ask(behind, dpop(token, proof))).status, 200)
  assert.throws(() => guard(facts, { dpop: { base: 'api.example' } }), /dpop\.base/)
})

test('a target that is no path can’t lend its host to the address', async () => {
  const facts = world()
  const token = await signToken(boundClaims(facts))
  const proof = await proofOf(key, { url: 'https://api.example.evil.example/', now: facts.now, token })
  assert.equal((await ask(guard(facts), dpop(token, proof), '.evil.example/')).status, 401)
})

for (const path of [
  '/v1/x/../domains',
  '/v1/./domains',
  '/v1/%2e%2e/v1/domains',
  '/v1/d%6Fmains',
  '/v1\\domains',
  '/v1/domains#x',
]) {
  test(`a bound token is not taken at ${path}, which a router may see as it is, with a proof for what it comes to`, async () => {
    const facts = world()
    const token = await signToken(boundClaims(facts))
    const proof = await proofOf(key, { url, now: facts.now, token })
    assert.equal((await ask(guard(facts), dpop(token, proof), path)).status, 401)
    assert.equal((await ask(guard(facts), dpop(token, proof), '/v1/domains?x=a/../%62')).status, 200)
  })
}

test('§7.1: without a credential both schemes are offered, with the algorithms of proofs', async () => {
  assert.equal(challengeOf(await ask(guard(world()), [])), `Bearer, DPoP algs="${algs}"`)
})

test('where no door of the rule hands out bound tokens, DPoP is not spoken of', async () => {
  const facts = world()
  const answer = await coreCaller(guard(facts)).ask({ doors: ['people'] }, {})
  assert.equal(challengeOf(answer), 'Bearer')
})

test('§7.1: a missing scope is told under the scheme that the token came by', async () => {
  const facts = world()
  const token = await signToken(boundClaims(facts))
  const headers = dpop(token, await proofOf(key, { url, now: facts.now, token }))
  const answer = await coreCaller(guard(facts)).ask({ doors, scopes: ['vps:read', 'vps:write'] }, { headers })
  assert.equal(answer.status, 403)
  assert.equal(
    challengeOf(answer),
    `DPoP error="insufficient_scope", scope="vps:read vps:write", algs="${algs}", Bearer`,
  )
})

test('§9: a guard that asks for nonces gives one, takes it, and gives the next', async () => {
  const facts = world()
  const nonces = createDpopNonces('a secret')
  const asking = guard(facts, { dpop: { nonces } })
  const token = await signToken(boundClaims(facts))
  const proof = (claims: Claims = {}) => proofOf(key, { url, now: facts.now, token, claims })
  for (const caller of await allCallers(asking)) {
    const first = await caller.ask({ doors }, { headers: dpop(token, await proof()) })
    assert.equal(first.status, 401, caller.way)
    assert.equal(challengeOf(first), `DPoP error="use_dpop_nonce", algs="${algs}", Bearer`)
    const nonce = String(first.headers['dpop-nonce'])
    const second = await caller.ask({ doors }, { headers: dpop(token, await proof({ nonce })) })
    assert.equal(second.status, 200, caller.way)
    assert.equal(second.headers['dpop-nonce'], nonce)
    await caller.close()
  }
  const nonce = nonces.current(facts.now)
  const foreign = createDpopNonces('another secret').current(facts.now)
  assert.equal((await ask(asking, dpop(token, await proof({ nonce: foreign })))).status, 401)
  facts.now += 150
  assert.equal(
    (await ask(asking, dpop(token, await proof({ nonce })))).status,
    200,
    'the one before is taken as well',
  )
  facts.now += 150
  const late = await ask(asking, dpop(token, await proof({ nonce })))
  assert.equal(late.status, 401)
  assert.notEqual(late.headers['dpop-nonce'], nonce)
})

test('§9: who has not the key is given no nonce error: the proof is bad first', async () => {
  const facts = world()
  const token = await signToken(boundClaims(facts))
  const asking = guard(facts, { dpop: { nonces: createDpopNonces('a secret') } })
  const proof = await proofOf({ ...otherKey, jwk: key.jwk }, { url, now: facts.now, token })
  assert.equal(challengeOf(await ask(asking, dpop(token, proof))), `${invalidProof}, Bearer`)
})

test('§11.1: of many requests with one proof at once exactly one is let in', async () => {
  const facts = world()
  const token = await signToken(boundClaims(facts))
  const headers = dpop(token, await proofOf(key, { url, now: facts.now, token }))
  const one = guard(facts)
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(one, headers)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
})

test('§11.1: a request that meets two rules on its way uses its proof once, whatever the framework', async () => {
  const facts = world()
  const one = guard(facts)
  const token = await signToken(boundClaims(facts))
  const [first, second] = [{ doors }, { doors, scopes: ['domains:read'] }]
  const fresh = async () => dpop(token, await proofOf(key, { url, now: facts.now, token }))
  const raw = async () => (await fresh()).flat()
  const method = 'GET'

  const header = new Map((await fresh()).map(([name, value]) => [name.toLowerCase(), value]))
  const record = {
    method,
    path: '/v1/domains',
    ip: '',
    header: (name: string) => [header.get(name) ?? []].flat(),
  }
  for (const rule of [first, second]) assert.equal((await one.check(record, rule)).outcome, 'allow')
  assert.equal((await one.check({ ...record }, second)).outcome, 'refuse', 'another request with its proof')

  const express = { method, url: '/v1/domains', rawHeaders: await raw(), socket: {} }
  const response = { statusCode: 200, setHeader() {}, end: () => assert.fail('refused') }
  let passed = 0
  for (const rule of [first, second])
    await expressGuard(one)(rule)(express, response, () => void (passed += 1))
  assert.equal(passed, 2)

  const fastify = { method, url: '/v1/domains', raw: { rawHeaders: await raw() }, ip: '' }
  const reply = { code() {}, header() {}, send: () => assert.fail('refused') }
  for (const rule of [first, second]) await fastifyGuard(one)(rule)(fastify, reply)

  const headers = new Headers((await fresh()).map(([name, value]): [string, string] => [name, value]))
  const inner = fetchGuard(one)(second, () => new Response('in'))
  const outer = fetchGuard(one)(first, (request, _principal, info) => inner(request, info))
  const answer = await outer(new Request(url, { headers }), { ip: '' })
  assert.equal(await answer.text(), 'in')
})

test('§11.1: guards that share a store share what they have seen', async () => {
  const facts = world()
  const token = await signToken(boundClaims(facts))
  const headers = dpop(token, await proofOf(key, { url, now: facts.now, token }))
  const replay = createReplayStore()
  assert.equal((await ask(guard(facts, { dpop: { replay } }), headers)).status, 200)
  assert.equal((await ask(guard(facts, { dpop: { replay } }), headers)).status, 401)
})

test('§11.1: a jti is a key’s own: another key may use it too', async () => {
  const facts = world()
  const one = guard(facts)
  for (const owner of [key, otherKey] satisfies ProofKey[]) {
    const token = await signToken(boundClaims(facts, { jkt: owner.jkt }))
    const proof = await proofOf(owner, { url, now: facts.now, token, claims: { jti: 'one' } })
    assert.equal((await ask(one, dpop(token, proof))).status, 200)
  }
})

test('a store that is down lets nobody in with a bound token either', async () => {
  const facts = world()
  const token = await signToken(boundClaims(facts))
  const replay = { take: () => Promise.reject(new Error('the shared store is away')) }
  const headers = dpop(token, await proofOf(key, { url, now: facts.now, token }))
  assert.equal((await ask(guard(facts, { dpop: { replay } }), headers)).status, 503)
})

test('RFC 9728 §2: the metadata names the algorithms, and whether a bound token is a must', () => {
  const facts = world()
  const path = '/.well-known/oauth-protected-resource/v1'
  const told = () =>
    guard(facts, { resource: { url: resource, doors } }).metadata({ method: 'GET', path })?.body ??
    assert.fail()
  assert.deepEqual(told()['dpop_signing_alg_values_supported'], algs.split(' '))
  assert.equal(told()['dpop_bound_access_tokens_required'], undefined)
  facts.doors = facts.doors.map((door) => ({ ...door, dpop: 'required' as const }))
  assert.equal(told()['dpop_bound_access_tokens_required'], true)
  facts.doors = facts.doors.map((door) => ({ ...door, dpop: undefined }))
  assert.equal(told()['dpop_signing_alg_values_supported'], undefined)
})

test('a replay store forgets what is over, and never holds more than it may', () => {
  const store = createReplayStore(3)
  assert.equal(store.take('a', 10, 1), true)
  assert.equal(store.take('a', 10, 10), false)
  assert.equal(store.take('a', 20, 11), true, 'its time was over')
  for (const id of ['b', 'c', 'd']) assert.equal(store.take(id, 20, 11), true)
  assert.equal(store.take('a', 20, 11), true, 'the oldest went first')
  assert.equal(store.take('d', 20, 11), false)
})
