import assert from 'node:assert/strict'
import fc from 'fast-check'
import { after, before, test } from 'node:test'
import { call } from '../support/actors.ts'
import { type GuardAccess, newGuard } from '../support/guard-access.ts'
import type { Answer, Ask } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'

// The check endpoints answer for callers that nobody knows, so that what arrives is as hostile as anything at a door.
let server: TestServer
let access: GuardAccess
before(async () => {
  server = await startServer()
  access = await newGuard(server)
})
after(() => server.close())

const seed = 20_261_124
const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    '\u0000',
    '\ud800',
    'osir',
    'x'.repeat(17_000),
    'Bearer ',
    'Bearer a.b.c',
    'Bearer eyJhbGciOiJub25lIn0.e30.',
    'Basic Og==',
    'osir_live_x',
    'osk_x',
    '__proto__',
    '::ffff:1.2.3.4%eth0',
    '1.2.3.4/8',
    'detail',
    'domains:*',
  ),
)
const value: fc.Arbitrary<unknown> = fc.oneof(
  nasty,
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(nasty, { maxLength: 3 }),
  fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('doors', 'authorization', 'x-api-key')), nasty, {
    maxKeys: 3,
  }),
)
const sane = {
  method: fc.constantFrom('GET', 'POST', 'x'),
  path: fc.constantFrom('/', '/domains', ''),
  headers: fc.record(
    { authorization: nasty, 'x-api-key': fc.oneof(nasty, fc.array(nasty, { maxLength: 3 })), origin: nasty },
    { requiredKeys: [] },
  ),
  ip: fc.constantFrom('127.0.0.1', '::1', '2001:db8::1'),
  rule: fc.record(
    {
      doors: fc.constant(['osir', 'oshara', 'oshara-widgets', 'charp', 'openchatstudio']),
      scopes: fc.constantFrom(['domains:read'], ['*'], ['a', 'a']),
      kinds: fc.constantFrom(['api-key'], ['person', 'widget']),
      plan: fc.constant('Free'),
      plans: fc.constantFrom(['Free'], ['Free', 'Free']),
      environment: fc.constantFrom('live', 'test'),
      admin: fc.constant(true),
      limits: fc.constantFrom(['osir-api'], ['osir-api', 'charp-api']),
    },
    { requiredKeys: ['doors'] },
  ),
  shape: fc.constantFrom('detail', 'oauth', 'message'),
}
/** A question that is right but for some of its members. */
const question = fc
  .tuple(fc.record(sane), fc.dictionary(fc.constantFrom(...Object.keys(sane), 'more'), value, { maxKeys: 2 }))
  .map(([right, wrong]) => ({ ...right, ...wrong }))
const raw: fc.Arbitrary<Ask> = fc.oneof(
  fc
    .tuple(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.constantFrom('application/json', 'text/plain', ''),
    )
    .map(([body, type]) => ({ body, headers: type === '' ? {} : { 'Content-Type': type } })),
  fc.uint8Array({ maxLength: 60 }).map((body) => ({ body, headers: { 'Content-Type': 'application/json' } })),
  value.map((json) => ({ json: json ?? null })),
)

/** One decision: whoever sends noise is refused for it, and never told that the server is not well. */
function assertDecision(decision: unknown, about: string): void {
  const { outcome, status, body, fields } = decision as Readonly<Record<string, unknown>>
  assert.ok(outcome === 'refuse' || outcome === 'invalid', about)
  if (outcome === 'invalid') return assert.ok(Object.keys(fields as object).length > 0, about)
  assert.ok(typeof status === 'number' && status >= 400 && status < 500, about)
  assert.ok(typeof body === 'object' && body !== null, about)
}

function assertDoorShaped(answer: Answer): void {
  const about = `${answer.status} ${answer.text.slice(0, 500)}`
  assert.ok(answer.status === 200 || (answer.status >= 400 && answer.status < 500), about)
  assert.match(String(answer.headers['content-type']), /^application\/json/, about)
  assert.equal(/\bat .{1,200}\.ts:\d+/.test(answer.text), false, about)
  if (answer.status === 200) {
    const { answers } = answer.json
    for (const decision of Array.isArray(answers) ? answers : [answer.json]) assertDecision(decision, about)
    return
  }
  assert.equal(typeof answer.json['error'], 'string', about)
  assert.equal(typeof answer.json['error_description'], 'string', about)
}

const post = (path: string, ask: Ask, authorization = access.basic) =>
  call(server, path, { method: 'POST', ...ask, headers: { ...ask.headers, Authorization: authorization } })

test('arbitrary questions about a caller let nobody in, and are refused in the door’s shape', async () => {
  let understood = 0
  await fc.assert(
    fc.asyncProperty(question, async (json) => {
      const answer = await post('/guard/check', { json })
      assertDoorShaped(answer)
      if (answer.status === 200) understood += 1
    }),
    { numRuns: 1500, seed },
  )
  assert.ok(understood > 100 && understood < 1400, `${understood} were understood`)
})

test('arbitrary batches are answered one by one, as many as were asked', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(question, value), { maxLength: 6 }), async (checks) => {
      const answer = await post('/guard/checks', { json: { checks } })
      assertDoorShaped(answer)
      if (answer.status === 200) assert.equal((answer.json['answers'] as unknown[]).length, checks.length)
    }),
    { numRuns: 500, seed },
  )
})

test('arbitrary bodies and credentials at the check endpoints are refused in the door’s shape', async () => {
  const header = fc
    .string({ unit: 'binary-ascii', maxLength: 80 })
    .map((text) => text.replaceAll(/[^\x20-\x7e]/g, ''))
  const authorization = fc.oneof(
    fc.constant(undefined),
    header,
    header.map((text) => `Basic ${Buffer.from(text).toString('base64')}`),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('/guard/check', '/guard/checks', '/guard/facts', '/guard/uses'),
      raw,
      authorization,
      async (path, ask, given) => {
        const answer = await post(path, ask, given)
        assert.notEqual(answer.status, 200, answer.text)
        assertDoorShaped(answer)
      },
    ),
    { numRuns: 1000, seed },
  )
})
