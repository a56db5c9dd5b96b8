import assert from 'node:assert/strict'
import { test } from 'node:test'
import { doors } from '../../../../platforms/openchatstudio/src/preset.ts'
import config from '../../../../sallyport.config.ts'
import { checkDoors } from '../../src/server/check-doors.ts'

const rows: readonly [name: string, setting: object, problem: RegExp | undefined][] = [
  ['nothing more is right', {}, undefined],
  [
    'every response mode is right',
    { responseModes: ['query', 'form_post', 'query.jwt', 'form_post.jwt'] },
    undefined,
  ],
  ['no response mode', { responseModes: [] }, /osir-oauth\.responseModes must name at least one/],
  [
    'a fragment',
    { responseModes: ['fragment'] },
    /osir-oauth\.responseModes names the unknown mode fragment/,
  ],
  [
    'addresses and paths as resources are right',
    { resources: { 'https://a.example/v1': 'A', '/b': 'B' } },
    undefined,
  ],
  ['details of a type that no platform has', { authorizationDetails: ['x'] }, /authorizationDetails names x/],
  [
    'a resource with a query',
    { resources: { 'https://a.example/?x': 'A' } },
    /osir-oauth\.resources: https:\/\/a\.example/,
  ],
  ['both kinds of subject are right', { subjectTypes: ['pairwise', 'public'] }, undefined],
  ['no kind of subject', { subjectTypes: [] }, /osir-oauth\.subjectTypes must be some of public, pairwise/],
  ['another kind of subject', { subjectTypes: ['ephemeral'] }, /osir-oauth\.subjectTypes/],
  [
    'names for both ways of signing in are right',
    { acrValues: { password: 'https://acr.example/pw', upstream: 'up' } },
    undefined,
  ],
  ['a name with a space', { acrValues: { password: 'a b' } }, /osir-oauth\.acrValues must be names/],
  [
    'one name for two ways',
    { acrValues: { password: 'a', upstream: 'a' } },
    /osir-oauth\.acrValues has a for two/,
  ],
  [
    'hosts of documents with a port and without are right',
    { clientDocuments: { hosts: ['a.example', 'a.example:8443', '[::1]'] } },
    undefined,
  ],
  ...['a.example:443', 'A.example', 'https://a.example', 'a.example/b', 'u@a.example', '*', ''].map(
    (host): [string, object, RegExp] => [
      `${host || 'nothing'} as the host of documents`,
      { clientDocuments: { hosts: [host] } },
      /osir-oauth\.clientDocuments\.hosts: .* must be a host/,
    ],
  ),
  ['a resource without TLS', { resources: { 'http://a.example/': 'A' } }, /osir-oauth\.resources/],
]
for (const [name, setting, problem] of rows) {
  test(`settings of an apps door: ${name}`, () => {
    const platforms = config.platforms.map((platform) => ({
      ...platform,
      doors: platform.doors.map((door) => (door.id === 'osir-oauth' ? { ...door, ...setting } : door)),
    }))
    const problems = checkDoors(platforms)
    if (problem === undefined) assert.deepEqual(problems, [])
    else assert.match(problems.join('\n'), problem)
  })
}

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
  ['logout can be switched on', { logout: { sessionManagement: true } }, undefined],
  ['logout without openid is named', { logout: {}, scopes: { a: 'A' } }, /must have openid for logout/],
  [
    'logout at an address that is taken is named',
    {
      logout: {},
      endpoints: { authorize: 'a', token: 'logout', revoke: 'r', introspect: 'i', userinfo: 'u' },
    },
    /endpoints has logout twice/,
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
