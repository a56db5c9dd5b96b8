import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { isCodeChallenge, isCodeVerifier, pkceMatches } from '../src/index.ts'

// RFC 7636 Appendix B.
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const s256 = (text: string) => createHash('sha256').update(text).digest('base64url')

const matches: [name: string, verifier: string | undefined, challenge: string, expected: boolean][] = [
  ['the published example matches', verifier, challenge, true],
  ['no verifier does not', undefined, challenge, false],
  ['another verifier does not', `${verifier}x`, challenge, false],
  ['the challenge itself does not: plain is not known', challenge, challenge, false],
  ['a padded challenge does not', verifier, `${challenge}=`, false],
  [
    '27 characters do not, whatever they hash to',
    'random_string_used_for_pkce',
    s256('random_string_used_for_pkce'),
    false,
  ],
  ['129 characters do not', 'a'.repeat(129), s256('a'.repeat(129)), false],
  ['other characters do not', 'ä'.repeat(43), s256('ä'.repeat(43)), false],
]
for (const [name, presented, stored, expected] of matches) {
  test(`pkce: ${name}`, () => assert.equal(pkceMatches(presented, stored), expected))
}

const shapes: [text: string, isChallenge: boolean, isVerifier: boolean][] = [
  [challenge, true, true],
  ['E9Mrozoa2owUzb1iCHFpQwbi6E3MwMZLvDu0mkMksYI', true, true],
  ['a'.repeat(42), false, false],
  ['a'.repeat(44), false, true],
  ['a'.repeat(128), false, true],
  ['a'.repeat(129), false, false],
  [`${'a'.repeat(42)}=`, false, false],
  [`${'a'.repeat(42)}+`, false, false],
  [`${'a'.repeat(42)}~`, false, true],
  [`${'a'.repeat(43)}\n`, false, false],
]
for (const [text, isChallenge, isVerifier] of shapes) {
  test(`pkce: ${JSON.stringify(text)} ${isChallenge ? 'is' : 'is not'} a challenge, ${isVerifier ? 'is' : 'is not'} a verifier`, () => {
    assert.equal(isCodeChallenge(text), isChallenge)
    assert.equal(isCodeVerifier(text), isVerifier)
  })
}

test('pkce: every verifier matches its challenge', () => {
  const verifiers = fc.string({ unit: fc.constantFrom(...'AZaz09-._~'), minLength: 43, maxLength: 128 })
  fc.assert(
    fc.property(verifiers, (text) => pkceMatches(text, s256(text))),
    { seed: 1 },
  )
})
