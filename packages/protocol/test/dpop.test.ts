/** What makes a DPoP proof a proof for one request. The sections are those of RFC 9449 where no other is named. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import {
  type DpopExpectation,
  decideDpop,
  dpopAlgorithms,
  normaliseTarget,
  parseDpopProof,
} from '@sallyport/protocol'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'

type Members = Readonly<Record<string, unknown>>
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = 1_562_262_616
const token = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'

// The key, the claims and the thumbprint of the document's own example: §4.1, §6.1.
const jwk: Members = {
  kty: 'EC',
  x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
  y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
  crv: 'P-256',
}
const header: Members = { typ: 'dpop+jwt', alg: 'ES256', jwk }
const claims: Members = {
  jti: '-BwC3ESc6acc2lTc',
  htm: 'POST',
  htu: 'https://server.example.com/token',
  iat: now,
}
const proofOf = (changes: Members = {}, head: Members = {}) =>
  `${part({ ...header, ...head })}.${part({ ...claims, ...changes })}.AAAA`
const without = (from: Members, name: string) =>
  Object.fromEntries(Object.entries(from).filter(([key]) => key !== name))
const bytes = (count: number) => Buffer.alloc(count, 0xc3).toString('base64url')
const rsa = (size: number, e = 'AQAB') => ({ kty: 'RSA', n: bytes(size), e })

function parsed(text: string) {
  const result = parseDpopProof([text])
  return result.outcome === 'proof' ? result.proof : assert.fail(result.detail)
}

test('dpop: §6.1: the document’s key has the document’s thumbprint', () => {
  assert.equal(parsed(proofOf()).jkt, '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I')
})

for (const alg of dpopAlgorithms) {
  test(`dpop: RFC 7638 §3: the thumbprint of an ${alg} key is the one that others make`, async () => {
    const { publicKey } = await generateKeyPair(alg, { extractable: true })
    const key = await exportJWK(publicKey)
    const proof = parsed(proofOf({}, { alg, jwk: { ...key, kid: 'x', use: 'sig', extra: 1 } }))
    assert.equal(proof.jkt, await calculateJwkThumbprint(key))
    assert.deepEqual(
      Object.keys(proof.jwk).sort(),
      Object.keys(key).sort(),
      'and nothing but its own members is kept',
    )
  })
}

const malformed: [name: string, values: readonly string[]][] = [
  ['§4.1, §4.3 check 1: no header', []],
  ['§4.3 check 1: two headers', [proofOf(), proofOf()]],
  ['§4.3 check 2: noise', ['noise']],
  ['§4.3 check 2: two JWTs in one header', [`${proofOf()}, ${proofOf()}`]],
  ['§4.3 check 2: no signature', [proofOf().replace(/AAAA$/, '')]],
  ['RFC 7515 §4.1.11: an extension that must be understood', [proofOf({}, { crit: ['x'] })]],
  ...['jti', 'htm', 'htu', 'iat'].map((name): [string, readonly string[]] => [
    `§4.3 check 3: no ${name}`,
    [`${part(header)}.${part(without(claims, name))}.AAAA`],
  ]),
  ['§4.2: an empty jti', [proofOf({ jti: '' })]],
  ['§11.1: a jti that would fill the memory', [proofOf({ jti: 'x'.repeat(201) })]],
  ['§4.2: a jti that is a number', [proofOf({ jti: 1 })]],
  ['§4.2: an iat that is a text', [proofOf({ iat: String(now) })]],
  ['§4.2: an iat with a fraction', [proofOf({ iat: now + 0.5 })]],
  ['§4.2: an ath that is a number', [proofOf({ ath: 1 })]],
  ['§4.2: a nonce that is a list', [proofOf({ nonce: ['x'] })]],
  ['§4.3 check 4: no typ', [`${part(without(header, 'typ'))}.${part(claims)}.AAAA`]],
  ['§4.3 check 4: typ JWT', [proofOf({}, { typ: 'JWT' })]],
  ['§4.3 check 4, §11.5: typ of an access token', [proofOf({}, { typ: 'at+jwt' })]],
  ['§4.3 check 5, §11.6: alg none', [proofOf({}, { alg: 'none' })]],
  [
    '§4.3 check 5, §11.6: a shared secret',
    [proofOf({}, { alg: 'HS256', jwk: { kty: 'oct', k: bytes(32) } })],
  ],
  ['§4.3 check 5: a shared secret in disguise', [proofOf({}, { alg: 'HS256' })]],
  ['§4.3 check 5: an alg of another key', [proofOf({}, { alg: 'RS256' })]],
  ['§4.3 check 5: no alg', [`${part(without(header, 'alg'))}.${part(claims)}.AAAA`]],
  ['§4.2: no jwk', [`${part(without(header, 'jwk'))}.${part(claims)}.AAAA`]],
  ['§4.2: a jwk that is a text', [proofOf({}, { jwk: JSON.stringify(jwk) })]],
  ['§4.2: a list of keys', [proofOf({}, { jwk: [jwk] })]],
  ['§4.3 check 7: a private EC key', [proofOf({}, { jwk: { ...jwk, d: bytes(32) } })]],
  ['§4.3 check 7: a private RSA key', [proofOf({}, { alg: 'RS256', jwk: { ...rsa(256), p: bytes(128) } })]],
  ['§4.3 check 7: a secret beside the key', [proofOf({}, { jwk: { ...jwk, k: bytes(32) } })]],
  ['RFC 7518 §6.2: another curve', [proofOf({}, { jwk: { ...jwk, crv: 'P-384' } })]],
  ['RFC 7518 §6.2: a short coordinate', [proofOf({}, { jwk: { ...jwk, x: bytes(31) } })]],
  ['RFC 7518 §6.2: no y', [proofOf({}, { jwk: without(jwk, 'y') })]],
  ['RFC 7518 §3.3: an RSA key below 2048 bits', [proofOf({}, { alg: 'PS256', jwk: rsa(128) })]],
  ['an RSA key that would cost too much', [proofOf({}, { alg: 'PS256', jwk: rsa(513) })]],
  ['an RSA exponent that would cost too much', [proofOf({}, { alg: 'PS256', jwk: rsa(256, bytes(5)) })]],
]
for (const [name, values] of malformed) {
  test(`dpop: ${name} is no proof`, () => assert.equal(parseDpopProof(values).outcome, 'refuse'))
}

const asked: DpopExpectation = { method: 'POST', url: 'https://server.example.com/token' }
const ath = createHash('sha256').update(token).digest('base64url')
const withToken = { ...asked, accessToken: token }
const nonces = [
  { value: 'n2', until: now + 200 },
  { value: 'n1', until: now + 50 },
  { value: 'n0', until: now - 1 },
]
const withNonce = { ...asked, nonces }

const decisions: [name: string, changes: Members, expected: DpopExpectation, outcome: string][] = [
  ['a proof for this request is good', {}, asked, 'ok'],
  ['§4.3 check 8: another method', { htm: 'GET' }, asked, 'refuse'],
  ['§4.3 check 8: the method in small letters', { htm: 'post' }, asked, 'refuse'],
  ['§4.3 check 9: another path', { htu: 'https://server.example.com/other' }, asked, 'refuse'],
  ['§4.3 check 9: another host', { htu: 'https://evil.example/token' }, asked, 'refuse'],
  ['§4.3 check 9: another scheme', { htu: 'http://server.example.com/token' }, asked, 'refuse'],
  ['§4.3 check 9: another port', { htu: 'https://server.example.com:8443/token' }, asked, 'refuse'],
  ['§4.3 check 9: a slash more', { htu: 'https://server.example.com/token/' }, asked, 'refuse'],
  ['§4.3 check 9: a path alone', { htu: '/token' }, asked, 'refuse'],
  ['§4.3 check 9: a query makes no difference', { htu: `${asked.url}?a=b` }, asked, 'ok'],
  ['§4.3 check 9: nor a fragment', { htu: `${asked.url}#x` }, asked, 'ok'],
  ['RFC 3986 §6.2.2.1: nor capitals in the host', { htu: 'HTTPS://Server.Example.com/token' }, asked, 'ok'],
  [
    'RFC 3986 §6.2.2.1: capitals in the path do',
    { htu: 'https://server.example.com/Token' },
    asked,
    'refuse',
  ],
  [
    'RFC 3986 §6.2.2.2: an escaped letter is the letter',
    { htu: 'https://server.example.com/%74oken' },
    asked,
    'ok',
  ],
  ['RFC 3986 §6.2.3: the default port is none', { htu: 'https://server.example.com:443/token' }, asked, 'ok'],
  ['§4.3 check 11: as old as it may be', { iat: now - 60 }, asked, 'ok'],
  ['§4.3 check 11: older', { iat: now - 61 }, asked, 'refuse'],
  ['§11.1: as far ahead as it may be', { iat: now + 60 }, asked, 'ok'],
  ['§11.1: further', { iat: now + 61 }, asked, 'refuse'],
  ['§4.3 check 12: the hash of the token', { ath }, withToken, 'ok'],
  ['§4.3 check 12: no hash', {}, withToken, 'refuse'],
  ['§4.3 check 12: the hash of another token', { ath: ath.replace(/^./, '_') }, withToken, 'refuse'],
  ['§4.3 check 12: the token itself', { ath: token }, withToken, 'refuse'],
  ['§4.3 check 10: a nonce that was given out', { nonce: 'n1' }, withNonce, 'ok'],
  ['§8: no nonce', {}, withNonce, 'use-nonce'],
  ['§8: another nonce', { nonce: 'x' }, withNonce, 'use-nonce'],
  ['§8, §11.2: a nonce whose time is over', { nonce: 'n0' }, withNonce, 'use-nonce'],
  ['§4.3 check 11: with a nonce the client’s clock may be wrong', { nonce: 'n2', iat: 1 }, withNonce, 'ok'],
  ['§8: a nonce that nobody asked for does not replace the clock', { nonce: 'n2', iat: 1 }, asked, 'refuse'],
  ['a wrong method is refused before a nonce is asked for', { htm: 'GET' }, withNonce, 'refuse'],
]
for (const [name, changes, expected, outcome] of decisions) {
  test(`dpop: ${name}: ${outcome}`, () =>
    assert.equal(decideDpop(parsed(proofOf(changes)), expected, now).outcome, outcome))
}

test('dpop: §11.1: a proof is remembered for as long as it would be taken', () => {
  const until = (changes: Members, expected: DpopExpectation) => {
    const decision = decideDpop(parsed(proofOf(changes)), expected, now)
    return decision.outcome === 'ok' ? decision.until : assert.fail()
  }
  assert.equal(until({ iat: now + 60 }, asked), now + 120)
  assert.equal(until({ nonce: 'n2', iat: 1 }, withNonce), now + 200)
  const later = (at: number) => decideDpop(parsed(proofOf()), asked, at).outcome
  assert.equal(later(until({}, asked)), 'ok')
  assert.equal(later(until({}, asked) + 1), 'refuse')
})

const targets: [name: string, text: string, target: string | undefined][] = [
  ['an address', 'https://a.example/v1/x', 'https://a.example/v1/x'],
  ['a host alone', 'https://a.example', 'https://a.example/'],
  ['dot segments', 'https://a.example/a/../b/./c', 'https://a.example/b/c'],
  ['escapes in small letters', 'https://a.example/a%2fb', 'https://a.example/a%2Fb'],
  ['an escaped slash, which is none', 'https://a.example/a%2Fb', 'https://a.example/a%2Fb'],
  ['a loopback port', 'http://127.0.0.1:4455/x', 'http://127.0.0.1:4455/x'],
  ['a user', 'https://u@a.example/x', undefined],
  ['a backslash', 'https://a.example\\x', undefined],
  ['a space', 'https://a.example/ x', undefined],
  ['no authority', 'https:///x', undefined],
  ['another scheme', 'ftp://a.example/x', undefined],
  ['a very long one', `https://a.example/${'x'.repeat(4096)}`, undefined],
]
for (const [name, text, target] of targets) {
  test(`target: ${name} is ${target ?? 'none'}`, () => assert.equal(normaliseTarget(text), target))
}
