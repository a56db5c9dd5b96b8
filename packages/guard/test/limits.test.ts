/** Rate limits: what the caller is told, in the door's style and the standard's. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rateLimitHeaders, type Spent } from '@sallyport/guard'
import { allCallers, bearer, guardOf } from './support/callers.ts'
import { addKey, createFacts, start } from './support/world.ts'

const rule = { doors: ['servers'], limits: ['api', 'transfer'] }
const spent: Spent = {
  allowed: true,
  limit: 60,
  remaining: 59,
  resetAt: start + 42,
  retryAfter: 42,
  style: 'unix',
  window: 60,
}

function limited(change: Partial<Spent>) {
  const facts = createFacts()
  facts.spent = { ...spent, ...change }
  return { facts, headers: [bearer(addKey(facts))] }
}

test('an allowed answer carries the numbers, reset as a moment', async () => {
  const { facts, headers } = limited({})
  for (const caller of await allCallers(guardOf(facts))) {
    const answer = await caller.ask(rule, { headers })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['x-ratelimit-limit'], '60')
    assert.equal(answer.headers['x-ratelimit-remaining'], '59')
    assert.equal(answer.headers['x-ratelimit-reset'], String(start + 42))
    assert.equal(answer.headers['ratelimit-policy'], '"default";q=60;w=60')
    assert.equal(answer.headers['ratelimit'], '"default";r=59;t=42')
    assert.equal(answer.headers['retry-after'], undefined)
    await caller.close()
  }
  assert.deepEqual(facts.spends[0], ['api', 'transfer'])
})

test('a used-up limit is 429 with the documented body, and says when to come back', async () => {
  const { facts, headers } = limited({ allowed: false, remaining: 0, style: 'seconds' })
  for (const caller of await allCallers(guardOf(facts))) {
    const answer = await caller.ask(rule, { headers })
    assert.equal(answer.status, 429)
    assert.deepEqual(answer.body, {
      error: 'rate_limit_exceeded',
      message: 'Too many requests. Please retry after 42 seconds.',
      retry_after: 42,
    })
    assert.equal(answer.headers['retry-after'], '42')
    assert.equal(answer.headers['x-ratelimit-reset'], '42')
    assert.equal(answer.headers['x-ratelimit-remaining'], '0')
    assert.equal(answer.headers['ratelimit'], '"default";r=0;t=42')
    await caller.close()
  }
})

test('nothing is spent by who is not let in, nor where no limit is named', async () => {
  const { facts, headers } = limited({})
  for (const caller of await allCallers(guardOf(facts))) {
    assert.equal((await caller.ask(rule, {})).status, 401)
    assert.equal((await caller.ask({ ...rule, scopes: ['billing:write'] }, { headers })).status, 403)
    const free = await caller.ask({ doors: rule.doors }, { headers })
    assert.equal(free.status, 200)
    assert.equal(free.headers['ratelimit'], undefined)
    await caller.close()
  }
  assert.deepEqual(facts.spends, [])
})

test('a limiter that can’t answer lets nobody in', async () => {
  const { facts, headers } = limited({})
  for (const caller of await allCallers(guardOf(facts))) {
    facts.down = undefined
    assert.equal((await caller.ask(rule, { headers })).status, 200)
    facts.down = new Error('limiter down')
    assert.equal((await caller.ask(rule, { headers })).status, 503)
    await caller.close()
  }
})

test('numbers stay in range and names stay inside their quotes', () => {
  const odd = { ...spent, remaining: -1, resetAt: start - 5, name: 'a"b\\c\r\nx: y', window: undefined }
  const headers = rateLimitHeaders(odd, start)
  assert.equal(headers['X-RateLimit-Remaining'], '0')
  assert.equal(headers['RateLimit'], '"a\\"b\\\\cx: y";r=0;t=0')
  assert.equal(headers['RateLimit-Policy'], '"a\\"b\\\\cx: y";q=60')
})

test('to wait is at least a second, in whole seconds', () => {
  const wait = (retryAfter: number) =>
    rateLimitHeaders({ ...spent, allowed: false, retryAfter }, start)['Retry-After']
  assert.deepEqual([wait(0), wait(0.2), wait(1.2)], ['1', '1', '2'])
})

test('only who is let in has used a credential: a refusal lets no session live longer', async () => {
  const allowed = limited({})
  const over = limited({ allowed: false })
  for (const [{ facts, headers }, asked, uses] of [
    [allowed, rule, 1],
    [allowed, { ...rule, scopes: ['nobody:has'] }, 0],
    [allowed, { ...rule, doors: ['people'] }, 0],
    [over, rule, 0],
  ] as const) {
    facts.uses.length = 0
    const [core] = await allCallers(guardOf(facts))
    await core?.ask(asked, { headers })
    assert.equal(facts.uses.length, uses)
  }
})
