import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeptValue, NewSigningKeyRecord, Store } from '../../src/store/contract/index.ts'
import { event, fresh, now, range } from './samples.ts'

async function addSecret(store: Store): Promise<KeptValue> {
  const name = fresh('secret')
  return { kind: 'server-secret', name, value: await store.signing.secret(name, `value of ${name}`) }
}

const newKey = (follows: string | undefined, activeAt: number): NewSigningKeyRecord => ({
  kid: fresh('kid'),
  alg: 'ES256',
  privateKey: 'locked',
  publicJwk: '{}',
  activeAt,
  follows,
})

/** Adds 20 keys at once; the one that won, and how many did. */
async function race(store: Store, follows: string | undefined, activeAt: number) {
  const keys = range(20).map(() => newKey(follows, activeAt))
  const wins = await Promise.all(keys.map((key) => store.signing.add(key, activeAt + 1000, event(), now)))
  return { key: keys[wins.indexOf(true)], count: wins.filter(Boolean).length }
}

/** Signing keys, and what is kept encrypted. */
export function signingContract(store: () => Store): void {
  test('of 20 signing keys at once one is added: of first ones, and of those that follow one', async () => {
    const first = await race(store(), undefined, now)
    assert.equal(first.count, 1)
    const heard: string[] = []
    const stop = store().follow(({ kind, id }) => void (kind === 'signing-key' && heard.push(id)))
    const second = await race(store(), first.key?.kid, now + 600)
    stop()
    assert.equal(second.count, 1)
    assert.deepEqual(heard, [second.key?.kid], 'it is told of, and no other')
    const listed = await store().signing.list(now)
    assert.deepEqual(
      listed.map(({ kid, activeAt, replacedAt, removeAt }) => [kid, activeAt, replacedAt, removeAt]),
      [
        [first.key?.kid, now, now + 600, now + 1600],
        [second.key?.kid, now + 600, undefined, undefined],
      ],
    )
    // Whoever has not heard of the second comes too late, and so does whoever believes that there is none.
    for (const follows of [first.key?.kid, undefined])
      assert.equal(await store().signing.add(newKey(follows, now + 700), now + 9000, event(), now), false)
    assert.equal((await store().signing.list(now)).length, 2)
    assert.equal((await store().signing.list(now + 1600)).length, 1)
  })

  test('a secret is the same for all who ask at once', async () => {
    const name = fresh('secret')
    const got = await Promise.all(range(20).map((n) => store().signing.secret(name, `fresh-${n}`)))
    assert.equal(new Set(got).size, 1)
  })

  test('what is kept is replaced all at once, or not at all', async () => {
    const [one, two] = [await addSecret(store()), await addSecret(store())]
    const replace = (changes: readonly (KeptValue & { readonly next: string })[]) =>
      store().signing.replaceKept(changes, false, event(), now)
    const stale = { ...two, value: 'what it was before', next: 'b' }
    assert.equal(await replace([{ ...one, next: 'a' }, stale]), false)
    const values = async () =>
      (await store().signing.kept())
        .filter(({ name }) => [one.name, two.name].includes(name))
        .map(({ value }) => value)
    assert.deepEqual(await values(), [one.value, two.value])
    assert.equal(
      await replace([
        { ...one, next: 'a' },
        { ...two, next: 'b' },
      ]),
      true,
    )
    assert.deepEqual(await values(), ['a', 'b'])
  })

  test('of 20 replacements at once one wins', async () => {
    const one = await addSecret(store())
    const wins = await Promise.all(
      range(20).map((n) => store().signing.replaceKept([{ ...one, next: `next-${n}` }], false, event(), now)),
    )
    assert.equal(wins.filter(Boolean).length, 1)
    const found = (await store().signing.kept()).find(({ name }) => name === one.name)
    assert.equal(found?.value, `next-${wins.indexOf(true)}`)
  })

  test('a key that is elsewhere is not among what is kept', async () => {
    const before = await store().signing.kept()
    const newest = (await store().signing.list(now)).at(-1)
    const key = { ...newKey(newest?.kid, now + 9000), privateKey: '' }
    assert.equal(await store().signing.add(key, now + 90_000, event(), now), true)
    assert.deepEqual(await store().signing.kept(), before)
  })
}
