/** When the keys of a client are fetched, kept and asked for again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Jwk } from '@sallyport/protocol'
import { createClientKeys } from '../../src/grants/client-keys.ts'
import type { DocumentAnswer } from '../../src/net/fetch-document.ts'

const now = 1_000_000
const url = 'https://app.example/jwks.json'
const by = { jwks: undefined, jwksUri: url }

const never = () => false

/** A place of keys whose answer the test sets. */
function publishing(...kids: readonly string[]) {
  const place = { asked: 0, answer: set(kids) }
  const keys = createClientKeys(async () => {
    place.asked += 1
    return place.answer
  })
  const kidsOf = async (kid: string | undefined, at: number) => {
    const isWanted = ({ kid: name }: Jwk) => kid === undefined || name === undefined || name === kid
    const found = await keys.keysOf(by, isWanted, at)
    return typeof found === 'string' ? found : found.map((one) => one['kid'])
  }
  return { place, keys, kidsOf }
}

function set(kids: readonly (string | undefined)[], lifetime?: number): DocumentAnswer {
  return { outcome: 'ok', body: JSON.stringify({ keys: kids.map((kid) => ({ kty: 'EC', kid })) }), lifetime }
}
const failure: DocumentAnswer = { outcome: 'refuse', reason: 'answered 500' }

test('registered keys are asked for nowhere', async () => {
  const { place, keys } = publishing('a')
  assert.deepEqual(await keys.keysOf({ jwks: [{ kid: 'x' }], jwksUri: undefined }, never, now), [
    { kid: 'x' },
  ])
  assert.equal(typeof (await keys.keysOf({ jwks: undefined, jwksUri: undefined }, never, now)), 'string')
  assert.equal(place.asked, 0)
})

test('of many requests at once one asks, and all get the keys', async () => {
  const { place, kidsOf } = publishing('a')
  const all = await Promise.all(Array.from({ length: 20 }, () => kidsOf('a', now)))
  assert.deepEqual(
    all,
    Array.from({ length: 20 }, () => ['a']),
  )
  assert.equal(place.asked, 1)
})

const lifetimes: [name: string, lifetime: number | undefined, kept: number][] = [
  ['a set that says nothing is kept ten minutes', undefined, 600],
  ['one that says so is kept that long', 300, 300],
  ['one that wants not to be kept is kept a minute', 0, 60],
  ['one that wants to be kept for ever is kept an hour: a key that was taken out must end', 1e9, 3600],
]
for (const [name, lifetime, kept] of lifetimes) {
  test(name, async () => {
    const { place, kidsOf } = publishing()
    place.answer = set(['a'], lifetime)
    await kidsOf('a', now)
    place.answer = set(['b'])
    assert.deepEqual(await kidsOf('a', now + kept - 1), ['a'])
    assert.equal(place.asked, 1)
    assert.deepEqual(await kidsOf('a', now + kept), ['b'])
  })
}

test('an unknown kid asks again, at most once in half a minute', async () => {
  const { place, kidsOf } = publishing('a')
  await kidsOf('a', now)
  place.answer = set(['a', 'b'])
  for (let n = 0; n < 50; n += 1) assert.deepEqual(await kidsOf(`made-up-${n}`, now + 29), ['a'])
  assert.equal(place.asked, 1)
  assert.deepEqual(await kidsOf('b', now + 30), ['a', 'b'])
  for (let n = 0; n < 50; n += 1) await kidsOf(`made-up-${n}`, now + 59)
  assert.equal(place.asked, 2)
})

test('a key without a kid may be any, so nothing is asked for its sake', async () => {
  const { place, kidsOf } = publishing()
  place.answer = set([undefined])
  await kidsOf('a', now)
  await kidsOf('b', now + 40)
  assert.equal(place.asked, 1)
})

test('keys that were had are kept while they are fresh, and not a second longer', async () => {
  const { place, kidsOf } = publishing('a')
  await kidsOf('a', now)
  place.answer = failure
  assert.deepEqual(await kidsOf('b', now + 31), ['a'], 'the failed look for another key takes none away')
  assert.equal(await kidsOf('a', now + 600), 'jwks_uri: answered 500')
})

test('a place that fails is asked again after half a minute, not before', async () => {
  const { place, kidsOf } = publishing()
  place.answer = failure
  for (let n = 0; n < 20; n += 1) assert.equal(await kidsOf('a', now + n), 'jwks_uri: answered 500')
  assert.equal(place.asked, 1)
  place.answer = set(['a'])
  assert.deepEqual(await kidsOf('a', now + 30), ['a'])
})

for (const body of ['', '[]', '{"keys":{}}', '{"keys":[],"keys":[]}', '<html>']) {
  test(`${JSON.stringify(body)} is no set of keys`, async () => {
    const { place, kidsOf } = publishing()
    place.answer = { outcome: 'ok', body, lifetime: undefined }
    assert.equal(await kidsOf('a', now), 'jwks_uri: not a set of keys')
  })
}
