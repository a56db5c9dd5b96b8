import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  actorChain,
  type ActorClaim,
  decideExchange,
  type Exchange,
  type ExchangeToken,
  longestActorChain,
  parseActor,
  parseKeyBinding,
  parseTokenBinding,
} from '../src/index.ts'

const subject: ExchangeToken = {
  subject: 'acc_1',
  clientId: 'app_front',
  teamId: 'team_1',
  scope: ['a', 'b', 'c'],
  expiresAt: 2000,
  jkt: undefined,
  x5t: undefined,
  act: undefined,
  mayAct: undefined,
}
const service: ExchangeToken = { ...subject, subject: 'app_back', clientId: 'app_back', scope: ['x'] }
const client = {
  clientId: 'app_back',
  type: 'confidential' as const,
  teamId: undefined,
  scope: ['a', 'b', 'd'],
}
const ask: Exchange = {
  client,
  subject,
  actor: undefined,
  scope: undefined,
  targets: [],
  audience: 'https://id.example',
  jkt: undefined,
  x5t: undefined,
}
const chainOf = (depth: number): ActorClaim | undefined =>
  depth === 0 ? undefined : { sub: `s${depth}`, ...(depth > 1 && { act: chainOf(depth - 1) as ActorClaim }) }

const cases: [name: string, exchange: Exchange, outcome: string][] = [
  [
    'RFC 8705 §3: a subject token that is bound to a certificate needs it',
    { ...ask, subject: { ...subject, x5t: 'c' } },
    'invalid_request',
  ],
  [
    'RFC 8705 §3: another certificate is none',
    { ...ask, subject: { ...subject, x5t: 'c' }, x5t: 'd' },
    'invalid_request',
  ],
  ['with that certificate it is handed on', { ...ask, subject: { ...subject, x5t: 'c' }, x5t: 'c' }, 'a b'],
  ['what subject and client have in common is handed on', ask, 'a b'],
  ['less is handed on when less is asked for', { ...ask, scope: ['b'] }, 'b'],
  [
    'RFC 8693 §2.1: a scope that the subject token lacks is refused',
    { ...ask, scope: ['a', 'd'] },
    'invalid_scope',
  ],
  ['a scope that the client is not registered for is refused', { ...ask, scope: ['c'] }, 'invalid_scope'],
  ['nothing in common is refused', { ...ask, client: { ...client, scope: ['d'] } }, 'invalid_scope'],
  [
    'RFC 8693 §5: a client that proves nothing is refused',
    { ...ask, client: { ...client, type: 'public' } },
    'unauthorized_client',
  ],
  [
    'RFC 8693 §2.2.2: a subject token that is worth nothing is invalid_request',
    { ...ask, subject: undefined },
    'invalid_request',
  ],
  [
    'RFC 8693 §2.2.2: another target is invalid_target',
    { ...ask, targets: ['https://other.example'] },
    'invalid_target',
  ],
  [
    'one of two targets is not enough',
    { ...ask, targets: ['https://id.example', 'https://other.example'] },
    'invalid_target',
  ],
  ['the issuer is a target', { ...ask, targets: ['https://id.example'] }, 'a b'],
  [
    'RFC 9449 §5: a bound subject token without its key is refused',
    { ...ask, subject: { ...subject, jkt: 'k' } },
    'invalid_request',
  ],
  [
    'a bound subject token with another key is refused',
    { ...ask, subject: { ...subject, jkt: 'k' }, jkt: 'other' },
    'invalid_request',
  ],
  [
    'a bound subject token with its key is handed on',
    { ...ask, subject: { ...subject, jkt: 'k' }, jkt: 'k' },
    'a b',
  ],
  [
    'a client of another team is refused',
    { ...ask, client: { ...client, teamId: 'team_2' } },
    'invalid_request',
  ],
  ['a client of the same team is served', { ...ask, client: { ...client, teamId: 'team_1' } }, 'a b'],
  ['an actor token of the client’s own is taken', { ...ask, actor: service }, 'a b'],
  [
    'an actor token of another client is refused',
    { ...ask, actor: { ...service, clientId: 'app_front' } },
    'invalid_request',
  ],
  ['an actor token that is worth nothing is refused', { ...ask, actor: 'invalid' }, 'invalid_request'],
  [
    'an actor token that was handed on is refused',
    { ...ask, actor: { ...service, act: { sub: 'x' } } },
    'invalid_request',
  ],
  [
    'a bound actor token without its key is refused',
    { ...ask, actor: { ...service, jkt: 'k' } },
    'invalid_request',
  ],
  [
    'RFC 8693 §4.4: may_act lets the one that it names',
    { ...ask, subject: { ...subject, mayAct: { sub: 'app_back', clientId: undefined } } },
    'a b',
  ],
  [
    'RFC 8693 §4.4: may_act refuses everybody else',
    { ...ask, subject: { ...subject, mayAct: { sub: 'app_x', clientId: undefined } } },
    'invalid_request',
  ],
  [
    'RFC 8693 §4.4: all of may_act must fit',
    { ...ask, subject: { ...subject, mayAct: { sub: 'app_back', clientId: 'app_x' } } },
    'invalid_request',
  ],
  [
    'a may_act that names nobody lets nobody',
    { ...ask, subject: { ...subject, mayAct: { sub: undefined, clientId: undefined } } },
    'invalid_request',
  ],
  [
    'RFC 8693 §4.1: a chain that is not full grows',
    { ...ask, subject: { ...subject, act: chainOf(longestActorChain - 1) } },
    'a b',
  ],
  [
    'a full chain is refused',
    { ...ask, subject: { ...subject, act: chainOf(longestActorChain) } },
    'invalid_request',
  ],
]
for (const [name, exchange, outcome] of cases) {
  test(`exchange: ${name}`, () => {
    const decision = decideExchange(exchange)
    assert.equal(decision.outcome === 'refuse' ? decision.error : decision.scope.join(' '), outcome)
  })
}

