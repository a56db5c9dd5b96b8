import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Outcome, parseRetryAfter } from '../src/answer.ts'
import { decideNext } from '../src/ask.ts'

type Answer = Extract<Outcome, { outcome: 'answer' }>
const answer = (status: number, body?: object, retryAfter?: number): Answer => ({
  outcome: 'answer',
  status,
  body: body as Answer['body'],
  retryAfter,
  requestId: undefined,
})
const lost: Outcome = { outcome: 'lost', cause: new Error('reset') }

/** `take`, `again <wait>` or the code of the error. */
function said(outcome: Outcome, number: number): string {
  const next = decideNext(outcome, { number, most: 4, chance: 0 })
  if (next.step === 'again') return `again ${next.waitMs}`
  return next.step === 'take' ? 'take' : next.error.code
}

const cases: [name: string, outcome: Outcome, number: number, said: string][] = [
  ['an answer is taken', answer(200, {}), 1, 'take'],
  ['201 is an answer', answer(201, {}), 1, 'take'],
  ['a lost answer is asked for again', lost, 1, 'again 125'],
  ['with waits that grow', lost, 2, 'again 250'],
  ['and grow', lost, 3, 'again 500'],
  ['four times at most', lost, 4, 'unreachable'],
  ['a fault is asked past', answer(500, { error: 'server_error' }), 1, 'again 125'],
  ['a page of a proxy too', answer(502), 1, 'again 125'],
  ['a request that came in too slowly too', answer(408), 1, 'again 125'],
  ['and given up', answer(503), 4, 'unavailable'],
  ['Retry-After says how long to wait', answer(503, {}, 7), 1, 'again 7000'],
  ['one that says at once does not make it hurry', answer(503, {}, 0), 3, 'again 500'],
  ['too many requests wait as well', answer(429, {}, 3), 1, 'again 3000'],
  ['a long wait is the caller’s to plan', answer(429, {}, 11), 1, 'rate_limited'],
  ['an ended grant is never asked for again', answer(400, { error: 'invalid_grant' }), 1, 'invalid_grant'],
  ['whatever its status', answer(401, { error: 'invalid_grant' }), 1, 'invalid_grant'],
  ['refused credentials', answer(401, { error: 'invalid_client' }), 1, 'invalid_client'],
  [
    'refused credentials by RFC 6749’s other status',
    answer(400, { error: 'invalid_client' }),
    1,
    'invalid_client',
  ],
  ['a refused key', answer(401, { error: 'unauthorized', message: 'no' }), 1, 'invalid_client'],
  ['any other refusal', answer(400, { error: 'invalid_scope' }), 1, 'refused'],
  ['a refusal that is a page', answer(404), 1, 'refused'],
  ['an answer that is a page', answer(200), 1, 'malformed_answer'],
  ['no content where tokens should be', answer(204), 1, 'malformed_answer'],
  ['a redirect is not followed', { outcome: 'redirect', status: 302 }, 1, 'redirected'],
]
for (const [name, outcome, number, expected] of cases) {
  test(`next: ${name}`, () => assert.equal(said(outcome, number), expected))
}

test('next: the whole of the wait is chance’s to halve', () => {
  const at = { number: 1, most: 4 }
  assert.deepEqual(decideNext(lost, { ...at, chance: 0.999 }), { step: 'again', waitMs: 250 })
})

test('of the server’s answer an error keeps a word, never a sentence', () => {
  const [named, echoed] = ['invalid_scope', 'the secret s3cret is wrong'].map((error) => {
    const next = decideNext(answer(400, { error }), { number: 1, most: 4, chance: 0 })
    return next.step === 'give-up' ? next.error : undefined
  })
  assert.equal(named?.reason, 'invalid_scope')
  assert.match(named?.message ?? '', /HTTP 400, invalid_scope/)
  assert.equal(echoed?.reason, undefined)
  assert.doesNotMatch(echoed?.message ?? '', /s3cret/)
})

const now = Date.parse('2026-01-01T00:00:00Z') / 1000
const waits: [value: string | null, seconds: number | undefined][] = [
  [null, undefined],
  ['30', 30],
  ['0', 0],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['999999999', 86_400],
  ['soon', undefined],
  ['-5', undefined],
  ['', undefined],
]
for (const [value, seconds] of waits) {
  test(`Retry-After ${JSON.stringify(value)} is ${seconds} seconds`, () =>
    assert.equal(parseRetryAfter(value, now), seconds))
}
