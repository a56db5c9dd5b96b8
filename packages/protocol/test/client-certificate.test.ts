/** What a proxy says of its client's certificate. The sections are those of RFC 9440. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { type CertificateFormat, certificateThumbprint, parseClientCertificate } from '@sallyport/protocol'

// No certificate, but all that these rules look at: a sequence in DER, with bytes that base64 writes as + and /.
const der = Buffer.concat([Buffer.from([0x30, 0x82, 0x01]), Buffer.alloc(90, 0xfb), Buffer.alloc(8, 0xff)])
const base64 = der.toString('base64')
const lines = base64.replace(/.{64}/g, '$&\n')
const plain = `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
const escaped = encodeURIComponent(plain)

const good: [name: string, format: CertificateFormat, values: readonly string[]][] = [
  ['nginx', 'escaped-pem', [escaped]],
  [
    'a load balancer that leaves + / = alone',
    'escaped-pem',
    [escaped.replaceAll('%2B', '+').replaceAll('%2F', '/').replaceAll('%3D', '=')],
  ],
  ['lines of Windows', 'escaped-pem', [encodeURIComponent(plain.replaceAll('\n', '\r\n'))]],
  ['Envoy', 'xfcc', [`By=spiffe://x;Hash=abc;Cert="${escaped}";Subject="CN=a,O=\\"b\\"";URI=spiffe://y`]],
  ['Envoy, without quotes', 'xfcc', [`Hash=abc;Cert=${escaped}`]],
  ['Envoy, taken apart at commas', 'xfcc', [`Cert="${escaped}";Subject="CN=a`, 'O=b"']],
  ['§2.1, §2.2: a byte sequence', 'rfc9440', [`:${base64}:`]],
]
for (const [name, format, values] of good) {
  test(`client certificate: ${name}`, () => {
    assert.deepEqual(Buffer.from(parseClientCertificate(values, format) ?? []), der)
  })
}

const text = encodeURIComponent(plain.replace(lines, Buffer.from('no sequence').toString('base64')))
const refused: [name: string, format: CertificateFormat, values: readonly string[]][] = [
  ['no header', 'escaped-pem', []],
  ['an empty one, as nginx sends without a certificate', 'escaped-pem', ['']],
  ['§4: two headers, one of which may be the caller’s', 'escaped-pem', [escaped, escaped]],
  ['§2.4: two headers', 'rfc9440', [`:${base64}:`, `:${base64}:`]],
  ['two certificates in one', 'escaped-pem', [escaped + escaped]],
  ['something before it', 'escaped-pem', [`x${escaped}`]],
  ['a key', 'escaped-pem', [escaped.replaceAll('CERTIFICATE', 'PRIVATE%20KEY')]],
  ['a malformed escape', 'escaped-pem', [`${escaped}%`]],
  ['base64 that is none', 'escaped-pem', [escaped.replace('MIIB', 'M=IB')]],
  ['what is no sequence', 'escaped-pem', [text]],
  ['more than any certificate', 'escaped-pem', [escaped + '%0A'.repeat(6000)]],
  ['an element that the proxy passed on', 'xfcc', [`Cert="${escaped}",Cert="${escaped}"`]],
  ['the same as two headers', 'xfcc', [`Cert="${escaped}"`, `Cert="${escaped}"`]],
  ['two certificates in one element', 'xfcc', [`Cert="${escaped}";Cert="${escaped}"`]],
  ['a certificate inside a subject', 'xfcc', [`Subject="x;Cert=${escaped}"`]],
  ['a quote that does not end', 'xfcc', [`Cert="${escaped}`]],
  ['a chain alone', 'xfcc', [`Chain="${escaped}"`]],
  ['§2.1: parameters', 'rfc9440', [`:${base64}:;a=1`]],
  ['§2.1: without colons', 'rfc9440', [base64]],
  ['the format of somebody else', 'rfc9440', [escaped]],
]
for (const [name, format, values] of refused) {
  test(`client certificate: none: ${name}`, () => {
    assert.equal(parseClientCertificate(values, format), undefined)
  })
}

test('RFC 8705 §3.1: a thumbprint is SHA-256 of the DER, base64url', () => {
  assert.equal(certificateThumbprint(der), createHash('sha256').update(der).digest('base64url'))
})
