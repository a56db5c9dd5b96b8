/** What makes a JWT a client's assertion. The sections are those of RFC 7523 where no other is named. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  clientAssertionType,
  decideClientAssertion,
  type Jwk,
  parseClientAssertion,
  readClientCredentials,
  readJwks,
  selectKeys,
} from '@sallyport/protocol'
import { exportJWK, generateKeyPair } from 'jose'

type Members = Readonly<Record<string, unknown>>
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = 1_800_000_000
const issuer = 'https://server.example.com/oauth'
const endpoint = `${issuer}/token`
const claims: Members = { iss: 'app_1', sub: 'app_1', aud: issuer, exp: now + 60, iat: now, jti: 'j1' }
const assertionOf = (changes: Members = {}, head: Members = {}) =>
  `${part({ alg: 'ES256', ...head })}.${part({ ...claims, ...changes })}.AAAA`
const without = (name: string) =>
  `${part({ alg: 'ES256' })}.${part(Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name)))}.AAAA`

const malformed: [name: string, text: string, detail: RegExp][] = [
  ['§3 rule 1: without iss', without('iss'), /iss and sub/],
  ['§3 rule 2: without sub', without('sub'), /iss and sub/],
  ['§3 rule 2.B: sub that is not iss', assertionOf({ sub: 'app_2' }), /iss and sub/],
  ['§3 rule 1: iss that is no text', assertionOf({ iss: 1, sub: 1 }), /iss and sub/],
  ['§3 rule 3: without aud', without('aud'), /aud missing/],
  ['§3 rule 3: an empty list of audiences', assertionOf({ aud: [] }), /aud missing/],
  ['§3 rule 3: an audience that is no text', assertionOf({ aud: [issuer, 7] }), /aud missing/],
  ['§3 rule 4: without exp', without('exp'), /exp missing/],
  ['§3 rule 4: exp that is no number', assertionOf({ exp: String(now + 60) }), /exp missing/],
  ['§3 rule 4: exp beyond any clock', assertionOf({ exp: 1e300 }), /exp missing/],
  ['§3 rule 5: nbf that is no number', assertionOf({ nbf: 'now' }), /nbf malformed/],
  ['§3 rule 6: iat that is no number', assertionOf({ iat: 'now' }), /iat or nbf malformed/],
  ['OpenID Connect Core §9: without jti', without('jti'), /jti missing/],
  ['a jti of any length', assertionOf({ jti: 'j'.repeat(201) }), /jti missing or too long/],
  ['RFC 8725 §3.11: the type of a DPoP proof', assertionOf({}, { typ: 'dpop+jwt' }), /something else/],
  ['RFC 8725 §3.11: the type of an access token', assertionOf({}, { typ: 'at+jwt' }), /something else/],
  ['RFC 8725 §3.11: a request object', assertionOf({}, { typ: 'oauth-authz-req+jwt' }), /something else/],
  ['a kid that is no text', assertionOf({}, { kid: 7 }), /kid/],
  ['RFC 7515 §4.1.11: an extension', assertionOf({}, { crit: ['x'], x: 1 }), /no acceptable JWT/],
  ['RFC 7515 §4.1.1: without alg', `${part({})}.${part(claims)}.AAAA`, /alg missing/],
  ['§3 rule 9: without a signature', `${part({ alg: 'none' })}.${part(claims)}.`, /no acceptable JWT/],
  ['no JWT at all', 'x', /no acceptable JWT/],
]
for (const [name, text, detail] of malformed) {
  test(`client assertion: refused: ${name}`, () => {
    const result = parseClientAssertion(text)
    assert.match(result.outcome === 'refuse' ? result.detail : 'taken', detail)
  })
}

for (const typ of [
  undefined,
  'JWT',
  'jwt',
  'client-authentication+jwt',
  'application/client-authentication+jwt',
]) {
  test(`client assertion: RFC 7523bis §4: the type ${typ ?? 'left out'} is fine`, () => {
    assert.equal(parseClientAssertion(assertionOf({}, typ === undefined ? {} : { typ })).outcome, 'assertion')
  })
}

function decided(changes: Members, audiences: readonly string[] = [issuer]) {
  const result = parseClientAssertion(assertionOf(changes))
  if (result.outcome === 'refuse') return assert.fail(result.detail)
  return decideClientAssertion(result.assertion, audiences, now)
}

const decisions: [name: string, changes: Members, audiences: readonly string[], said: RegExp][] = [
  ['the issuer alone', {}, [issuer], /^until 1800000120$/],
  ['the issuer as a list of one', { aud: [issuer] }, [issuer], /^until/],
  ['RFC 7523bis §4: the token endpoint', { aud: endpoint }, [issuer], /aud/],
  [
    'RFC 7523bis §4: the issuer and another server',
    { aud: [issuer, 'https://evil.example'] },
    [issuer],
    /aud/,
  ],
  ['§3 rule 3: another server', { aud: 'https://evil.example' }, [issuer], /aud/],
  ['§3 rule 3: the issuer with a slash more', { aud: `${issuer}/` }, [issuer], /aud/],
  ['the token endpoint where a door takes it', { aud: endpoint }, [issuer, endpoint], /^until/],
  ['both where a door takes both', { aud: [issuer, endpoint] }, [issuer, endpoint], /^until/],
  [
    'another server is not ours at any door',
    { aud: [issuer, 'https://evil.example'] },
    [issuer, endpoint],
    /aud/,
  ],
  ['§3 rule 4: expired within the skew', { exp: now - 59 }, [issuer], /^until/],
  ['§3 rule 4: expired', { exp: now - 60 }, [issuer], /expired/],
  ['§3 rule 4: the longest life', { exp: now + 660 }, [issuer], /^until/],
  ['§3 rule 4: unreasonably far in the future', { exp: now + 661 }, [issuer], /too far/],
  ['§3 rule 5: nbf ahead within the skew', { nbf: now + 60 }, [issuer], /^until/],
  ['§3 rule 5: nbf in the future', { nbf: now + 61 }, [issuer], /future/],
  ['§3 rule 6: iat in the future', { iat: now + 61 }, [issuer], /future/],
  ['a fraction of a second', { exp: now + 60.5 }, [issuer], /^until 1800000121$/],
]
for (const [name, changes, audiences, said] of decisions) {
  test(`RFC 7523 §3.2: client assertion: ${name}`, () => {
    const decision = decided(changes, audiences)
    assert.match(decision.outcome === 'ok' ? `until ${decision.until}` : decision.detail, said)
  })
}

const bytes = (count: number) => Buffer.alloc(count, 0xc3).toString('base64url')
const ec: Jwk = { kty: 'EC', crv: 'P-256', x: bytes(32), y: bytes(32) }
const rsa = (size: number): Jwk => ({ kty: 'RSA', n: bytes(size), e: 'AQAB' })

const sets: [name: string, set: unknown, reason: RegExp | undefined][] = [
  [
    'keys of all three kinds',
    { keys: [ec, rsa(256), { kty: 'OKP', crv: 'Ed25519', x: bytes(32) }] },
    undefined,
  ],
  ['RFC 7517 §5: no list of keys', {}, /list of keys/],
  ['a list instead of a set', [ec], /list of keys/],
  ['nothing', undefined, /list of keys/],
  ['an empty set', { keys: [] }, /1 to 20/],
  ['more keys than anybody needs', { keys: Array.from({ length: 21 }, () => ec) }, /1 to 20/],
  ['RFC 7518 §6.2.2: the private half of EC', { keys: [{ ...ec, d: bytes(32) }] }, /private/],
  ['RFC 7518 §6.3.2: the private half of RSA', { keys: [{ ...rsa(256), p: 'x' }] }, /private/],
  ['RFC 7518 §6.4: a shared secret', { keys: [{ kty: 'oct', k: bytes(32) }] }, /private/],
  ['RFC 7518 §3.3: RSA of less than 2048 bits', { keys: [rsa(255)] }, /2048/],
  ['RSA of more than 4096 bits', { keys: [rsa(513)] }, /4096/],
  ['another curve', { keys: [{ ...ec, crv: 'P-384' }] }, /P-256/],
  ['a key that is no object', { keys: ['x'] }, /not an object/],
  [
    'RFC 7517 §4.5: one kid twice',
    {
      keys: [
        { ...ec, kid: 'a' },
        { ...rsa(256), kid: 'a' },
      ],
    },
    /same kid/,
  ],
  ['RFC 7517 §4.2: a key for encryption', { keys: [{ ...ec, use: 'enc' }] }, /use/],
  ['RFC 7517 §4.4: another algorithm', { keys: [{ ...ec, alg: 'HS256' }] }, /alg/],
  ['RFC 7517 §4.4: an algorithm of another kind of key', { keys: [{ ...ec, alg: 'RS256' }] }, /alg/],
  ['a kid that is no text', { keys: [{ ...ec, kid: 7 }] }, /kid/],
  ['a certificate chain that is none', { keys: [{ ...ec, x5c: 'x' }] }, /x5c/],
]
for (const [name, set, reason] of sets) {
  test(`key set: ${reason ? 'refused: ' : ''}${name}`, () => {
    const result = readJwks(set)
    if (!reason) return assert.equal(result.outcome, 'ok')
    assert.match(result.outcome === 'refuse' ? result.reason : 'taken', reason)
  })
}

const selections: [name: string, keys: readonly Jwk[], kid: string | undefined, count: number][] = [
  [
    'RFC 7515 §4.1.4: the named one of two',
    [
      { ...ec, kid: 'a' },
      { ...ec, kid: 'b' },
    ],
    'b',
    1,
  ],
  ['RFC 7515 §4.1.4: none has the name', [{ ...ec, kid: 'a' }], 'c', 0],
  ['keys without a name may be it', [ec, { ...ec, kid: 'b' }], 'b', 2],
  ['without a name in the signature all may be it', [ec, { ...ec, kid: 'b' }], undefined, 2],
  ['RFC 7517 §4.2: a key for encryption is none', [{ ...ec, use: 'enc' }], undefined, 0],
  ['RFC 7517 §4.3: nor one that may not verify', [{ ...ec, key_ops: ['sign'] }], undefined, 0],
  ['RFC 7517 §4.4: nor one of another algorithm', [{ ...ec, alg: 'RS256' }], undefined, 0],
  ['RFC 8725 §3.1: nor one of another kind', [rsa(256)], undefined, 0],
]
for (const [name, keys, kid, count] of selections) {
  test(`key selection: ${name}`, () => {
    assert.equal(selectKeys(keys, { alg: 'ES256', kid }).length, count)
  })
}

test('RFC 9864 §2.2: a key of either name of Ed25519 serves both', async () => {
  const { publicKey } = await generateKeyPair('Ed25519', { extractable: true })
  const key = { ...(await exportJWK(publicKey)), alg: 'EdDSA' }
  for (const alg of ['Ed25519', 'EdDSA'] as const)
    assert.equal(selectKeys([key], { alg, kid: undefined }).length, 1)
})

const basic = `Basic ${Buffer.from('app_1:secret').toString('base64')}`
const jwt = { client_assertion_type: clientAssertionType, client_assertion: assertionOf() }
type Params = Readonly<Record<string, string>>
const ways: [name: string, headers: readonly string[], params: Params, said: string][] = [
  ['RFC 6749 §2.3.1: by header', [basic], {}, 'basic app_1'],
  ['RFC 6749 §2.3.1: in the body', [], { client_id: 'app_1', client_secret: 's' }, 'post app_1'],
  ['RFC 6749 §3.2.1: a public client', [], { client_id: 'app_1' }, 'none app_1'],
  ['§2.2: by assertion alone', [], jwt, 'assertion app_1'],
  ['RFC 7521 §4.2: with the client_id it is for', [], { ...jwt, client_id: 'app_1' }, 'assertion app_1'],
  ['RFC 7521 §4.2: with another client_id', [], { ...jwt, client_id: 'app_2' }, 'refuse assertion'],
  ['RFC 6749 §2.3: header and body', [basic], { client_secret: 's' }, 'malformed'],
  ['RFC 6749 §2.3: header and assertion', [basic], jwt, 'malformed'],
  ['RFC 6749 §2.3: body and assertion', [], { ...jwt, client_secret: 's' }, 'malformed'],
  ['RFC 6749 §2.3: half an assertion counts', [basic], { client_assertion_type: 'x' }, 'malformed'],
  ['RFC 6749 §2.3: all three', [basic], { ...jwt, client_secret: 's' }, 'malformed'],
  ['two headers', [basic, basic], {}, 'malformed'],
  ['§2.2: an assertion without its type', [], { client_assertion: 'x' }, 'malformed'],
  ['§2.2: a type without an assertion', [], { client_assertion_type: clientAssertionType }, 'malformed'],
  [
    '§2.2: a type of assertion that we don’t know',
    [],
    { ...jwt, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' },
    'refuse assertion',
  ],
  ['an assertion that is none', [], { ...jwt, client_assertion: 'x.y.z' }, 'refuse assertion'],
  ['another client_id than in the header', [basic], { client_id: 'app_2' }, 'malformed'],
  ['a header of another scheme', ['Bearer x'], {}, 'basic nobody'],
]
for (const [name, headers, params, said] of ways) {
  test(`client credentials: ${name}`, () => {
    const read = readClientCredentials(headers, new Map(Object.entries(params)))
    const words =
      read.outcome === 'credentials'
        ? `${read.credentials.method} ${read.credentials.clientId ?? 'nobody'}`
        : read.outcome === 'refuse'
          ? `refuse ${read.method}`
          : read.outcome
    assert.equal(words, said)
  })
}
