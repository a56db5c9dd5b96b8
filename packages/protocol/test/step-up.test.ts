import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Authentication,
  type AuthenticationRule,
  decideStepUp,
  isAcrName,
  methodReferences,
} from '../src/index.ts'

const now = 10_000
const fresh: Authentication = { at: now - 60, acr: 'pw' }
const unnamed: Authentication = { at: now - 60 }

// RFC 9470 §3.
const rows: [
  name: string,
  authentication: Authentication | undefined,
  rule: AuthenticationRule | undefined,
  passes: boolean,
][] = [
  ['where nothing is asked a key will do', undefined, undefined, true],
  ['nobody signed in for a key', undefined, { maxAge: 3600 }, false],
  ['nobody signed in for a key, in whatever way', undefined, { acr: ['pw'] }, false],
  ['one of the names', fresh, { acr: ['up', 'pw'] }, true],
  ['none of the names', fresh, { acr: ['up'] }, false],
  ['a sign-in without a name', unnamed, { acr: ['pw'] }, false],
  ['no name is none of an empty list', fresh, { acr: [] }, false],
  ['just in time', fresh, { maxAge: 60 }, true],
  ['a second too old', fresh, { maxAge: 59 }, false],
  ['no age at all', { at: now }, { maxAge: 0 }, true],
  ['both, and the name is right', fresh, { acr: ['pw'], maxAge: 59 }, false],
  ['both, and the age is right', fresh, { acr: ['up'], maxAge: 60 }, false],
]
for (const [name, authentication, rule, passes] of rows)
  test(`step-up: ${name}: ${passes ? 'passes' : 'refused'}`, () => {
    const refusal = decideStepUp(authentication ? { authentication } : {}, rule, now)
    assert.equal(refusal === undefined, passes)
    if (!passes) assert.deepEqual([refusal?.reason, refusal?.authentication], ['authentication', rule])
  })

test('RFC 8176 §1, §2: a password is pwd; what another provider did has no registered word', () => {
  assert.deepEqual(methodReferences('password'), ['pwd'])
  assert.equal(methodReferences('upstream'), undefined)
  assert.equal(methodReferences(undefined), undefined)
})

for (const [name, good] of [
  ['https://acr.example/phr', true],
  ['2', true],
  ['a b', false],
  ['a"b', false],
  ['a\\b', false],
  ['', false],
  ['é', false],
] as const)
  test(`${JSON.stringify(name)} is ${good ? 'a' : 'no'} name of a way of signing in`, () =>
    assert.equal(isAcrName(name), good))
