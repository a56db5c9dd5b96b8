import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Door } from '../../src/doors/door.ts'
import { createRouter, isBelow } from '../../src/server/router.ts'

const door = (id: string, prefix: string, paths: readonly string[], hosts?: readonly string[]): Door => ({
  id,
  prefixes: [prefix],
  endpoints: paths.map((path) => ({ path, methods: { GET: () => ({ status: 200 }) } })),
  refuse: () => ({ status: 400 }),
  ...(hosts && { hosts }),
})

const route = createRouter([
  door('o', '/o', ['/o/token/']),
  door('oauth', '/oauth', ['/oauth/token']),
  door('people', '/api/auth', ['/api/auth/me/', '/api/auth/api-keys/{keyId}']),
  door('wide', '/wide', ['/wide/*', '/wide/exact']),
  door('bound', '/bound', ['/bound/x'], ['a.example']),
])

const cases: readonly (readonly [path: string, host: string, answer: string])[] = [
  ['/o/token', 'any', 'o'],
  ['/o/token/', 'any', 'o'],
  ['/oauth/token/', 'any', 'oauth'],
  ['/o/token//', 'any', 'unknown of o'],
  ['/o', 'any', 'unknown of o'],
  ['/oauthx', 'any', 'unknown'],
  ['/oauth/x', 'any', 'unknown of oauth'],
  ['/oa', 'any', 'unknown'],
  ['/api/auth/api-keys/key_1', 'any', 'people keyId=key_1'],
  ['/api/auth/api-keys/a%2Fb/', 'any', 'people keyId=a/b'],
  ['/api/auth/api-keys/%zz', 'any', 'unknown of people'],
  ['/api/auth/api-keys//', 'any', 'unknown of people'],
  ['/wide', 'any', 'wide'],
  ['/wide/', 'any', 'wide'],
  ['/wide//a/../b', 'any', 'wide'],
  ['/wider', 'any', 'unknown'],
  ['/bound/x', 'a.example', 'bound'],
  ['/bound/x', 'b.example', 'unknown'],
]

for (const [path, host, answer] of cases) {
  test(`router: ${path} at ${host} is ${answer}`, () => {
    const match = route(path, host)
    const told =
      match.outcome === 'unknown'
        ? ['unknown', ...(match.door ? [`of ${match.door.id}`] : [])]
        : [match.door.id, ...Object.entries(match.params).map(([name, value]) => `${name}=${value}`)]
    assert.equal(told.join(' '), answer)
  })
}

test('a prefix covers whole segments', () => {
  assert.equal(isBelow('/v1/domains', '/v1'), true)
  assert.equal(isBelow('/v1', '/v1'), true)
  assert.equal(isBelow('/v10', '/v1'), false)
})
