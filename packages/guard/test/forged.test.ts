/** Forged tokens. @see RFC 8725 §2, RFC 7515 §10 */
import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { exportJWK, SignJWT } from 'jose'
import { bearer, coreCaller, guardOf } from './support/callers.ts'
import { alter } from './support/credentials.ts'
import {
  addFamily,
  type Claims,
  createFacts,
  type Facts,
  type Header,
  pairs,
  signToken,
} from './support/world.ts'

const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const goodHeader = { alg: 'ES256', typ: 'at+jwt', kid: pairs.es256.kid }

function withoutSignature(header: Header, claims: Claims, signature = ''): string {
  return `${part(header)}.${part(claims)}.${signature}`
}

function hmac(header: Header, claims: Claims, secret: string): string {
  const input = `${part(header)}.${part(claims)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

/** A good signature over a header that `jose` would not sign. */
function signedText(header: string, claims: Claims): string {
  const input = `${Buffer.from(header).toString('base64url')}.${part(claims)}`
  const key = { key: pairs.es256.privateKey, dsaEncoding: 'ieee-p1363' } as const
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
}

const signed = (header: Header, claims: Claims) => signedText(JSON.stringify(header), claims)

const byStranger = (claims: Claims, header: Header = {}) =>
  new SignJWT({ ...claims }).setProtectedHeader({ ...goodHeader, ...header }).sign(stranger.privateKey)
const without = (claims: Claims, name: string) =>
  Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name))
const pem = String(pairs.es256.publicKey.export({ type: 'spki', format: 'pem' }))
const der = pairs.es256.publicKey.export({ type: 'spki', format: 'der' }).toString('latin1')

type Forgery = readonly [name: string, forge: (claims: Claims, facts: Facts) => string | Promise<string>]

const unsigned: readonly Forgery[] = [
  ['alg none, no signature', (claims) => withoutSignature({ ...goodHeader, alg: 'none' }, claims)],
  ['alg NONE, some signature', (claims) => withoutSignature({ ...goodHeader, alg: 'NONE' }, claims, 'AAAA')],
  ['no alg', (claims) => withoutSignature(without(goodHeader, 'alg'), claims, 'AAAA')],
  [
    'zeros for a signature',
    (claims) => withoutSignature(goodHeader, claims, Buffer.alloc(64).toString('base64url')),
  ],
  ['HS256 with the public key in PEM', (claims) => hmac({ ...goodHeader, alg: 'HS256' }, claims, pem)],
  ['HS256 with the public key in DER', (claims) => hmac({ ...goodHeader, alg: 'HS256' }, claims, der)],
  ['HS256 with "secret"', (claims) => hmac({ ...goodHeader, alg: 'HS256' }, claims, 'secret')],
  ['HS256 in disguise as ES256', (claims) => hmac(goodHeader, claims, pem)],
]

const altered: readonly Forgery[] = [
  [
    'a flipped letter in the signature',
    async (claims) => {
      const token = await signToken(claims)
      return alter(token, token.lastIndexOf('.') + 10)
    },
  ],
  [
    'another payload under a good signature',
    async (claims) => {
      const [head, , mac] = (await signToken(claims)).split('.')
      return `${head}.${part({ ...claims, scope: 'domains:write' })}.${mac}`
    },
  ],
  ['a fourth segment', async (claims) => `${await signToken(claims)}.e30`],
  ['padding', async (claims) => `${await signToken(claims)}=`],
]

const foreignKey: readonly Forgery[] = [
  ['another key under our kid', (claims) => byStranger(claims)],
  ['an unknown kid (RFC 8725 §3.10)', (claims) => signToken(claims, { kid: 'k-unknown' })],
  ['no kid', (claims) => signToken(claims, { kid: undefined })],
  ['an empty kid', (claims) => signToken(claims, { kid: '' })],
  ['a kid of the other algorithm', (claims) => signToken(claims, { kid: pairs.eddsa.kid })],
  [
    'its own jwk',
    async (claims) => byStranger(claims, { jwk: await exportJWK(stranger.publicKey), kid: 'own' }),
  ],
  ['its own jku (RFC 8725 §3.10)', (claims) => byStranger(claims, { jku: 'https://evil.example/jwks.json' })],
  ['its own x5u', (claims) => byStranger(claims, { x5u: 'https://evil.example/cert.pem' })],
  ['its own x5c', (claims) => byStranger(claims, { x5c: ['MIIB'] })],
  [
    'RS256 by a key pinned to PS256',
    (claims) => signToken(claims, { kid: pairs.ps256.kid, alg: 'RS256' }, { ...pairs.ps256, alg: 'RS256' }),
  ],
]

const header: readonly Forgery[] = [
  ['typ JWT, as of an ID token (RFC 9068 §2.1)', (claims) => signToken(claims, { typ: 'JWT' })],
  ['typ of a refresh token', (claims) => signToken(claims, { typ: 'rt+jwt' })],
  ['typ of a widget token', (claims) => signToken(claims, { typ: 'widget+jwt' })],
  ['no typ', (claims) => signToken(claims, { typ: undefined })],
  ['typ in upper case', (claims) => signToken(claims, { typ: 'AT+JWT' })],
  ['crit (RFC 7515 §4.1.11)', (claims) => signed({ ...goodHeader, crit: ['exp'] }, claims)],
  ['an empty crit', (claims) => signed({ ...goodHeader, crit: [] }, claims)],
  ['another alg over a good signature', (claims) => signed({ ...goodHeader, alg: 'RS256' }, claims)],
  ['alg none over a good signature', (claims) => signed({ ...goodHeader, alg: 'none' }, claims)],
  ['b64 false', (claims) => signed({ ...goodHeader, b64: false }, claims)],
  [
    'alg twice',
    (claims) => signedText('{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"k-es256"}', claims),
  ],
]

const claimed: readonly Forgery[] = [
  ['no exp (RFC 7519 §4.1.4)', (claims) => signToken(without(claims, 'exp'))],
  ['exp as text', (claims) => signToken({ ...claims, exp: '9999999999' })],
  ['exp as a fraction', (claims) => signToken({ ...claims, exp: 9_999_999_999.5 })],
  ['no iat', (claims) => signToken(without(claims, 'iat'))],
  ['iat in the future', (claims, { now }) => signToken({ ...claims, iat: now + 61 })],
  ['nbf in the future (RFC 7519 §4.1.5)', (claims, { now }) => signToken({ ...claims, nbf: now + 61 })],
  ['nbf as text', (claims) => signToken({ ...claims, nbf: 'now' })],
  ['no iss', (claims) => signToken(without(claims, 'iss'))],
  ['another issuer (RFC 9068 §4)', (claims) => signToken({ ...claims, iss: 'https://evil.example/people' })],
  ['an issuer with a slash more', (claims) => signToken({ ...claims, iss: `${String(claims['iss'])}/` })],
  ['the issuer of another door', (claims) => signToken({ ...claims, iss: 'https://id.example/apps' })],
  [
    'issuer and audience of another door',
    (claims) => signToken({ ...claims, iss: 'https://id.example/apps', aud: 'https://id.example/apps' }),
  ],
  [
    'issuer, audience and door of another door',
    (claims) =>
      signToken({
        ...claims,
        iss: 'https://id.example/vendors',
        aud: 'https://id.example/vendors',
        door: 'vendors',
      }),
  ],
  ['another door claim', (claims) => signToken({ ...claims, door: 'apps' })],
  ['no aud', (claims) => signToken(without(claims, 'aud'))],
  ['another aud', (claims) => signToken({ ...claims, aud: 'https://api.other.example' })],
  ['an empty aud', (claims) => signToken({ ...claims, aud: [] })],
  ['no sub', (claims) => signToken(without(claims, 'sub'))],
  ['another sub', (claims) => signToken({ ...claims, sub: 'acc_2' })],
  ['no family', (claims) => signToken(without(claims, 'fam'))],
  ['an unknown family', (claims) => signToken({ ...claims, fam: 'fam_unknown' })],
  ['a client it was not issued to', (claims) => signToken({ ...claims, client_id: 'app_1' })],
  ['another team', (claims) => signToken({ ...claims, team: 'team_2' })],
  ['a malformed scope', (claims) => signToken({ ...claims, scope: 'a  b' })],
  ['a scope that is a list', (claims) => signToken({ ...claims, scope: ['domains:read'] })],
]

async function ask(facts: Facts, token: string) {
  return coreCaller(guardOf(facts, { shape: 'oauth' })).ask(
    { doors: ['people'] },
    { headers: [bearer(token)] },
  )
}

test('the token that is forged below is good as it is', async () => {
  const facts = createFacts()
  const claims = addFamily(facts, 'people', { accountId: 'acc_1' })
  assert.equal((await ask(facts, await signToken(claims))).status, 200)
  assert.equal((await ask(facts, signed(goodHeader, claims))).status, 200)
  assert.equal((await ask(facts, await signToken({ ...claims, aud: ['x', claims['aud']] }))).status, 200)
  assert.equal((await ask(facts, await signToken({ ...claims, iat: facts.now + 60 }))).status, 200)
})

for (const [name, forge] of [...unsigned, ...altered, ...foreignKey, ...header, ...claimed]) {
  test(`RFC 9068 §4: a token with ${name} is refused like any other`, async (t) => {
    const facts = createFacts()
    const claims = addFamily(facts, 'people', { accountId: 'acc_1' })
    const fetched = t.mock.method(globalThis, 'fetch')
    const { status, body, headers } = await ask(facts, await forge(claims, facts))
    assert.equal(status, 401)
    assert.deepEqual(body, {
      error: 'invalid_token',
      error_description: 'The access token is missing or not valid.',
    })
    assert.equal(headers['www-authenticate'], 'Bearer error="invalid_token"')
    assert.equal(fetched.mock.callCount(), 0)
  })
}

for (const [name, forge] of [...unsigned, ...altered, ...foreignKey]) {
  test(`a token with ${name} has no live fact looked up`, async () => {
    const facts = createFacts()
    const claims = addFamily(facts, 'people', { accountId: 'acc_1' })
    await ask(facts, await forge(claims, facts))
    assert.deepEqual(
      facts.reads.filter((read) => read !== 'signingKey'),
      [],
    )
  })
}
