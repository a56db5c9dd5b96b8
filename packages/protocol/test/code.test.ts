import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AuthorizationCode, type CodeExchange, decideCode } from '../src/index.ts'

// RFC 7636 Appendix B.
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const uri = 'https://your-server/callback/'

const code: AuthorizationCode = {
  doorId: 'apps',
  clientId: 'app_1',
  redirectUri: uri,
  askedRedirectUri: uri,
  codeChallenge: challenge,
  dpopJkt: undefined,
  expiresAt: 1060,
  usedBefore: false,
  endedAt: undefined,
}
const good: CodeExchange = {
  doorId: 'apps',
  clientId: 'app_1',
  redirectUri: uri,
  codeVerifier: verifier,
  jkt: undefined,
}
const plain = { ...code, codeChallenge: undefined }
const unasked = { ...code, askedRedirectUri: undefined }

const cases: [name: string, code: AuthorizationCode | undefined, exchange: CodeExchange, outcome: string][] =
  [
    ['the right exchange gets tokens', code, good, 'exchange'],
    ['an unknown code is refused', undefined, good, 'refuse'],
    ['another door is refused', code, { ...good, doorId: 'other' }, 'refuse'],
    ['another client is refused', code, { ...good, clientId: 'app_2' }, 'refuse'],
    [
      'RFC 9449 §10: the key that was named gets tokens',
      { ...code, dpopJkt: 'k1' },
      { ...good, jkt: 'k1' },
      'exchange',
    ],
    ['RFC 9449 §10: another key is refused', { ...code, dpopJkt: 'k1' }, { ...good, jkt: 'k2' }, 'refuse'],
    ['RFC 9449 §10: no key is refused where one was named', { ...code, dpopJkt: 'k1' }, good, 'refuse'],
    ['a key that nobody named is as good as none', code, { ...good, jkt: 'k1' }, 'exchange'],
    ['a second use ends the family', { ...code, usedBefore: true }, good, 'end-family'],
    [
      'a second use ends the family even after expiry',
      { ...code, usedBefore: true, expiresAt: 1 },
      good,
      'end-family',
    ],
    [
      'a second use ends the family even with a wrong verifier',
      { ...code, usedBefore: true },
      { ...good, codeVerifier: 'x' },
      'end-family',
    ],
    [
      'another client cannot end a family',
      { ...code, usedBefore: true },
      { ...good, clientId: 'app_2' },
      'refuse',
    ],
    [
      'another door cannot end a family',
      { ...code, usedBefore: true },
      { ...good, doorId: 'other' },
      'refuse',
    ],
    ['a code of an ended family is refused', { ...code, endedAt: 1 }, good, 'refuse'],
    ['a code is dead in the second it expires', { ...code, expiresAt: 1000 }, good, 'refuse'],
    ['a code lives until then', { ...code, expiresAt: 1001 }, good, 'exchange'],
    ['a missing redirect URI is refused', code, { ...good, redirectUri: undefined }, 'refuse'],
    ['another redirect URI is refused', code, { ...good, redirectUri: `${uri}x` }, 'refuse'],
    [
      'a redirect URI that was not asked need not be repeated',
      unasked,
      { ...good, redirectUri: undefined },
      'exchange',
    ],
    ['a redirect URI that was not asked may be repeated', unasked, good, 'exchange'],
    [
      'a redirect URI that was not asked may not be another',
      unasked,
      { ...good, redirectUri: 'https://x/' },
      'refuse',
    ],
    ['a missing verifier is refused', code, { ...good, codeVerifier: undefined }, 'refuse'],
    ['a wrong verifier is refused', code, { ...good, codeVerifier: verifier.replace('d', 'e') }, 'refuse'],
    ['the challenge is not its own verifier', code, { ...good, codeVerifier: challenge }, 'refuse'],
    ['a code without challenge takes no verifier', plain, { ...good, codeVerifier: undefined }, 'exchange'],
    ['a verifier without challenge is refused', plain, good, 'refuse'],
  ]
for (const [name, record, exchange, outcome] of cases) {
  test(`code: ${name}`, () => assert.equal(decideCode(record, exchange, 1000).outcome, outcome))
}
