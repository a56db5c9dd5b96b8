/** Every kind of credential, in every state, however the guard is mounted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GuardRule } from '@sallyport/guard'
import { type Answer, allCallers, bearer, guardOf } from './support/callers.ts'
import { type Case, credentials } from './support/credentials.ts'

const plans = ['Free', 'Standard', 'Enterprise']
const unauthorized = { error: 'unauthorized', message: 'Invalid or missing API key' }
const forbidden = { error: 'forbidden', message: 'Insufficient permissions for this action' }
const doors = ['people', 'apps', 'vendors', 'widgets', 'servers']

type State = readonly [
  name: string,
  rule: (one: Case) => Partial<GuardRule>,
  spoil: (one: Case) => string,
  status: number,
]

/** How a credential is carried. */
function carried({ header }: Case, secret: string): readonly [string, string] {
  return header ? [header, secret] : bearer(secret)
}

const none = () => ({})
const same = ({ secret }: Case) => secret
const states: readonly State[] = [
  ['valid', none, same, 200],
  ['valid on a plan that is enough', () => ({ plan: 'Standard', plans }), same, 200],
  [
    'expired',
    none,
    (one) => {
      one.expire()
      return one.secret
    },
    401,
  ],
  [
    'revoked',
    none,
    (one) => {
      one.revoke()
      return one.secret
    },
    401,
  ],
  ['tampered', none, (one) => one.tampered(), 401],
  ['at another door', ({ door }) => ({ doors: doors.filter((other) => other !== door) }), same, 401],
  ['without the scope', () => ({ scopes: ['domains:write'] }), same, 403],
  ['on a plan that is not enough', () => ({ plan: 'Enterprise', plans }), same, 403],
  ['of a kind that may not', () => ({ kinds: [] }), same, 403],
  ['of no administrator', () => ({ admin: true }), same, 403],
]

function assertAnswer(answer: Answer, status: number, kind: string): void {
  assert.equal(answer.status, status)
  if (status === 200) {
    assert.equal(answer.body['kind'], kind)
    assert.deepEqual(answer.body['team'], { id: 'team_1', slug: 'one' })
    assert.equal(answer.body['plan'], 'Standard')
    return
  }
  assert.deepEqual(answer.body, status === 401 ? unauthorized : forbidden)
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.equal(
    answer.headers['www-authenticate'],
    status === 401 ? 'Bearer error="invalid_token"' : answer.headers['www-authenticate'],
  )
}

for (const [index, [kind, make, label = kind]] of credentials.entries()) {
  for (const [name, rule, spoil, status] of states) {
    test(`${index + 1}. ${label} ${name}: ${status}, however the guard is mounted`, async () => {
      const one = await make()
      const callers = await allCallers(guardOf(one.facts))
      const secret = spoil(one)
      for (const caller of callers) {
        const answer = await caller.ask({ doors, ...rule(one) }, { headers: [carried(one, secret)] })
        assertAnswer(answer, status, kind)
        await caller.close()
      }
    })
  }
}

test('the three ways tell the same of a missing scope', async () => {
  for (const [, make] of credentials) {
    const one = await make()
    const { facts, secret } = one
    for (const caller of await allCallers(guardOf(facts, { shape: 'detail' }))) {
      const rule = { doors, scopes: ['domains:read', 'session:read'] }
      const answer = await caller.ask(rule, { headers: [carried(one, secret)] })
      assert.equal(answer.status, 403)
      assert.match(
        String(answer.headers['www-authenticate']),
        /^Bearer error="insufficient_scope", scope="(domains:read )?session:read"$/,
      )
      await caller.close()
    }
  }
})

test('no credential is no error: the challenge names the scheme alone', async () => {
  const [first] = credentials
  const { facts } = await (first?.[1] ?? assert.fail('no credentials'))()
  for (const caller of await allCallers(guardOf(facts))) {
    const answer = await caller.ask({ doors }, {})
    assert.equal(answer.status, 401)
    assert.deepEqual(answer.body, unauthorized)
    assert.equal(answer.headers['www-authenticate'], 'Bearer')
    await caller.close()
  }
  assert.deepEqual(facts.reads, [])
})

test('a store that is down lets nobody in, whatever they present', async () => {
  for (const [, make] of credentials) {
    const one = await make()
    const { facts, secret } = one
    for (const caller of await allCallers(guardOf(facts))) {
      assert.equal((await caller.ask({ doors }, { headers: [carried(one, secret)] })).status, 200)
      facts.down = new Error('connection to 10.0.0.7 refused')
      const answer = await caller.ask({ doors }, { headers: [carried(one, secret)] })
      assert.equal(answer.status, 503)
      assert.doesNotMatch(JSON.stringify(answer), /10\.0\.0\.7/)
      facts.down = undefined
      await caller.close()
    }
  }
})
