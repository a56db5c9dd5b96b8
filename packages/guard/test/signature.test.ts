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

  test(`RFC 8725 §3.3: a ${signer.alg} token with any one letter changed is what jose says it is`, async () => {
    const token = await signToken(claims, {}, signer)
    for (let at = 0; at < token.length; at += 7) {
      const forged = alter(token, at)
      assert.equal(ours(forged, signer), await joseAgrees(forged, signer), `letter ${at}`)
    }
  })
}

/** Tokens of which R, and of which S, begins with a zero and a byte that reads as positive: one in 512 each. */
async function tokensWithSmallNumbers(): Promise<Readonly<Record<'r' | 's', string>>> {
  const found: { r?: string; s?: string } = {}
  for (let jti = 0; ; jti += 1) {
    const token = await signToken({ ...claims, jti }, {}, pairs.es256)
    const bytes = parseCompactJws(token)?.signature ?? assert.fail('not a JWS')
    if (bytes[0] === 0 && (bytes[1] ?? 0) < 0x80) found.r = token
    if (bytes[32] === 0 && (bytes[33] ?? 0) < 0x80) found.s = token
    if (found.r !== undefined && found.s !== undefined) return { r: found.r, s: found.s }
  }
}

test('an ES256 signature is R and S of 32 bytes each, whatever the numbers', async () => {
  const { r, s } = await tokensWithSmallNumbers()
  for (const token of [r, s]) assert.equal(ours(token, pairs.es256), true)
  const cut = s.lastIndexOf('.') + 1
  const withSignature = (bytes: Uint8Array) => s.slice(0, cut) + Buffer.from(bytes).toString('base64url')
  const bytes = Buffer.from(s.slice(cut), 'base64url')
  // The same two numbers, spelled shorter: a second spelling of one signature.
  const shorter = withSignature(Buffer.concat([bytes.subarray(0, 32), bytes.subarray(33)]))
  const others = [0, 1, 32, 63, 64, 65, 128].flatMap((length) => [
    withSignature(Buffer.alloc(length)),
    withSignature(Buffer.alloc(length, 255)),
  ])
  for (const other of [shorter, ...others]) {
    assert.equal(ours(other, pairs.es256), false, other)
    assert.equal(await joseAgrees(other, pairs.es256), false, other)
  }
})

test('RFC 8725 §3.1: a key is not used with an algorithm that is not its own kind', async () => {
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
