import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type DeferredRequest,
  decidePoll,
  formatUserCode,
  parseUserCode,
  userCodeLength,
  userCodeLetters,
} from '../src/index.ts'

const now = 1000
const pending: DeferredRequest = { status: 'pending', expiresAt: 1600, tooSoon: false, endedAt: undefined }
const approved: DeferredRequest = { ...pending, status: 'approved' }

const polls: [name: string, request: DeferredRequest | undefined, outcome: string][] = [
  ['RFC 8628 §3.5: undecided is authorization_pending', pending, 'wait'],
  ['RFC 8628 §3.5: undecided and too soon is slow_down', { ...pending, tooSoon: true }, 'slow-down'],
  ['RFC 8628 §3.5: declined is access_denied', { ...pending, status: 'denied' }, 'denied'],
  ['RFC 8628 §3.5: undecided in time is expired_token', { ...pending, expiresAt: now }, 'expired'],
  [
    'RFC 8628 §3.5: declined and over is expired_token',
    { ...pending, status: 'denied', expiresAt: 1 },
    'expired',
  ],
  ['approved is redeemed', approved, 'redeem'],
  ['approved is redeemed however soon the poll comes', { ...approved, tooSoon: true }, 'redeem'],
  ['approved and not fetched in time is expired', { ...approved, expiresAt: now }, 'expired'],
  ['RFC 6749 §10.5: what was redeemed is worth nothing again', { ...approved, status: 'redeemed' }, 'refuse'],
  [
    'what was redeemed stays refused after its end',
    { ...approved, status: 'redeemed', expiresAt: 1 },
    'refuse',
  ],
  ['what was withdrawn before it was redeemed is refused', { ...approved, endedAt: 999 }, 'refuse'],
  ['an unknown request is refused', undefined, 'refuse'],
]
for (const [name, request, outcome] of polls) {
  test(`poll: ${name}`, () => assert.equal(decidePoll(request, now).outcome, outcome))
}

const typed: [name: string, text: string, code: string | undefined][] = [
  ['as it is shown', 'WDJB-MJHT', 'WDJBMJHT'],
  ['RFC 8628 §6.1: small letters and no dash', 'wdjbmjht', 'WDJBMJHT'],
  ['RFC 8628 §6.1: other punctuation and spaces', ' w.d_j b–mj/ht+\t', 'WDJBMJHT'],
  ['a vowel is in no code', 'WDJB-MJHA', undefined],
  ['one letter short', 'WDJB-MJH', undefined],
  ['one letter long', 'WDJB-MJHTT', undefined],
  ['a letter that only looks like one, or becomes one in capitals', 'WDJB-MJHſ', undefined],
  ['a letter that becomes two in capitals', 'WDJB-MJß', undefined],
  ['nothing', '', undefined],
  ['more than anybody types', `WDJBMJHT${'-'.repeat(60)}`, undefined],
]
for (const [name, text, code] of typed) {
  test(`user code: ${name}`, () => assert.equal(parseUserCode(text), code))
}

test('RFC 8628 §6.1: a user code has at least 20 bits and only consonants that are told apart', () => {
  assert.ok(userCodeLength * Math.log2(userCodeLetters.length) > 34)
  assert.equal(new Set(userCodeLetters).size, userCodeLetters.length)
  assert.doesNotMatch(userCodeLetters, /[AEIOUY0-9]/)
  assert.equal(parseUserCode(formatUserCode('WDJBMJHT')), 'WDJBMJHT')
})
