import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSigning } from '../../src/server/check-signing.ts'
import type { SigningSettings } from '../../src/settings/signing.ts'

const day = 86_400
const cases: [name: string, signing: unknown, named: string | undefined][] = [
  ['nothing is fine', undefined, undefined],
  ['an empty object is fine', {}, undefined],
  ['every algorithm by its name', { algorithm: 'PS256', rotateAfter: day }, undefined],
  ['a shared secret is no signing key', { algorithm: 'HS256' }, 'signing.algorithm'],
  ['no signature is no algorithm', { algorithm: 'none' }, 'signing.algorithm'],
  ['a name is as it is written', { algorithm: 'es256' }, 'signing.algorithm'],
  ['less than a day makes a long key set', { rotateAfter: day - 1 }, 'signing.rotateAfter'],
  ['never is too long', { rotateAfter: Number.POSITIVE_INFINITY }, 'signing.rotateAfter'],
  ['words are no number', { rotateAfter: '90 days' }, 'signing.rotateAfter'],
  ['an unknown name', { rotate: day }, 'signing.rotate'],
  ['a name alone', 'ES256', 'signing'],
]
for (const [name, signing, named] of cases) {
  test(`signing settings: ${name}`, () => {
    const problems = checkSigning(signing as SigningSettings)
    assert.equal(problems.length, named === undefined ? 0 : 1)
    if (named !== undefined) assert.ok(problems[0]?.startsWith(`${named} `))
  })
}
