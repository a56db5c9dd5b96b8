import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AssertionUse, decideGrantAssertion, idJagType, parseGrantAssertion } from '../src/index.ts'

const now = 1_000_000
const audience = 'https://id.example'
const jkt = 'a'.repeat(43)
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const jwt = (claims: object, header: object = {}) =>
  `${encode({ alg: 'ES256', ...header })}.${encode(claims)}.c2ln`

const claims = {
  iss: 'https://idp.example',
  sub: 'u1',
  aud: audience,
  iat: now,
  exp: now + 300,
  jti: 'j1',
}
const use: AssertionUse = {
  profile: 'assertion',
  audience,
  resources: [],
  clientId: 'app_1',
  clients: undefined,
  subjects: undefined,
  jkt: undefined,
}
const jag = { ...use, profile: 'id-jag' as const }
const jagHeader = { typ: idJagType }
const jagClaims = { ...claims, client_id: 'app_1' }
const without = (name: keyof typeof claims) =>
  Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name))

const cases: [name: string, text: string, use: AssertionUse, outcome: 'ok' | 'refuse'][] = [
  ['a good assertion is taken', jwt(claims), use, 'ok'],
  ['RFC 7523 §3 rule 1: without iss it is refused', jwt(without('iss')), use, 'refuse'],
  ['RFC 7523 §3 rule 2: without sub it is refused', jwt(without('sub')), use, 'refuse'],
  ['RFC 7523 §3 rule 3: without aud it is refused', jwt(without('aud')), use, 'refuse'],
  [
    'RFC 7523 §3 rule 3: for another server it is refused',
    jwt({ ...claims, aud: 'https://other.example' }),
    use,
    'refuse',
  ],
  [
    'RFC 7523bis §4: for this server and another it is refused',
    jwt({ ...claims, aud: [audience, 'https://other.example'] }),
    use,
    'refuse',
  ],
  ['for this server in a list of one it is taken', jwt({ ...claims, aud: [audience] }), use, 'ok'],
  ['RFC 7523 §3 rule 4: without exp it is refused', jwt(without('exp')), use, 'refuse'],
  ['RFC 7523 §3 rule 4: when it is over it is refused', jwt({ ...claims, exp: now }), use, 'refuse'],
  ['RFC 7523 §3 rule 5: before nbf it is refused', jwt({ ...claims, nbf: now + 61 }), use, 'refuse'],
  ['a clock that is a little ahead is forgiven', jwt({ ...claims, iat: now + 60, nbf: now + 60 }), use, 'ok'],
  ['RFC 7523 §3 rule 6: without iat it is refused', jwt(without('iat')), use, 'refuse'],
  [
    'RFC 7523 §3 rule 6: issued in the future it is refused',
    jwt({ ...claims, iat: now + 61 }),
    use,
    'refuse',
  ],
  ['RFC 7523 §3 rule 7: without jti it is refused', jwt(without('jti')), use, 'refuse'],
  ['one that lives ten minutes is taken', jwt({ ...claims, exp: now + 600 }), use, 'ok'],
  ['one that lives longer is refused', jwt({ ...claims, exp: now + 601 }), use, 'refuse'],
  ['RFC 8725 §3.11: an access token is no assertion', jwt(claims, { typ: 'at+jwt' }), use, 'refuse'],
  [
    'RFC 8725 §3.11: an identity assertion grant is no plain assertion',
    jwt(claims, jagHeader),
    use,
    'refuse',
  ],
  ['typ JWT is taken', jwt(claims, { typ: 'JWT' }), use, 'ok'],
  ['a client that may not present it is refused', jwt(claims), { ...use, clients: ['app_2'] }, 'refuse'],
  ['a client that may is served', jwt(claims), { ...use, clients: ['app_1'] }, 'ok'],
  ['a subject that it may not speak of is refused', jwt(claims), { ...use, subjects: ['u2'] }, 'refuse'],
  ['one that names another client is refused', jwt({ ...claims, client_id: 'app_2' }), use, 'refuse'],
  [
    'RFC 7800 §3.1: bound to a key that is not proven it is refused',
    jwt({ ...claims, cnf: { jkt } }),
    use,
    'refuse',
  ],
  ['bound to the key that is proven it is taken', jwt({ ...claims, cnf: { jkt } }), { ...use, jkt }, 'ok'],
  [
    'bound in a way that nobody can check it is refused',
    jwt({ ...claims, cnf: { kid: 'x' } }),
    use,
    'refuse',
  ],
  ['a scope that is malformed is refused', jwt({ ...claims, scope: 'a  b' }), use, 'refuse'],
  ['what is no JWT is refused', 'x.y', use, 'refuse'],
  ['ID-JAG §3: one with its type and client is taken', jwt(jagClaims, jagHeader), jag, 'ok'],
  ['ID-JAG §3: another type is refused', jwt(jagClaims, { typ: 'JWT' }), jag, 'refuse'],
  ['ID-JAG §3: no type is refused', jwt(jagClaims), jag, 'refuse'],
  [
    'ID-JAG §4.4.1: another client is refused',
    jwt({ ...jagClaims, client_id: 'app_2' }, jagHeader),
    jag,
    'refuse',
  ],
  ['ID-JAG §4.4.1: no client is refused', jwt(claims, jagHeader), jag, 'refuse'],
  [
    'ID-JAG §3.1: a resource elsewhere is refused',
    jwt({ ...jagClaims, resource: 'https://api.other.example' }, jagHeader),
    jag,
    'refuse',
  ],
  ['ID-JAG §3.1: a resource here is taken', jwt({ ...jagClaims, resource: audience }, jagHeader), jag, 'ok'],
  [
    'ID-JAG §3.1: so is one that the door knows',
    jwt({ ...jagClaims, resource: ['https://api.example'] }, jagHeader),
    { ...jag, resources: ['https://api.example'] },
    'ok',
  ],
  [
    'RFC 9396 §6: with details it is refused, since the token would be without',
    jwt({ ...jagClaims, authorization_details: [{ type: 'payment' }] }, jagHeader),
    jag,
    'refuse',
  ],
]
for (const [name, text, by, outcome] of cases) {
  test(`RFC 7523 §3.1: assertion: ${name}`, () => {
    const parsed = parseGrantAssertion(text)
    const decision = parsed.outcome === 'assertion' ? decideGrantAssertion(parsed.assertion, by, now) : parsed
    assert.equal(decision.outcome, outcome)
  })
}

test('assertion: an address counts only when the issuer says that it is verified', () => {
  const emailOf = (more: object) => {
    const parsed = parseGrantAssertion(jwt({ ...claims, email: 'a@example.com', ...more }))
    return parsed.outcome === 'assertion' ? parsed.assertion.email : 'refused'
  }
  assert.equal(emailOf({ email_verified: true }), 'a@example.com')
  for (const said of [undefined, false, 'true', 1]) assert.equal(emailOf({ email_verified: said }), undefined)
})
