import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeptValue, Store } from '../../src/store/contract/index.ts'
import { event, fresh, now, range } from './samples.ts'

async function addSecret(store: Store): Promise<KeptValue> {
  const name = fresh('secret')
  return { kind: 'server-secret', name, value: await store.signing.secret(name, `value of ${name}`) }
}

/** Signing keys, and what is kept encrypted. */
export function signingContract(store: () => Store): void {
  test('a secret is the same for all who ask at once', async () => {
    const name = fresh('secret')
    const got = await Promise.all(range(20).map((n) => store().signing.secret(name, `fresh-${n}`)))
    assert.equal(new Set(got).size, 1)
  })

  test('what is kept is replaced all at once, or not at all', async () => {
    const [one, two] = [await addSecret(store()), await addSecret(store())]
    const replace = (changes: readonly (KeptValue & { readonly next: string })[]) =>
      store().signing.replaceKept(changes, event(), now)
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
      range(20).map((n) => store().signing.replaceKept([{ ...one, next: `next-${n}` }], event(), now)),
    )
    assert.equal(wins.filter(Boolean).length, 1)
    const found = (await store().signing.kept()).find(({ name }) => name === one.name)
    assert.equal(found?.value, `next-${wins.indexOf(true)}`)
  })
}
