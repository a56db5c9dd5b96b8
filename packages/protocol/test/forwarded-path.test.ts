import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findForwardRoute, isForwardedTo, parseForwardedPath } from '../src/index.ts'

const read: readonly (readonly [target: string, path: string | undefined])[] = [
  ['/v1/domains', '/v1/domains'],
  ['/v1/domains?x=/../admin', '/v1/domains'],
  ['/v1/caf%C3%A9', '/v1/caf%C3%A9'],
  ['/v1/../admin', undefined],
  ['/v1/./domains', undefined],
  ['/v1/%2e%2e/admin', undefined],
  ['/v1/%2E%2E%2Fadmin', undefined],
  ['/v1%2fdomains', undefined],
  ['/v1/%252e%252e/admin', undefined],
  ['//evil.example/v1', undefined],
  ['/v1//domains', undefined],
  ['/v1\\..\\admin', undefined],
  ['/v1/a;x=1', undefined],
  ['/v1/%zz', undefined],
  ['/v1/a%00', undefined],
  ['/v1/a b', undefined],
  ['v1/domains', undefined],
  ['https://evil.example/v1', undefined],
  ['', undefined],
  ['*', undefined],
  ['/v1/%20a!$&()*+,=:@~', '/v1/%20a!$&()*+,=:@~'],
  ['/v1/%64omains', undefined],
  ['/v1/%44omains', undefined],
  ['/v1/%31', undefined],
  ['/v1/a%2Db', undefined],
  ['/v1/a%5fb', undefined],
  ['/v1/%7Eme', undefined],
  ['/v1/domains#x', undefined],
  ['/v1/domains%23x', undefined],
  ['/v1/domains%3Fx', undefined],
  ['/v1/domains%3bx', undefined],
  ['/v1/a%0d%0aX-Auth-Id:%20x', undefined],
  ['/v1/a%7f', undefined],
  ['/v1/%c0%ae%c0%ae/admin', undefined],
  ['/v1/%ff', undefined],
  ['/v1/caf\u00e9', undefined],
  ['/v1/\u0000', undefined],
  ['/v1/%', undefined],
  ['/v1/%u002e', undefined],
]
for (const [target, path] of read) {
  test(`forwarded path: ${JSON.stringify(target)} is ${path ?? 'refused'}`, () =>
    assert.equal(parseForwardedPath(target), path))
}

const fits: readonly (readonly [pattern: string, path: string, fit: boolean])[] = [
  ['/v1/domains', '/v1/domains', true],
  ['/v1/domains', '/v1/domains/', true],
  ['/v1/domains', '/v1/domains/x', false],
  ['/v1/domains', '/v1/domainsx', false],
  ['/v1/*', '/v1', true],
  ['/v1/*', '/v1/a/b', true],
  ['/v1/*', '/v10', false],
  ['/*', '/anything', true],
  ['/V1/*', '/v1/a', false],
]
for (const [pattern, path, fit] of fits) {
  test(`forwarded path: ${path} is ${fit ? '' : 'not '}of ${pattern}`, () =>
    assert.equal(isForwardedTo(pattern, path), fit))
}

const routes = [
  { methods: ['GET'], path: '/v1/domains' },
  { methods: ['DELETE', 'POST'], path: '/v1/domains' },
  { methods: ['HEAD'], path: '/v1/heads' },
  { path: '/v1/keys' },
  { path: '/v1/stra%C3%9Fe' },
  { path: '/v1/*' },
]
const found: readonly (readonly [method: string, path: string, index: number])[] = [
  ['GET', '/v1/domains', 0],
  ['HEAD', '/v1/domains', 0],
  ['POST', '/v1/domains/', 1],
  ['PUT', '/v1/domains', 5],
  ['HEAD', '/v1/heads', 2],
  ['GET', '/v1/heads', 5],
  ['GET', '/v1/Domains', -1],
  ['GET', '/v1/domainS/', -1],
  ['PUT', '/v1/Domains', 5],
  ['GET', '/v1/DomainsX', 5],
  ['GET', '/v1/keys', 3],
  ['GET', '/v1/%E2%84%AAeys', -1],
  ['GET', '/v1/key%C5%BF', -1],
  ['GET', '/v1/%EF%BD%8Beys', -1],
  ['GET', '/v1/stra%C3%9Fe', 4],
  ['GET', '/v1/stra%E1%BA%9Ee', -1],
  ['GET', '/v1/STRASSE', -1],
  ['GET', '/v1/%E2%84%AAeysX', 5],
  ['GET', '/V1/x', -1],
  ['GET', '/v2', -1],
]
for (const [method, path, index] of found) {
  test(`forwarded path: ${method} ${path} is judged by ${index < 0 ? 'no route' : `route ${index}`}`, () =>
    assert.equal(findForwardRoute(routes, method, path), routes[index]))
}
