/** What clients register about logout. @see OpenID Connect RP-Initiated Logout §3.1, OpenID Connect Back-Channel Logout §2.2, OpenID Connect Front-Channel Logout §2 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logoutMembers, logoutMetadata, readLogoutMetadata } from '../src/index.ts'

const redirectUris = [
  'https://app.example/cb',
  'http://127.0.0.1:3000/cb',
  'http://[::1]:3000/cb',
  'com.example.app:/cb',
  'https://a$b;c.example/cb',
  'https://zero.example:0/cb',
]
const all = {
  post_logout_redirect_uris: ['https://app.example/bye', 'com.example.app:/bye'],
  backchannel_logout_uri: 'https://app.example/backchannel?a=b',
  backchannel_logout_session_required: true,
  frontchannel_logout_uri: 'https://app.example/frontchannel?a=b',
  frontchannel_logout_session_required: true,
}

test('logout metadata: all of it is read, and told back as it was', () => {
  const read = readLogoutMetadata(all, redirectUris)
  assert.ok(read.outcome === 'ok' && read.logout)
  assert.deepEqual(logoutMetadata(read.logout), all)
})

test('logout metadata: none of it is nothing', () => {
  assert.deepEqual(readLogoutMetadata({ client_name: 'x' }, redirectUris), {
    outcome: 'ok',
    logout: undefined,
  })
})

test('logout metadata: each member may come alone', () => {
  for (const name of logoutMembers) {
    const read = readLogoutMetadata({ [name]: all[name] }, redirectUris)
    assert.ok(read.outcome === 'ok' && read.logout)
    assert.deepEqual(logoutMetadata(read.logout), { [name]: all[name] })
  }
})

const accepted: [name: string, members: object][] = [
  ['a loopback address for its redirect address', { frontchannel_logout_uri: 'http://127.0.0.1:3000/out' }],
  ['false and an empty list', { post_logout_redirect_uris: [], backchannel_logout_session_required: false }],
]
for (const [name, members] of accepted)
  test(`logout metadata: accepted: ${name}`, () =>
    assert.equal(readLogoutMetadata({ ...members }, redirectUris).outcome, 'ok'))

const refused: [name: string, member: (typeof logoutMembers)[number], value: unknown][] = [
  [
    'OpenID Connect RP-Initiated Logout §3.1: an address by http',
    'post_logout_redirect_uris',
    ['http://app.example/bye'],
  ],
  [
    'OpenID Connect RP-Initiated Logout §3.1: one with a fragment',
    'post_logout_redirect_uris',
    ['https://app.example/bye#x'],
  ],
  ['OpenID Connect RP-Initiated Logout §3.1: a script', 'post_logout_redirect_uris', ['javascript:alert(1)']],
  [
    'OpenID Connect RP-Initiated Logout §3.1: no list',
    'post_logout_redirect_uris',
    'https://app.example/bye',
  ],
  ['OpenID Connect RP-Initiated Logout §3.1: a list of other things', 'post_logout_redirect_uris', [1]],
  [
    'OpenID Connect RP-Initiated Logout §3.1: too many',
    'post_logout_redirect_uris',
    Array.from({ length: 11 }, (_, n) => `https://app.example/${n}`),
  ],
  ['OpenID Connect Back-Channel Logout §2.2: http', 'backchannel_logout_uri', 'http://app.example/out'],
  [
    'OpenID Connect Back-Channel Logout §2.2: a fragment',
    'backchannel_logout_uri',
    'https://app.example/out#x',
  ],
  ['OpenID Connect Back-Channel Logout §2.2: a relative address', 'backchannel_logout_uri', '/out'],
  [
    'OpenID Connect Back-Channel Logout §2.2: credentials',
    'backchannel_logout_uri',
    'https://a:b@app.example/out',
  ],
  ['OpenID Connect Back-Channel Logout §2.2: no text', 'backchannel_logout_uri', 1],
  ['OpenID Connect Back-Channel Logout §2.2: a text for true', 'backchannel_logout_session_required', 'true'],
  [
    'OpenID Connect Front-Channel Logout §2: another host',
    'frontchannel_logout_uri',
    'https://www.app.example/out',
  ],
  [
    'OpenID Connect Front-Channel Logout §2: another port',
    'frontchannel_logout_uri',
    'https://app.example:8443/out',
  ],
  [
    'OpenID Connect Front-Channel Logout §2: another scheme',
    'frontchannel_logout_uri',
    'http://app.example/out',
  ],
  [
    'OpenID Connect Front-Channel Logout §2: another loopback port',
    'frontchannel_logout_uri',
    'http://127.0.0.1:3001/out',
  ],
  [
    'OpenID Connect Front-Channel Logout §2: a fragment',
    'frontchannel_logout_uri',
    'https://app.example/out#x',
  ],
  [
    'OpenID Connect Front-Channel Logout §2: a private scheme',
    'frontchannel_logout_uri',
    'com.example.app:/out',
  ],
  ['an IPv6 address, which no policy can name', 'frontchannel_logout_uri', 'http://[::1]:3000/out'],
  ['a port that no policy can name', 'frontchannel_logout_uri', 'https://zero.example:0/out'],
  ['a host that would end a policy', 'frontchannel_logout_uri', 'https://a$b;c.example/out'],
  ['OpenID Connect Front-Channel Logout §2: no text', 'frontchannel_logout_uri', ['https://app.example/out']],
  ['OpenID Connect Front-Channel Logout §2: a number for true', 'frontchannel_logout_session_required', 1],
]
for (const [name, member, value] of refused)
  test(`logout metadata: refused: ${name}`, () => {
    const read = readLogoutMetadata({ ...all, [member]: value }, redirectUris)
    assert.ok(read.outcome === 'refuse')
    assert.equal(read.member, member)
    assert.notEqual(read.reason, '')
  })
