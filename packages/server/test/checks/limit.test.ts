import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryLimiter } from '../../src/checks/limit.ts'

const window = { limit: 2, window: 60 }

test('a window has so many uses, tells what is left, and begins anew when it is over', async () => {
  const limiter = createMemoryLimiter()
  const spend = async (now: number) => {
    const { allowed, remaining, resetAt, retryAfter } = await limiter.spend('k', window, now)
    return [allowed, remaining, resetAt, retryAfter]
  }
  assert.deepEqual(await spend(100), [true, 1, 160, 60])
  assert.deepEqual(await spend(110), [true, 0, 160, 50])
  assert.deepEqual(await spend(159), [false, 0, 160, 1])
  assert.deepEqual(await spend(160), [true, 1, 220, 60])
})

test('a use that is given back can be spent again', async () => {
  const limiter = createMemoryLimiter()
  await limiter.spend('k', window, 100)
  await limiter.spend('k', window, 100)
  await limiter.refund('k', 100)
  assert.equal((await limiter.spend('k', window, 100)).allowed, true)
  assert.equal((await limiter.spend('k', window, 100)).allowed, false)
  await limiter.refund('k', 200)
  assert.equal((await limiter.spend('other', window, 200)).remaining, 1)
})

test('memory is bounded', async () => {
  const limiter = createMemoryLimiter(2)
  for (const key of ['a', 'b', 'c']) await limiter.spend(key, { limit: 1, window: 60 }, 100)
  assert.equal((await limiter.spend('c', { limit: 1, window: 60 }, 100)).allowed, false)
  assert.equal(
    (await limiter.spend('a', { limit: 1, window: 60 }, 100)).allowed,
    true,
    'the oldest was forgotten',
  )
})

test('what is over goes within a minute, before anything that still counts', async () => {
  const limiter = createMemoryLimiter(2)
  const once = { limit: 1, window: 600 }
  await limiter.spend('long', once, 100)
  await limiter.spend('short', { limit: 1, window: 10 }, 100)
  await limiter.spend('new', once, 200)
  assert.equal((await limiter.spend('long', once, 200)).allowed, false, 'the oldest, but still counting')
})
