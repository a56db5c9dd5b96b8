/** Widget tokens: bound to a session, a widget and the page's origin. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allCallers, bearer, guardOf } from './support/callers.ts'
import {
  addWidgetSession,
  type Claims,
  createFacts,
  type SessionAndWidget,
  signToken,
} from './support/world.ts'

const rule = { doors: ['widgets'] }
const typ = { typ: 'widget+jwt' }
const origin = (value: string) => ['Origin', value] as const

interface Row {
  readonly claims?: Claims
  /** What changes after the token was signed. */
  readonly session?: Partial<SessionAndWidget>
  readonly headers?: readonly (readonly [string, string])[]
  readonly later?: number
  readonly status: number
}

const rows: readonly (readonly [name: string, row: Row])[] = [
  ['from its page', { headers: [origin('https://mysite.com')], status: 200 }],
  ['from a server, without an Origin', { status: 200 }],
  ['from its page, port written out', { headers: [origin('https://mysite.com:443')], status: 200 }],
  ['from another page', { headers: [origin('https://evil.com')], status: 403 }],
  [
    'from a page whose origin begins alike',
    { headers: [origin('https://mysite.com.evil.com')], status: 403 },
  ],
  ['from plain http', { headers: [origin('http://mysite.com')], status: 403 }],
  ['from plain http on the port of https', { headers: [origin('http://mysite.com:443')], status: 403 }],
  ['from an opaque origin', { headers: [origin('null')], status: 403 }],
  [
    'with two Origins',
    { headers: [origin('https://mysite.com'), origin('https://mysite.com')], status: 403 },
  ],
  ['with an empty Origin', { headers: [origin('')], status: 403 }],
  [
    'from another listed page',
    {
      session: { allowedOrigins: ['https://mysite.com', 'https://other.com'] },
      headers: [origin('https://other.com')],
      status: 403,
    },
  ],
  ['whose origin is no longer listed', { session: { allowedOrigins: ['https://new.com'] }, status: 403 }],
  ['whose list was emptied', { session: { allowedOrigins: [] }, status: 403 }],
  ['whose session ended', { session: { endedAt: 1 }, status: 401 }],
  ['whose session expired early', { session: { expiresAt: 1 }, status: 401 }],
  ['whose widget was switched off', { session: { active: false }, status: 401 }],
  ['whose team is gone', { session: { teamId: 'team_gone' }, status: 401 }],
  ['whose session is of another widget', { session: { widgetId: 'wid_2' }, status: 401 }],
  ['whose session is of another origin', { session: { origin: 'https://other.com' }, status: 401 }],
  ['naming an unknown session', { claims: { sid: 'wse_unknown' }, status: 401 }],
  ['without a session', { claims: { sid: undefined }, status: 401 }],
  ['without an origin', { claims: { origin: undefined }, status: 401 }],
  ['after 3599 s', { later: 3599, status: 200 }],
  ['after 3600 s', { later: 3600, status: 401 }],
]
for (const [name, { claims, session = {}, headers = [], later = 0, status }] of rows) {
  test(`a widget token ${name}: ${status}, three ways`, async () => {
    const facts = createFacts()
    const token = await signToken({ ...addWidgetSession(facts), ...claims }, typ)
    const [id, found] = [...facts.widgetSessions][0] ?? assert.fail('no session')
    facts.widgetSessions.set(id, { ...found, ...session })
    facts.now += later
    for (const caller of await allCallers(guardOf(facts))) {
      const answer = await caller.ask(rule, { headers: [bearer(token), ...headers] })
      assert.equal(answer.status, status)
      await caller.close()
    }
  })
}

test('a widget is told apart by id and slug, and carries no scope, account or rights', async () => {
  const facts = createFacts()
  const token = await signToken(addWidgetSession(facts), typ)
  for (const caller of await allCallers(guardOf(facts))) {
    const { body } = await caller.ask(rule, { headers: [bearer(token)] })
    assert.deepEqual(body, {
      kind: 'widget',
      id: 'wse_1',
      door: 'widgets',
      team: { id: 'team_1', slug: 'one' },
      plan: 'Standard',
      admin: false,
      scopes: [],
      environment: 'live',
      origin: 'https://mysite.com',
      widget: { id: 'wid_1', slug: 'support-bot' },
      expiresAt: facts.now + 3600,
      credentialId: 'wse_1',
    })
    await caller.close()
  }
})

test('a widget token is no access token, and an access token no widget token', async () => {
  const facts = createFacts()
  const claims = addWidgetSession(facts)
  for (const caller of await allCallers(guardOf(facts))) {
    for (const wrong of ['at+jwt', 'JWT', 'Widget+JWT']) {
      const token = await signToken(claims, { typ: wrong })
      assert.equal((await caller.ask(rule, { headers: [bearer(token)] })).status, 401)
    }
    await caller.close()
  }
})

test('a session started where origins are not checked needs none', async () => {
  const facts = createFacts()
  const token = await signToken(addWidgetSession(facts, { origin: '', allowedOrigins: [] }), typ)
  for (const caller of await allCallers(guardOf(facts))) {
    const { status, body } = await caller.ask(rule, { headers: [bearer(token)] })
    assert.equal(status, 200)
    assert.equal('origin' in body, false)
    await caller.close()
  }
})
