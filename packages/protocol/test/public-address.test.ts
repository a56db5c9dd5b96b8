/** Which addresses a server may be made to ask. The registries are those of RFC 6890 and its successors at IANA. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPublicAddress } from '@sallyport/protocol'

const cases: [ip: string, isPublic: boolean][] = [
  ['93.184.216.34', true],
  ['1.1.1.1', true],
  ['172.32.0.1', true],
  ['100.128.0.1', true],
  ['2606:4700::1111', true],
  ['2a00:1450:4001::200e', true],
  ['::ffff:93.184.216.34', true],
  ['0.0.0.0', false],
  ['10.1.2.3', false],
  ['100.64.0.1', false],
  ['127.0.0.1', false],
  ['127.255.255.254', false],
  ['169.254.169.254', false],
  ['172.16.0.1', false],
  ['172.31.255.255', false],
  ['192.168.1.1', false],
  ['198.19.0.1', false],
  ['224.0.0.1', false],
  ['240.0.0.1', false],
  ['255.255.255.255', false],
  ['::', false],
  ['::1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:7f00:1', false],
  ['::ffff:a9fe:a9fe', false],
  ['64:ff9b::7f00:1', false],
  ['fc00::1', false],
  ['fd12::1', false],
  ['fe80::1', false],
  ['ff02::1', false],
  ['2001:db8::1', false],
  ['2001::1', false],
  ['2002:7f00:1::1', false],
  ['3fff::1', false],
  ['localhost', false],
  ['', false],
  ['0x7f.1', false],
  ['fe80::1%eth0', false],
]
for (const [ip, isPublic] of cases) {
  test(`public address: ${ip === '' ? 'no text' : ip} is ${isPublic ? '' : 'not '}one`, () => {
    assert.equal(isPublicAddress(ip), isPublic)
  })
}
