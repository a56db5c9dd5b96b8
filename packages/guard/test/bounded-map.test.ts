import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BoundedMap } from '../src/bounded-map.ts'

const filled = (size: number, keys: readonly string[]) => {
  const map = new BoundedMap<string>(size)
  for (const key of keys) map.set(key, `${key}!`)
  return map
}
const heldOf = (map: BoundedMap<string>) => [...map.entries()].map(([key]) => key).sort()

test('the entry that was not used makes room', () => {
  const map = filled(3, ['a', 'b', 'c'])
  map.get('a')
  map.get('c')
  map.set('d', 'd!')
  assert.deepEqual(heldOf(map), ['a', 'c', 'd'])
})

test('where every entry was used, the longest held makes room', () => {
  const map = filled(3, ['a', 'b', 'c'])
  for (const key of ['c', 'a', 'b']) map.get(key)
  map.set('d', 'd!')
  assert.deepEqual(heldOf(map), ['b', 'c', 'd'])
})

test('many entries that are used once do not push out one that is used again and again', () => {
  const map = filled(10, ['a'])
  for (let count = 0; count < 1000; count += 1) {
    map.set(`once ${count}`, '')
    assert.equal(map.get('a'), 'a!')
  }
  assert.equal(map.size, 10)
})

test('the place of a deleted entry is used again, and nothing else makes room for it', () => {
  const map = filled(3, ['a', 'b', 'c'])
  map.delete('b')
  map.delete('b')
  map.delete('never there')
  assert.equal(map.get('b'), undefined)
  map.set('d', 'd!')
  assert.deepEqual(heldOf(map), ['a', 'c', 'd'])
})

test('what takes the place of a used entry was not used itself', () => {
  const map = filled(3, ['a', 'b', 'c'])
  for (const key of ['a', 'b', 'c']) map.get(key)
  map.delete('b')
  map.set('d', 'd!')
  map.set('e', 'e!')
  assert.deepEqual(heldOf(map), ['a', 'c', 'e'])
})

test('an entry can be set anew, and deleted while going through all', () => {
  const map = filled(3, ['a', 'b', 'c'])
  map.set('b', 'again')
  assert.deepEqual([map.get('b'), map.size], ['again', 3])
  for (const [key] of map.entries()) map.delete(key)
  assert.deepEqual([heldOf(map), map.size], [[], 0])
})

test('whatever is done with it: at most its size, and never a value that was not the last one set', () => {
  const step = fc.tuple(
    fc.constantFrom('set', 'get', 'delete'),
    fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 200 }), (size, steps) => {
      const map = new BoundedMap<number>(size)
      const last = new Map<string, number>()
      for (const [at, [what, key]] of steps.entries()) {
        if (what === 'set') {
          map.set(key, at)
          last.set(key, at)
          assert.equal(map.get(key), at, 'what was set last is there')
        } else if (what === 'delete') {
          map.delete(key)
          last.delete(key)
        }
        const found = map.get(key)
        assert.ok(found === undefined || found === last.get(key))
        assert.ok(map.size <= size)
        assert.equal([...map.entries()].length, map.size)
      }
    }),
  )
})
