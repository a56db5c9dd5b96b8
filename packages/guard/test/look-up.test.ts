import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLookUp } from '../src/remote/look-up.ts'
import type { FactKey } from '../src/remote/server.ts'

test('facts asked for in one turn are one request, each fact once', async () => {
  const asked: (readonly FactKey[])[] = []
  const lookUp = createLookUp(async (keys) => {
    asked.push(keys)
    return keys.map(([kind, id]) => `${kind}/${id}`)
  })
  const answers = await Promise.all([lookUp('team', '1'), lookUp('account', '2'), lookUp('team', '1')])
  assert.deepEqual(answers, ['team/1', 'account/2', 'team/1'])
  assert.deepEqual(asked, [
    [
      ['team', '1'],
      ['account', '2'],
    ],
  ])
  await lookUp('team', '1')
  assert.equal(asked.length, 2, 'it remembers nothing')
})

test('many facts are several requests', async () => {
  const sizes: number[] = []
  const lookUp = createLookUp(async (keys) => {
    sizes.push(keys.length)
    return keys.map(([, id]) => id)
  })
  const ids = Array.from({ length: 450 }, (_, index) => String(index))
  assert.deepEqual(await Promise.all(ids.map((id) => lookUp('family', id))), ids)
  assert.deepEqual(sizes, [200, 200, 50])
})

test('when the server can’t say, everybody who asked hears so, and can ask again', async () => {
  let down = true
  const lookUp = createLookUp(async (keys) => {
    if (down) throw new Error('the server is away')
    return keys.map(() => 'fact')
  })
  const first = await Promise.allSettled([lookUp('team', '1'), lookUp('team', '2')])
  assert.deepEqual(
    first.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  down = false
  assert.equal(await lookUp('team', '1'), 'fact')
})
