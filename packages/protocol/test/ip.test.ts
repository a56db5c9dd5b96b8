import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ipBucket, isIpAllowed, parseIpList } from '../src/index.ts'

const cases: [ip: string, entry: string, expected: boolean][] = [
  ['127.0.0.2', '127.0.0.2/32', true],
  ['127.0.0.1', '127.0.0.2/32', false],
  ['10.1.2.3', '10.0.0.0/8', true],
  ['11.0.0.0', '10.0.0.0/8', false],
  ['192.0.2.129', '192.0.2.128/25', true],
  ['192.0.2.127', '192.0.2.128/25', false],
  ['1.2.3.4', '0.0.0.0/0', true],
  ['::ffff:127.0.0.2', '127.0.0.2', true],
  ['::ffff:7f00:2', '127.0.0.2', true],
  ['127.0.0.2', '::ffff:127.0.0.2', true],
  ['127.0.0.2', '::ffff:127.0.0.0/120', true],
  ['127.0.1.2', '::ffff:127.0.0.0/120', false],
  ['2001:db8::1', '2001:DB8:0:0::/64', true],
  ['2001:db8:0:1::1', '2001:db8::/64', false],
  ['::1', '::1', true],
  ['::1', '::/0', true],
  ['1.2.3.4', '::/0', false],
  ['::1', '0.0.0.0/0', false],
  ['fe80::1%eth0', '::/0', false],
  ['1.2.3.4, 5.6.7.8', '0.0.0.0/0', false],
  ['', '0.0.0.0/0', false],
]
for (const [ip, entry, expected] of cases) {
  test(`ip: ${JSON.stringify(ip)} ${expected ? 'is' : 'is not'} in ${entry}`, () => {
    const parsed = parseIpList([entry])
    assert.equal(parsed.outcome === 'ok' && isIpAllowed(ip, parsed.list), expected)
  })
}

test('ip: an empty list allows none', () => assert.equal(isIpAllowed('127.0.0.1', []), false))

const refused = [
  '',
  '1.2.3',
  '1.2.3.4.5',
  '256.1.1.1',
  '01.2.3.4',
  '0x7f.0.0.1',
  '2130706433',
  '1.2.3.4/33',
  '1.2.3.4/',
  '1.2.3.4/08',
  '1.2.3.4/-1',
  '10.0.0.5/8',
  '2001:db8::1/64',
  '::ffff:1.2.3.4/64',
  ':::',
  '::1::',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1::2:3:4:5:6:7:8',
  '12345::',
  'g::',
  '1.2.3.4::',
  '::1.2.3.4:5',
  '::1/129',
  'localhost',
  ' 1.2.3.4',
  '1.2.3.4\n',
  '1.2.3.4/8/8',
  '[::1]',
  'fe80::1%1',
]
for (const entry of refused) {
  test(`ip: the entry ${JSON.stringify(entry)} is refused by name`, () =>
    assert.deepEqual(parseIpList(['127.0.0.1', entry]), { outcome: 'refuse', entry }))
}

const buckets: [ip: string, bucket: string][] = [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:2::', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['not an address', 'unknown'],
]
for (const [ip, bucket] of buckets)
  test(`ip: ${ip} is counted under ${bucket}`, () => assert.equal(ipBucket(ip), bucket))

test('ip: every address is in the list of itself', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (ip) => {
      const parsed = parseIpList([ip])
      assert.equal(parsed.outcome === 'ok' && isIpAllowed(ip, parsed.list), true)
    }),
    { seed: 1 },
  )
})
