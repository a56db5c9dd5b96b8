/** How a client may register to prove itself. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authenticationMetadata, normaliseDn, readAuthenticationMetadata } from '@sallyport/protocol'

type Members = Readonly<Record<string, unknown>>
const bytes = (count: number) => Buffer.alloc(count, 0xc3).toString('base64url')
const key = { kty: 'EC', crv: 'P-256', x: bytes(32), y: bytes(32), kid: 'a' }
const jwks = { keys: [key] }
const certified = { keys: [{ ...key, x5c: ['AAAA'] }] }
const jwt = { token_endpoint_auth_method: 'private_key_jwt' }
const hmac = { token_endpoint_auth_method: 'client_secret_jwt' }
const tls = { token_endpoint_auth_method: 'tls_client_auth' }
const selfSigned = { token_endpoint_auth_method: 'self_signed_tls_client_auth' }
const dn = { tls_client_auth_subject_dn: 'CN=client,O=Example,C=DE' }

const accepted: [name: string, members: Members, type?: 'public'][] = [
  ['nothing', {}],
  ['RFC 7591 §2: a secret by Basic', { token_endpoint_auth_method: 'client_secret_basic' }],
  ['RFC 7591 §2: none for a public client', { token_endpoint_auth_method: 'none' }, 'public'],
  ['keys inline', { ...jwt, jwks }],
  ['keys by address', { ...jwt, jwks_uri: 'https://app.example/jwks.json' }],
  ['one algorithm', { ...jwt, jwks, token_endpoint_auth_signing_alg: 'PS256' }],
  ['OpenID Connect Core §9: an assertion by secret', { ...hmac, token_endpoint_auth_signing_alg: 'HS256' }],
  ['RFC 8705 §2.1.2: a subject', { ...tls, ...dn }],
  ['RFC 8705 §2.1.2: a host', { ...tls, tls_client_auth_san_dns: 'client.example' }],
  ['RFC 8705 §2.1.2: a URI', { ...tls, tls_client_auth_san_uri: 'spiffe://example/app' }],
  ['RFC 8705 §2.1.2: an address', { ...tls, tls_client_auth_san_ip: '2001:db8::1' }],
  ['RFC 8705 §2.1.2: an e-mail address', { ...tls, tls_client_auth_san_email: 'a@b.example' }],
  ['RFC 8705 §2.2.2: a certificate', { ...selfSigned, jwks: certified }],
  [
    'RFC 8705 §3.4: bound tokens of a public client',
    { tls_client_certificate_bound_access_tokens: true },
    'public',
  ],
]
for (const [name, members, type = 'confidential'] of accepted) {
  test(`client metadata: ${name}; and it is told as it was said`, () => {
    const read = readAuthenticationMetadata({ ...members, client_name: 'other members don’t matter' }, type)
    if (read.outcome === 'refuse') return assert.fail(`${read.member} ${read.reason}`)
    if (!read.authentication) return assert.deepEqual(members, {})
    assert.deepEqual(authenticationMetadata(read.authentication), members)
  })
}

const refused: [name: string, members: Members, member: string, type?: 'public'][] = [
  ['an unknown method', { token_endpoint_auth_method: 'pigeon' }, 'token_endpoint_auth_method'],
  ['none for a confidential client', { token_endpoint_auth_method: 'none' }, 'token_endpoint_auth_method'],
  [
    'a secret for a public client',
    { token_endpoint_auth_method: 'client_secret_post' },
    'token_endpoint_auth_method',
    'public',
  ],
  ['keys for a public client', { ...jwt, jwks }, 'token_endpoint_auth_method', 'public'],
  ['RFC 7591 §2: jwks and jwks_uri', { ...jwt, jwks, jwks_uri: 'https://app.example/' }, 'jwks'],
  ['private_key_jwt without keys', jwt, 'jwks'],
  ['private keys', { ...jwt, jwks: { keys: [{ ...key, d: 'x' }] } }, 'jwks'],
  ['keys at a plain address', { ...jwt, jwks_uri: 'http://app.example/' }, 'jwks_uri'],
  ['keys at no address', { ...jwt, jwks_uri: 7 }, 'jwks_uri'],
  [
    'RFC 8725 §3.1: a shared-secret algorithm for a key pair',
    { ...jwt, jwks, token_endpoint_auth_signing_alg: 'HS256' },
    'token_endpoint_auth_signing_alg',
  ],
  [
    'OpenID Connect Registration §2: none as algorithm',
    { ...jwt, jwks, token_endpoint_auth_signing_alg: 'none' },
    'token_endpoint_auth_signing_alg',
  ],
  [
    'a key pair’s algorithm for a secret',
    { ...hmac, token_endpoint_auth_signing_alg: 'ES256' },
    'token_endpoint_auth_signing_alg',
  ],
  [
    'an algorithm where nothing is signed',
    { token_endpoint_auth_method: 'client_secret_post', token_endpoint_auth_signing_alg: 'ES256' },
    'token_endpoint_auth_signing_alg',
  ],
  ['RFC 8705 §2.1.2: no name', tls, 'tls_client_auth_subject_dn'],
  [
    'RFC 8705 §2.1.2: two names',
    { ...tls, ...dn, tls_client_auth_san_dns: 'a.example' },
    'tls_client_auth_subject_dn',
  ],
  ['a name for another method', { ...jwt, jwks, ...dn }, 'tls_client_auth_subject_dn'],
  ['a name that is no DN', { ...tls, tls_client_auth_subject_dn: 'client' }, 'tls_client_auth_subject_dn'],
  ['a wildcard', { ...tls, tls_client_auth_san_dns: '*.example' }, 'tls_client_auth_san_dns'],
  [
    'a leading dot, which would stand for every host below',
    { ...tls, tls_client_auth_san_dns: '.example' },
    'tls_client_auth_san_dns',
  ],
  ['a network for an address', { ...tls, tls_client_auth_san_ip: '10.0.0.0/8' }, 'tls_client_auth_san_ip'],
  ['a URI that is none', { ...tls, tls_client_auth_san_uri: 'app' }, 'tls_client_auth_san_uri'],
  [
    'an e-mail address that is none',
    { ...tls, tls_client_auth_san_email: 'app' },
    'tls_client_auth_san_email',
  ],
  ['RFC 8705 §2.2.2: a key without its certificate', { ...selfSigned, jwks }, 'jwks'],
  [
    'a flag that is none',
    { tls_client_certificate_bound_access_tokens: 'yes' },
    'tls_client_certificate_bound_access_tokens',
  ],
]
for (const [name, members, member, type = 'confidential'] of refused) {
  test(`client metadata: refused: ${name}`, () => {
    const read = readAuthenticationMetadata(members, type)
    assert.equal(read.outcome === 'refuse' ? read.member : 'taken', member)
  })
}

const same: [name: string, a: string, b: string][] = [
  ['RFC 4514 §2: letters of the type', 'cn=a,o=b', 'CN=a,O=b'],
  ['RFC 4514 §2.3: an object identifier', '2.5.4.3=a,OID.2.5.4.10=b', 'CN=a,O=b'],
  ['RFC 2253 §4: spaces after commas', 'CN=a, O=b', 'CN=a,O=b'],
  ['RFC 4514 §2.2: the order within one name', 'CN=a+UID=b,O=c', 'UID=b + CN=a,O=c'],
  ['RFC 4514 §2.4: an escaped comma in hex', 'CN=a\\2cb', 'CN=a\\,b'],
  ['RFC 4514 §2.4: letters in UTF-8 escapes', 'CN=J\\C3\\BCrgen', 'CN=Jürgen'],
  ['RFC 4514 §2.4: a space at the end that counts', 'CN=a\\20,O=b', 'CN=a\\ ,O=b'],
  ['names of the e-mail attribute', 'emailAddress=a@b.c', '1.2.840.113549.1.9.1=a@b.c'],
]
for (const [name, a, b] of same) {
  test(`distinguished name: one for ${name}`, () => {
    assert.notEqual(normaliseDn(a), undefined)
    assert.equal(normaliseDn(a), normaliseDn(b))
  })
}

const different: [name: string, a: string, b: string][] = [
  ['the order of names', 'CN=a,O=b', 'O=b,CN=a'],
  ['letters of the value', 'CN=a', 'CN=A'],
  ['one value with a comma, and two', 'CN=a\\,O=b', 'CN=a,O=b'],
  ['one value with a plus, and two', 'CN=a\\+O=b', 'CN=a+O=b'],
  ['a space that counts', 'CN=a\\ ', 'CN=a'],
  ['a name more', 'CN=a,O=b', 'CN=a'],
]
for (const [name, a, b] of different) {
  test(`distinguished name: not one: ${name}`, () => {
    assert.notEqual(normaliseDn(a), normaliseDn(b))
  })
}

for (const text of [
  '',
  'a',
  'CN=',
  '=a',
  'CN=a,',
  ',CN=a',
  'CN=#0401',
  'CN=a\\',
  'CN=a;O=b',
  'CN="a"',
  'CN=a\\zz',
  'C N=a',
  'CN=a\\00b',
  'CN=\\FF',
  `CN=${'a'.repeat(2000)}`,
]) {
  test(`distinguished name: ${JSON.stringify(text).slice(0, 30)} is none`, () => {
    assert.equal(normaliseDn(text), undefined)
  })
}
