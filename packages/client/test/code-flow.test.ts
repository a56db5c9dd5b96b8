import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { apps, type AppsEndpoints } from '../src/apps.ts'
import { beginCodeFlow, challengeOf, type PendingSignIn, readCallback } from '../src/code-flow.ts'
import { TokenError } from '../src/errors.ts'
import { type ExpectedIdToken, readIdToken } from '../src/id-token.ts'

const endpoints: AppsEndpoints = {
  issuer: 'https://login.example/oauth',
  authorize: 'https://login.example/oauth/authorize',
  token: 'https://login.example/oauth/token',
  namesItself: true,
}
const pending: PendingSignIn = {
  state: 's1',
  verifier: 'v',
  nonce: 'n1',
  redirectUri: 'https://app.example/callback?tenant=1',
  issuer: endpoints.issuer,
}
const iss = `iss=${encodeURIComponent(endpoints.issuer)}`

function said(query: string, at: AppsEndpoints = endpoints, begun: PendingSignIn = pending): string {
  try {
    return readCallback({ endpoints: at }, begun, `https://app.example/callback?tenant=1&${query}`)
  } catch (error) {
    assert.ok(error instanceof TokenError)
    return error.reason === undefined ? error.code : `${error.code} ${error.reason}`
  }
}

const quiet = { ...endpoints, namesItself: false }
const callbacks: [name: string, query: string, said: string, at?: AppsEndpoints][] = [
  ['a code with the state and the issuer is taken', `code=c1&state=s1&${iss}`, 'c1'],
  ['another state is not', `code=c1&state=s2&${iss}`, 'state_mismatch'],
  ['no state neither', `code=c1&${iss}`, 'state_mismatch'],
  ['nor the state twice', `code=c1&state=s1&state=s1&${iss}`, 'state_mismatch'],
  ['another issuer is a mix-up', 'code=c1&state=s1&iss=https%3A%2F%2Fevil.example', 'issuer_mismatch'],
  ['an issuer that differs by a slash is another', `code=c1&state=s1&${iss}%2F`, 'issuer_mismatch'],
  ['a server that always names itself must have', 'code=c1&state=s1', 'issuer_mismatch'],
  ['one that does not may be silent', 'code=c1&state=s1', 'c1', quiet],
  ['but not name another', 'code=c1&state=s1&iss=x', 'issuer_mismatch', quiet],
  ['or two', `code=c1&state=s1&${iss}&${iss}`, 'issuer_mismatch', quiet],
  [
    'a refusal is told by its word',
    `error=access_denied&state=s1&${iss}`,
    'authorization_refused access_denied',
  ],
  ['a refusal counts, whatever comes with it', `error=x&code=c1&state=s1&${iss}`, 'authorization_refused x'],
  [
    'words that are no error code are not repeated',
    `error=Call%20me&state=s1&${iss}`,
    'authorization_refused',
  ],
  ['a refusal from elsewhere is nothing', 'error=access_denied&state=s2', 'state_mismatch'],
  ['an empty code is none', `code=&state=s1&${iss}`, 'authorization_refused'],
  ['two codes are none', `code=c1&code=c2&state=s1&${iss}`, 'authorization_refused'],
]
for (const [name, query, expected, at] of callbacks) {
  test(`callback: ${name}`, () => assert.equal(said(query, at), expected))
}

test('callback: what was begun at another server, or with an empty state, is never finished', () => {
  assert.equal(
    said(`code=c1&state=s1&${iss}`, endpoints, { ...pending, issuer: 'https://b.example' }),
    'issuer_mismatch',
  )
  assert.equal(said(`code=c1&state=&${iss}`, endpoints, { ...pending, state: '' }), 'state_mismatch')
})

test('a code flow begins with a fresh state, nonce and S256 challenge, and none of them can be set from outside', async () => {
  const app = apps({ endpoints, clientId: 'id' })
  const ask = {
    redirectUri: 'https://app.example/callback',
    scope: 'a b',
    more: { team: 't', state: 'mine' },
  }
  const [one, two] = [await beginCodeFlow(app, ask), await beginCodeFlow(app, ask)]
  const params = Object.fromEntries(new URL(one.url).searchParams)
  assert.deepEqual(params, {
    team: 't',
    state: one.pending.state,
    response_type: 'code',
    client_id: 'id',
    redirect_uri: 'https://app.example/callback',
    scope: 'a b',
    nonce: one.pending.nonce,
    code_challenge: createHash('sha256').update(one.pending.verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  for (const name of ['state', 'nonce', 'verifier'] as const) {
    assert.match(one.pending[name], /^[\w-]{43}$/)
    assert.notEqual(one.pending[name], two.pending[name])
  }
  assert.equal(new Set([one.pending.state, one.pending.nonce, one.pending.verifier]).size, 3)
})

test('the challenge is that of the appendix of RFC 7636', async () => {
  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
  assert.equal(await challengeOf(verifier), 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
})

test('a secret with a colon, a space and an umlaut arrives as it is', () => {
  const app = apps({ endpoints, clientId: 'a:b', clientSecret: 'c d%ü' })
  const { headers, body } = app.exchange('c1', 'v', 'https://app.example/')
  assert.equal(headers['authorization'], `Basic ${Buffer.from('a%3Ab:c+d%25%C3%BC').toString('base64')}`)
  assert.doesNotMatch(body ?? '', /client_id|client_secret/)
  assert.match(apps({ endpoints, clientId: 'a:b' }).exchange('c1', 'v', '').body ?? '', /client_id=a%3Ab/)
})

const at = 1_800_000_000
const expected: ExpectedIdToken = { issuer: endpoints.issuer, clientId: 'id', nonce: 'n1' }
const good = { iss: endpoints.issuer, aud: 'id', sub: 'acc_1', exp: at + 3600, nonce: 'n1', name: 'Zoë' }
const encode = (claims: unknown) =>
  `e30.${Buffer.from(typeof claims === 'string' ? claims : JSON.stringify(claims)).toString('base64url')}.c2ln`
const idTokens: [name: string, token: unknown, taken: boolean][] = [
  ['for this client and sign-in', encode(good), true],
  ['for a list with this client alone', encode({ ...good, aud: ['id'] }), true],
  ['for several, this one the authorized party', encode({ ...good, aud: ['x', 'id'], azp: 'id' }), true],
  ['for several, another one the authorized party', encode({ ...good, aud: ['x', 'id'], azp: 'x' }), false],
  ['for another client', encode({ ...good, aud: 'x' }), false],
  ['from another issuer', encode({ ...good, iss: 'https://login.example' }), false],
  ['of another sign-in', encode({ ...good, nonce: 'n2' }), false],
  ['without a nonce', encode({ ...good, nonce: undefined }), false],
  ['that has ended', encode({ ...good, exp: at - 60 }), false],
  ['that ended within the difference of two clocks', encode({ ...good, exp: at - 59 }), true],
  ['without an end', encode({ ...good, exp: undefined }), false],
  ['about nobody', encode({ ...good, sub: '' }), false],
  ['that is a list', encode([good]), false],
  ['that is no JSON', encode('{'), false],
  ['that is no text', { good }, false],
  ['without a payload', 'e30', false],
]
for (const [name, token, taken] of idTokens) {
  test(`an ID token ${name} is ${taken ? 'taken' : 'refused'}`, () =>
    assert.equal(readIdToken(token, expected, at)?.['name'], taken ? 'Zoë' : undefined))
}
