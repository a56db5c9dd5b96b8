/** Our verification against `jose`, and what is remembered of it. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { SignatureCache } from '@sallyport/guard'
import { parseCompactJws } from '@sallyport/protocol'
import { compactVerify } from 'jose'
import { isSignedBy } from '../src/signature.ts'
import { bearer, coreCaller, guardOf } from './support/callers.ts'
import { alter } from './support/credentials.ts'
import { addFamily, createFacts, pairs, signToken } from './support/world.ts'

const claims = { sub: 'acc_1' }
const all = Object.values(pairs)

async function joseAgrees(token: string, pair: (typeof all)[number]): Promise<boolean> {
  try {
    await compactVerify(token, pair.publicKey, { algorithms: [pair.alg] })
    return true
  } catch {
    // `jose` says no by throwing.
    return false
  }
}

function ours(token: string, { alg, publicKey }: (typeof all)[number]): boolean {
  const jws = parseCompactJws(token)
  return jws !== undefined && isSignedBy(jws, { alg, key: publicKey })
}

for (const signer of all) {
  test(`a token signed with ${signer.alg} by jose is good for its own key alone`, async () => {
    const token = await signToken(claims, {}, signer)
    for (const verifier of all) {
      assert.equal(ours(token, verifier), verifier === signer)
      assert.equal(ours(token, verifier), await joseAgrees(token, verifier))
    }
  })

  test(`a ${signer.alg} token with any one letter changed is what jose says it is`, async () => {
    const token = await signToken(claims, {}, signer)
    for (let at = 0; at < token.length; at += 7) {
      const forged = alter(token, at)
      assert.equal(ours(forged, signer), await joseAgrees(forged, signer), `letter ${at}`)
    }
  })
}

test('a key is not used with an algorithm that is not its own kind', async () => {
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const jws = parseCompactJws(await signToken(claims)) ?? assert.fail('not a JWS')
  assert.equal(isSignedBy(jws, { alg: 'ES256', key: p384.publicKey }), false)
  assert.equal(isSignedBy(jws, { alg: 'ES256', key: pairs.eddsa.publicKey }), false)
  assert.equal(isSignedBy(jws, { alg: 'ES256', key: pairs.es256.privateKey }), false)
  const rsa = { ...pairs.rs256, privateKey: small.privateKey, publicKey: small.publicKey }
  await assert.rejects(signToken(claims, {}, rsa), 'jose does not even sign with it')
})

test('a guard takes tokens of every algorithm', async () => {
  const facts = createFacts()
  const guard = coreCaller(guardOf(facts))
  const family = addFamily(facts, 'people', { accountId: 'acc_1' })
  for (const pair of all) {
    const token = await signToken(family, {}, pair)
    assert.equal((await guard.ask({ doors: ['people'] }, { headers: [bearer(token)] })).status, 200)
  }
})

test('a key whose algorithm was pinned anew takes the tokens of the old one with it', async () => {
  const facts = createFacts()
  const guard = coreCaller(guardOf(facts))
  const { kid, publicKey } = pairs.rs256
  const token = await signToken(addFamily(facts, 'people', { accountId: 'acc_1' }), {}, pairs.rs256)
  const ask = async () => (await guard.ask({ doors: ['people'] }, { headers: [bearer(token)] })).status
  assert.equal(await ask(), 200)
  facts.signingKeys.set(kid, { alg: 'PS256', key: publicKey })
  assert.equal(await ask(), 401)
})

test('the cache forgets the longest unused and never grows past its size', () => {
  const cache = new SignatureCache(3)
  const { publicKey } = pairs.es256
  for (const token of ['a', 'b', 'c']) cache.add(token, publicKey)
  assert.equal(cache.has('a', publicKey), true)
  cache.add('d', publicKey)
  cache.add('d', publicKey)
  assert.equal(cache.size, 3)
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((token) => cache.has(token, publicKey)),
    [true, false, true, true],
  )
})

test('the cache knows a token for one key only', () => {
  const cache = new SignatureCache()
  cache.add('a', pairs.es256.publicKey)
  assert.equal(cache.has('a', pairs.eddsa.publicKey), false)
  assert.equal(cache.has('b', pairs.es256.publicKey), false)
})

test('a remembered token still expires, and a forged twin of it is still refused', async () => {
  const facts = createFacts()
  const guard = coreCaller(guardOf(facts))
  const token = await signToken(addFamily(facts, 'people', { accountId: 'acc_1' }))
  const ask = async (presented: string) =>
    (await guard.ask({ doors: ['people'] }, { headers: [bearer(presented)] })).status
  assert.equal(await ask(token), 200)
  assert.equal(await ask(alter(token, token.lastIndexOf('.') + 5)), 401)
  assert.equal(await ask(token), 200)
  facts.now += 3600
  assert.equal(await ask(token), 401)
})
