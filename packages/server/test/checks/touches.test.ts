import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTouches } from '../../src/checks/touches.ts'
import type { Store } from '../../src/store/contract/index.ts'

type Touch = Parameters<Store['keys']['touch']>[0][number]

test('a secret’s last use is written once, the latest', async () => {
  const written: unknown[] = []
  const clients = { touchSecrets: async (used: unknown) => void written.push(used) }
  const touches = createTouches({ clients } as unknown as Store)
  touches.addSecret('sec_a', 9)
  touches.addSecret('sec_a', 5)
  await touches.flush()
  await touches.flush()
  assert.deepEqual(written, [[{ secretId: 'sec_a', at: 9 }]])
})

function recording() {
  const written: (readonly Touch[])[] = []
  const keys = { touch: async (used: readonly Touch[]) => void written.push(used) }
  return { written, touches: createTouches({ keys } as unknown as Store) }
}

test('a use that is told late takes no later one back', async () => {
  const { written, touches } = recording()
  touches.add('session-token', 'a', 100)
  touches.add('session-token', 'a', 40)
  touches.add('api-key', 'k', 7)
  touches.add('api-key', 'k', 5)
  assert.equal(touches.lastUsedAt('a'), 100)
  await touches.flush()
  assert.deepEqual(written, [
    [
      { hash: 'a', kind: 'session-token', at: 100 },
      { hash: 'k', kind: 'api-key', at: 7 },
    ],
  ])
  await touches.flush()
  assert.equal(written.length, 1, 'nothing new is nothing to write')
  touches.add('session-token', 'a', 60)
  assert.equal(touches.lastUsedAt('a'), 100, 'nor one that was written already')
})
