import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  decideUse,
  formatStored,
  parseStored,
  readTokenAnswer,
  type TokenSet,
  type UseDecision,
} from '../src/token-set.ts'

const at = 1_000_000
/** Issued at `at`. */
const living = (lifetime: number, more: Partial<TokenSet> = {}): TokenSet => ({
  access: 'a',
  lifetime,
  expiresAt: at + lifetime,
  ...more,
})
const hour = living(3600)
const idling = living(28_800, { idle: 1800 })

const uses: [name: string, tokens: TokenSet, after: number, decision: UseDecision, usedAfter?: number][] = [
  ['a fresh token is used', hour, 0, 'use'],
  ['it is used up to a minute before its end', hour, 3539, 'use'],
  ['in its last minute it is used and renewed', hour, 3540, 'use-and-renew'],
  ['six seconds before its end too', hour, 3594, 'use-and-renew'],
  ['five seconds before its end it may not arrive in time', hour, 3595, 'renew'],
  ['an expired token is renewed', hour, 3600, 'renew'],
  ['one that lives for ten days is renewed in its last minute as well', living(864_000), 863_939, 'use'],
  ['one that lives for a minute is renewed in its last six seconds', living(60), 54, 'use-and-renew'],
  ['and handed out up to three seconds before its end', living(60), 57, 'renew'],
  ['a token without a life is never used', living(0), 0, 'renew'],
  ['one whose end was not told is used until it is refused', { access: 'a' }, 1e9, 'use'],
  ['an idle limit counts from the last use', idling, 3000, 'use', 1300],
  ['at its end a new token is needed', idling, 3095, 'renew', 1300],
  ['before the first use it counts from the issue', idling, 1795, 'renew'],
  ['a token in use still ends', idling, 28_796, 'renew', 28_795],
]
for (const [name, tokens, after, decision, usedAfter] of uses) {
  test(`use: ${name}`, () =>
    assert.equal(
      decideUse(tokens, at + after, usedAfter === undefined ? undefined : at + usedAfter),
      decision,
    ))
}

const answer = { access_token: 'a.b-c', token_type: 'Bearer', expires_in: 3600, refresh_token: 'r' }
const read: [name: string, body: Record<string, unknown>, tokens: TokenSet | undefined][] = [
  [
    'the four members of RFC 6749',
    answer,
    { access: 'a.b-c', lifetime: 3600, expiresAt: at + 3600, refresh: 'r' },
  ],
  ['an access token alone', { access_token: 'a' }, { access: 'a' }],
  ['a type in small letters', { access_token: 'a', token_type: 'bearer' }, { access: 'a' }],
  ['a scope', { access_token: 'a', scope: 'x:read y' }, { access: 'a', scope: 'x:read y' }],
  ['a scope that is none is left out', { access_token: 'a', scope: ['x'] }, { access: 'a' }],
  ['another type is refused', { ...answer, token_type: 'mac' }, undefined],
  ['no access token', { ...answer, access_token: undefined }, undefined],
  ['an empty access token', { ...answer, access_token: '' }, undefined],
  ['one that would end the header', { ...answer, access_token: 'a\r\nx: y' }, undefined],
  ['one with a space', { ...answer, access_token: 'a b' }, undefined],
  ['one of a megabyte', { ...answer, access_token: 'a'.repeat(2 ** 20) }, undefined],
  ['a life that is no number', { ...answer, expires_in: '3600' }, undefined],
  ['a negative life', { ...answer, expires_in: -1 }, undefined],
  ['a refresh token that is no text', { ...answer, refresh_token: 1 }, undefined],
]
for (const [name, body, tokens] of read) {
  test(`token answer: ${name}`, () => assert.deepEqual(readTokenAnswer(body, at), tokens))
}

describe('stored tokens', () => {
  test('come back as they were, to their owner alone', () => {
    const text = formatStored('https://a.example/auth id', hour)
    assert.deepEqual(parseStored('https://a.example/auth id', text), hour)
    assert.equal(parseStored('https://b.example/auth id', text), undefined)
  })

  const foreign: [name: string, text: string | undefined][] = [
    ['nothing', undefined],
    ['an empty text', ''],
    ['half of one', formatStored('o', hour).slice(0, 40)],
    ['another JSON value', 'null'],
    ['another version', formatStored('o', hour).replace('"v":1', '"v":2')],
    ['no tokens', '{"v":1,"owner":"o"}'],
    ['a token that could not be sent', formatStored('o', { access: 'a\n' })],
    ['a time that is no number', '{"v":1,"owner":"o","tokens":{"access":"a","expiresAt":"never"}}'],
  ]
  for (const [name, text] of foreign) {
    test(`${name} is no tokens`, () => assert.equal(parseStored('o', text), undefined))
  }
})
