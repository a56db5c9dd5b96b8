import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
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
      kind: 'app',
      id: 'acc_1',
      door: 'osir-oauth',
      admin: false,
      scopes: [],
      environment: 'live',
      credentialId: 'fam_1',
    },
  }),
}

test('mcp: a database that is gone is our fault, told to the log and not to the caller', async (t) => {
  const gone = () => Promise.reject(new Error('disk I/O error in osir_item'))
  const tables: Tables = { query: gone, write: gone }
  const reported: unknown[] = []
  const host = {
    baseUrl: 'https://api.example',
    guard: () => guard,
    newId: (prefix: string) => `${prefix}1`,
    now: () => 1,
    report: (error: unknown) => void reported.push(error),
  }
  const app = osirApp(tables, host)
  const call = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'list_vps' } }
  const rawBody = Buffer.from(JSON.stringify(call))
  const server = createServer((request, response) => app(Object.assign(request, { rawBody }), response))
  t.after(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address)
  const answer = await fetch(`http://127.0.0.1:${address.port}/mcp`, { method: 'POST' })
  assert.equal(answer.status, 500)
  assert.doesNotMatch(await answer.text(), /osir_item/)
  assert.equal(reported.length, 1)
})
