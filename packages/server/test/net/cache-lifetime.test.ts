/** For how long an answer may be kept. The sections are those of RFC 9111. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cacheLifetime } from '../../src/net/cache-lifetime.ts'

const date = 'Tue, 15 Nov 1994 08:12:31 GMT'
const cases: [name: string, headers: Readonly<Record<string, string>>, lifetime: number | undefined][] = [
  ['nothing is said', {}, undefined],
  ['§5.2.2.1: max-age', { 'cache-control': 'public, max-age=300' }, 300],
  ['§4.2.3: less the age that it has', { 'cache-control': 'max-age=300', age: '100' }, 200],
  ['§4.2.3: older than that', { 'cache-control': 'max-age=300', age: '400' }, 0],
  ['§5.2.2.5: no-store', { 'cache-control': 'max-age=300, no-store' }, 0],
  ['§5.2.2.4: no-cache', { 'cache-control': 'NO-CACHE' }, 0],
  ['§5.2.2.10: s-maxage is for shared caches', { 'cache-control': 's-maxage=9' }, undefined],
  ['§4.2.1: said twice, the shorter', { 'cache-control': 'max-age=300, max-age=20' }, 20],
  ['§5.3: Expires less Date', { date, expires: 'Tue, 15 Nov 1994 08:13:31 GMT' }, 60],
  ['§5.3: an Expires that is no date', { date, expires: '0' }, 0],
  ['§5.3: max-age goes before Expires', { date, expires: date, 'cache-control': 'max-age=7' }, 7],
  ['a number that is none', { 'cache-control': 'max-age=-5' }, undefined],
]
for (const [name, headers, lifetime] of cases) {
  test(`cache lifetime: ${name}`, () => {
    assert.equal(cacheLifetime(headers), lifetime)
  })
}
