import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import type { Guard } from '@sallyport/guard'
import type { Tables } from 'sallyport'
import { osirApp } from '../src/app.ts'

/** Lets everybody in; who is let in is the guard's own tests' to say. */
const guard: Guard = {
  metadata: () => undefined,
  check: async () => ({
    outcome: 'allow',
    headers: {},
    principal: {
      kind: 'api-key',
      id: 'key_1',
      door: 'osir',
      team: { id: 'team_1', slug: 'one' },
      admin: false,
      scopes: [],
      environment: 'live',
      credentialId: 'key_1',
    },
  }),
}
/** A database that is gone. */
const tables: Tables = {
  query: () => Promise.reject(new Error('disk I/O error in osir_item')),
  write: () => Promise.reject(new Error('disk I/O error in osir_item')),
}
const reported: unknown[] = []
const report = (error: unknown) => void reported.push(error)
const app = osirApp(tables, {
  baseUrl: 'https://api.example',
  guard: () => guard,
  newId: (prefix) => `${prefix}1`,
  now: () => 1,
  report,
})
const server = createServer(app)
let base: string
before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address)
  base = `http://127.0.0.1:${address.port}`
})
after(() => server.close())

const cases: [name: string, method: string, path: string, status: number, error: string][] = [
  ['a database that is gone is our fault, and not told', 'GET', '/v1/domains', 500, 'server_error'],
  ['an address that can’t be decoded is not', 'POST', '/v1/domains/%ff/transfer', 400, 'invalid_request'],
  [
    'a transfer is asked for, not looked at',
    'GET',
    '/v1/domains/a.example/transfer',
    405,
    'method_not_allowed',
  ],
  ['a resource is listed or added to', 'DELETE', '/v1/vps', 405, 'method_not_allowed'],
  ['an address in capitals is another', 'GET', '/v1/DOMAINS', 404, 'not_found'],
  ['a slash makes no other address', 'DELETE', '/v1/vps/', 405, 'method_not_allowed'],
  ['an unknown address', 'GET', '/v1/nothing', 404, 'not_found'],
  ['a body of another type', 'POST', '/v1/email', 415, 'unsupported_media_type'],
]
for (const [name, method, path, status, error] of cases) {
  test(`app: ${name}: ${status}`, async () => {
    const answer = await fetch(base + path, { method })
    const body = (await answer.json()) as { readonly error: string; readonly message: string }
    assert.equal(answer.status, status)
    assert.deepEqual(Object.keys(body), ['error', 'message'])
    assert.equal(body.error, error)
    assert.doesNotMatch(body.message, /osir_item/)
  })
}

test('app: what a path has instead is in Allow', async () => {
  const allowed = async (path: string) => (await fetch(base + path, { method: 'PUT' })).headers.get('allow')
  assert.equal(await allowed('/v1/domains'), 'GET, POST')
  assert.equal(await allowed('/v1/domains/a.example/transfer'), 'POST')
})

test('a fault is told to the log, what could not be read is not', async () => {
  const count = reported.length
  assert.equal((await fetch(`${base}/v1/domains`)).status, 500)
  assert.equal(reported.length, count + 1)
  assert.equal((await fetch(`${base}/v1/domains/%zz/transfer`, { method: 'POST' })).status, 400)
  assert.equal(reported.length, count + 1)
})
