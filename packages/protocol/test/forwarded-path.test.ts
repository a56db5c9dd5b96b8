import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isForwardedTo, parseForwardedPath } from '../src/index.ts'

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