test('exchange: the one who acts now is outermost, and the end is the subject token’s', () => {
  const handedOn = decideExchange({ ...ask, subject: { ...subject, act: { sub: 'app_middle' } } })
  assert.deepEqual(handedOn, {
    outcome: 'exchange',
    scope: ['a', 'b'],
    act: { sub: 'app_back', client_id: 'app_back', act: { sub: 'app_middle' } },
    notAfter: 2000,
  })
  const byActor = decideExchange({ ...ask, actor: { ...service, subject: 'acc_clerk' } })
  assert.deepEqual(byActor.outcome === 'exchange' && byActor.act, { sub: 'acc_clerk', client_id: 'app_back' })
})

const claims: [name: string, act: unknown, length: number | 'malformed'][] = [
  ['none is none', undefined, 0],
  ['a chain is read whole', chainOf(3), 3],
  ['the longest chain is read', chainOf(longestActorChain), longestActorChain],
  ['a longer chain is not', chainOf(longestActorChain + 1), 'malformed'],
  ['one without sub is not', { client_id: 'x' }, 'malformed'],
  ['one inside without sub is not', { sub: 'x', act: {} }, 'malformed'],
  ['a client_id that is no text is not', { sub: 'x', client_id: 1 }, 'malformed'],
  ['a list is not', [{ sub: 'x' }], 'malformed'],
  ['null is not', null, 'malformed'],
]
for (const [name, act, length] of claims) {
  test(`RFC 8693 §4.1, act: ${name}`, () => {
    const parsed = parseActor(act)
    assert.equal(parsed === 'malformed' ? parsed : actorChain(parsed).length, length)
  })
}

const thumbprint = 'a'.repeat(43)
const bindings: [name: string, cnf: unknown, jkt: string | undefined][] = [
  ['a bearer token is bound to nothing', undefined, undefined],
  ['RFC 9449 §6.1: a key is read', { jkt: thumbprint }, thumbprint],
  ['a certificate is not one we can check here', { 'x5t#S256': thumbprint }, 'unknown'],
  ['a key and something else is not', { jkt: thumbprint, 'x5t#S256': thumbprint }, 'unknown'],
  ['what is no thumbprint is not', { jkt: 'x' }, 'unknown'],
  ['no object is not', thumbprint, 'unknown'],
  ['null is not', null, 'unknown'],
  ['an empty object is not', {}, 'unknown'],
]
for (const [name, cnf, jkt] of bindings) {
  test(`cnf: ${name}`, () => assert.equal(parseKeyBinding(cnf), jkt))
}

test('binding: a key, a certificate, both, or none; what is not known binds to nothing that could be shown', () => {
  const [jkt, x5t] = ['j'.repeat(43), 'x'.repeat(43)]
  assert.deepEqual(parseTokenBinding(undefined), { jkt: undefined, x5t: undefined })
  assert.deepEqual(parseTokenBinding({ jkt }), { jkt, x5t: undefined })
  assert.deepEqual(parseTokenBinding({ 'x5t#S256': x5t }), { jkt: undefined, x5t })
  assert.deepEqual(parseTokenBinding({ jkt, 'x5t#S256': x5t }), { jkt, x5t })
  for (const cnf of [
    null,
    1,
    'x',
    [],
    {},
    { kid: 'k' },
    { 'x5t#S256': 'short' },
    { 'x5t#S256': x5t, kid: 'k' },
  ])
    assert.equal(parseTokenBinding(cnf), 'unknown', JSON.stringify(cnf))
})
