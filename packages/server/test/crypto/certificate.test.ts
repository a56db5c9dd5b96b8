/** Whom a certificate is for. The sections are those of RFC 8705. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { TlsSubject } from '@sallyport/protocol'
import { type Authority, hasOpenssl, newAuthority } from '../../../../test/support/certificates.ts'
import { certificateSays } from '../../src/crypto/certificate.ts'

const skip = !hasOpenssl && 'openssl is not on this machine'
let authority: Authority
before(async () => {
  if (!skip) authority = await newAuthority()
})
after(() => (skip ? undefined : authority.close()))

const cases: [name: string, subject: string, names: readonly string[], wanted: TlsSubject, says: boolean][] =
  [
    [
      '§2.1.2: the subject in RFC 4514 order',
      '/C=DE/O=x/CN=a',
      [],
      { kind: 'subject_dn', value: 'CN=a,O=x,C=DE' },
      true,
    ],
    [
      'the subject in the order of OpenSSL is another',
      '/C=DE/CN=a',
      [],
      { kind: 'subject_dn', value: 'C=DE,CN=a' },
      false,
    ],
    ['a subject that only begins like it', '/CN=a/OU=y', [], { kind: 'subject_dn', value: 'CN=a' }, false],
    [
      'letters beyond ASCII, and signs that are escaped',
      '/O=Jürgen, "x" <y>;/CN=a',
      [],
      { kind: 'subject_dn', value: 'CN=a,O=J\\C3\\BCrgen\\, \\"x\\" \\<y\\>\\;' },
      true,
    ],
    [
      'a comma in a value makes no second name',
      '/CN=a,O=x',
      [],
      { kind: 'subject_dn', value: 'O=x,CN=a' },
      false,
    ],
    [
      'a line break in a value makes no second name',
      '/CN=a\nO=x',
      [],
      { kind: 'subject_dn', value: 'O=x,CN=a' },
      false,
    ],
    [
      'an e-mail address in the subject',
      '/CN=a/emailAddress=a@b.example',
      [],
      { kind: 'subject_dn', value: 'EMAIL=a@b.example,CN=a' },
      true,
    ],
    ['a host', '/CN=a', ['DNS:b.example'], { kind: 'san_dns', value: 'b.example' }, true],
    ['a host in capitals', '/CN=a', ['DNS:B.example'], { kind: 'san_dns', value: 'b.example' }, true],
    ['a host in the subject alone', '/CN=b.example', [], { kind: 'san_dns', value: 'b.example' }, false],
    ['a wildcard is for nobody', '/CN=a', ['DNS:*.example'], { kind: 'san_dns', value: 'b.example' }, false],
    ['an address', '/CN=a', ['IP:2001:db8::7'], { kind: 'san_ip', value: '2001:db8:0::7' }, true],
    ['another address', '/CN=a', ['IP:192.0.2.1'], { kind: 'san_ip', value: '192.0.2.11' }, false],
    ['an e-mail address', '/CN=a', ['email:a@b.example'], { kind: 'san_email', value: 'a@b.example' }, true],
    [
      'an e-mail address in the subject alone',
      '/emailAddress=a@b.example',
      [],
      { kind: 'san_email', value: 'a@b.example' },
      false,
    ],
    [
      'a URI',
      '/CN=a',
      ['DNS:x.example', 'URI:spiffe://b/c'],
      { kind: 'san_uri', value: 'spiffe://b/c' },
      true,
    ],
    [
      'a URI that only begins like it',
      '/CN=a',
      ['URI:spiffe://b/c/d'],
      { kind: 'san_uri', value: 'spiffe://b/c' },
      false,
    ],
    ['a URI as the name of a host', '/CN=a', ['DNS:spiffe.b'], { kind: 'san_uri', value: 'spiffe.b' }, false],
  ]
for (const [name, subject, names, wanted, says] of cases) {
  test(`certificate: ${says ? 'says so' : 'does not say so'}: ${name}`, { skip }, async () => {
    const { cert } = await authority.selfSigned({ subject, names })
    assert.equal(certificateSays(new X509Certificate(cert).raw, wanted), says)
  })
}

test('bytes that are no certificate say nothing', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('x'), Buffer.from([0x30, 0x03, 1, 2, 3])])
    assert.equal(certificateSays(bytes, { kind: 'san_dns', value: 'a.example' }), false)
})
