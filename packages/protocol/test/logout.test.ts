/** Logout requests and what follows from a logout. @see OpenID Connect RP-Initiated Logout 1.0, OpenID Connect Back-Channel Logout 1.0, OpenID Connect Front-Channel Logout 1.0 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decideLogout,
  endsWithSession,
  frontchannelAddress,
  type LogoutFacts,
  type LogoutReturn,
  logoutPause,
  logoutTries,
} from '../src/index.ts'

const uri = 'https://app.example/bye'
const hint = { clientId: 'app', subject: 'ada', sid: 'sid-1' }
const client = { clientId: 'app', postLogoutRedirectUris: [uri, 'com.example.app:/bye'] }
const session = { subject: 'ada', sid: 'sid-1', email: 'ada@example.com' }
const facts: LogoutFacts = {
  hint,
  clientId: undefined,
  client,
  returnUri: uri,
  logoutHint: undefined,
  session,
}
const byHint: LogoutReturn = { uri, by: 'hint' }
const byPerson: LogoutReturn = { uri, by: 'person' }

const decided: [
  name: string,
  more: Partial<LogoutFacts>,
  outcome: 'end' | 'ask' | 'nobody',
  returnTo?: LogoutReturn,
][] = [
  ['§2: the ID token of the session ends it and leads back', {}, 'end', byHint],
  ['§2: with its client_id as well', { clientId: 'app' }, 'end', byHint],
  ['§2: without an address it leads nowhere', { returnUri: undefined }, 'end'],
  ['§2: without a hint the person is asked', { hint: undefined, clientId: 'app' }, 'ask', byPerson],
  ['§2: without a client nothing is gone to', { hint: undefined, client: undefined }, 'ask'],
  ['§2: of another subject the person is asked', { hint: { ...hint, subject: 'bob' } }, 'ask', byHint],
  [
    '§2: of another session of the same person they are asked',
    { hint: { ...hint, sid: 'sid-0' } },
    'ask',
    byHint,
  ],
  ['§2: without a sid they are asked', { hint: { ...hint, sid: undefined } }, 'ask', byHint],
  ['§4: an invalid hint is none, and proves no address', { hint: 'invalid', clientId: 'app' }, 'ask'],
  [
    '§4: even one that is registered',
    { hint: 'invalid', clientId: 'app', returnUri: 'com.example.app:/bye' },
    'ask',
  ],
  [
    '§2: a logout_hint by address that fits changes nothing',
    { logoutHint: ' Ada@example.com ' },
    'end',
    byHint,
  ],
  ['§2: a logout_hint by sid that fits changes nothing', { logoutHint: 'sid-1' }, 'end', byHint],
  ['§2: a logout_hint of somebody else asks', { logoutHint: 'bob@example.com' }, 'ask', byHint],
  ['§4: with nobody signed in there is nothing to end', { session: undefined }, 'nobody', byHint],
  [
    'with nobody signed in and no hint the person has to say so',
    { session: undefined, hint: undefined, clientId: 'app' },
    'nobody',
    byPerson,
  ],
  ['a client that is gone leads nowhere', { client: undefined }, 'end'],
]
for (const [name, more, outcome, returnTo] of decided)
  test(`logout: ${name}`, () => assert.deepEqual(decideLogout({ ...facts, ...more }), { outcome, returnTo }))

const refused: [name: string, more: Partial<LogoutFacts>][] = [
  ['§2: client_id of another client than the hint', { clientId: 'other' }],
  ['§3: an address that is not registered', { returnUri: 'https://evil.example/' }],
  ['§3: one with a slash more', { returnUri: `${uri}/` }],
  ['§3: one with a query more', { returnUri: `${uri}?x=1` }],
  ['§3: one in other letters', { returnUri: 'https://APP.example/bye' }],
  [
    '§3: also where the person would be asked',
    { hint: undefined, clientId: 'app', returnUri: 'https://evil.example/' },
  ],
  ['§3: also where nobody is signed in', { session: undefined, returnUri: 'https://evil.example/' }],
]
for (const [name, more] of refused)
  test(`logout: refused: ${name}`, () => assert.equal(decideLogout({ ...facts, ...more }).outcome, 'refuse'))

const ends: [name: string, granted: readonly string[], door: readonly string[], ends: boolean][] = [
  ['not at a door that does not know offline_access', ['openid'], ['openid', 'read'], false],
  ['at one that does, without it', ['openid'], ['openid', 'offline_access'], true],
  ['not with it', ['offline_access', 'openid'], ['openid', 'offline_access'], false],
]
for (const [name, granted, door, wanted] of ends)
  test(`logout: OpenID Connect Back-Channel Logout §2.7: tokens end with the session ${name}`, () =>
    assert.equal(endsWithSession(granted, door), wanted))

test('logout: pauses between tries grow, and there is a last try', () => {
  const pauses = Array.from({ length: logoutTries }, (_, index) => logoutPause(index + 1))
  assert.deepEqual(pauses, [30, 120, 600, 3600, 21600, 21600])
})

const addresses: [name: string, uri: string, address: string][] = [
  ['gets a query', 'https://app.example/out', 'https://app.example/out?iss=https%3A%2F%2Fop.example&sid=s'],
  [
    'keeps its own',
    'https://app.example/out?a=b',
    'https://app.example/out?a=b&iss=https%3A%2F%2Fop.example&sid=s',
  ],
]
for (const [name, from, to] of addresses)
  test(`logout: OpenID Connect Front-Channel Logout §2: an address ${name}`, () =>
    assert.equal(frontchannelAddress(from, { issuer: 'https://op.example', sid: 's' }), to))
