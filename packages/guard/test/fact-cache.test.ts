import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFactCache } from '../src/fact-cache.ts'

test('a fact is loaded once, and absence is remembered too', async () => {
  const cache = createFactCache()
  let loads = 0
  const load = async (value: string | undefined) => {
    loads += 1
    return value
  }
  for (const _ of [1, 2, 3]) assert.equal(await cache.get('a', () => load('x')), 'x')
  for (const _ of [1, 2, 3]) assert.equal(await cache.get('b', () => load(undefined)), undefined)
  assert.equal(loads, 2)
})

test('a fact that was dropped is loaded again', async () => {
  const cache = createFactCache()
  await cache.get('a', async () => 'old')
  cache.drop('a')
  assert.equal(await cache.get('a', async () => 'new'), 'new')
})

test('a fact that was dropped while it was being loaded is not kept', async () => {
  const cache = createFactCache()
  const { promise, resolve } = Promise.withResolvers<string>()
  const loading = cache.get('a', () => promise)
  cache.drop('a')
  resolve('read before the change')
  assert.equal(await loading, 'read before the change')
  assert.equal(await cache.get('a', async () => 'read after it'), 'read after it')
})

test('a load that fails keeps nothing', async () => {
  const cache = createFactCache()
  await assert.rejects(
    cache.get('a', () => Promise.reject(new Error('the store is gone'))),
    /the store is gone/,
  )
  assert.equal(await cache.get('a', async () => 'back'), 'back')
})

test('memory is bounded: the longest unused fact goes first', async () => {
  const cache = createFactCache(2)
  let loads = 0
  const load = async () => {
    loads += 1
    return loads
  }
  await cache.get('a', load)
  await cache.get('b', load)
  await cache.get('a', load)
  await cache.get('c', load)
  assert.equal(await cache.get('a', load), 1, 'used lately, still there')
  assert.equal(await cache.get('b', load), 4, 'gone, loaded again')
})

test('equal lists of many facts are one list, which nobody can change for the others', async () => {
  const cache = createFactCache()
  const load = (scope: readonly string[]) => async () => ({ scope, ipList: [], name: 'k' })
  const get = async (key: string, scope: readonly string[]) =>
    (await cache.get(key, load(scope))) ?? assert.fail('no fact')
  const [a, b, c] = [await get('a', ['x', 'y']), await get('b', ['x', 'y']), await get('c', ['x,y'])]
  assert.deepEqual(
    [a, c],
    [
      { scope: ['x', 'y'], ipList: [], name: 'k' },
      { scope: ['x,y'], ipList: [], name: 'k' },
    ],
  )
  assert.equal(a.scope, b.scope)
  assert.notDeepEqual(a.scope, c.scope)
  assert.throws(() => (a.scope as string[]).push('z'), TypeError)
  assert.deepEqual(await get('b', []), { scope: ['x', 'y'], ipList: [], name: 'k' })
})
