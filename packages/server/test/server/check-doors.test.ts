import assert from 'node:assert/strict'
import { test } from 'node:test'
import { doors } from '../../../../platforms/openchatstudio/src/preset.ts'
import { checkDoors } from '../../src/server/check-doors.ts'

const api = async () => []
const check = (more: object) =>
  checkDoors([
    {
      name: 'p',
      api,
      limits: {},
      doors: doors.map((door) => (door.kind === 'apps' ? { ...door, ...more } : door)),
    },
  ])

const trust = { issuer: 'https://idp.example', profile: 'assertion', subject: 'upstream' }
const jwksUri = 'https://idp.example/jwks'

const cases: [name: string, more: object, said: RegExp | undefined][] = [
  ['a preset is as it should be', {}, undefined],
  [
    'a grant type of ours can be switched on',
    { grantTypes: ['urn:ietf:params:oauth:grant-type:device_code'] },
    undefined,
  ],
  ['a grant type that nobody knows is named', { grantTypes: ['password'] }, /unknown grant type password/],
  [
    'a code that lives for ever is named',
    { deferred: { lifetime: 86_400, interval: 5 } },
    /deferred\.lifetime/,
  ],
  ['an interval of nothing is named', { deferred: { lifetime: 600, interval: 0 } }, /deferred\.interval/],
  ['an issuer with keys at an address of its own is trusted', { trusts: [{ ...trust, jwksUri }] }, undefined],
  ['an issuer without keys is named', { trusts: [trust] }, /idp\.example needs either jwks or jwksUri/],
  [
    'keys over plain http are named',
    { trusts: [{ ...trust, jwksUri: 'http://idp.example/jwks' }] },
    /must be an https/,
  ],
  [
    'an issuer that is there twice is named',
    {
      trusts: [
        { ...trust, jwksUri },
        { ...trust, jwksUri },
      ],
    },
    /idp\.example is there twice/,
  ],
  [
    'a scope that the door lacks is named',
    { trusts: [{ ...trust, jwksUri, scope: ['x'] }] },
    /unknown scope x/,
  ],
]
for (const [name, more, said] of cases) {
  test(`doors: ${name}`, () => {
    const problems = check(more).join('\n')
    if (said) assert.match(problems, said)
    else assert.equal(problems, '')
  })
}
