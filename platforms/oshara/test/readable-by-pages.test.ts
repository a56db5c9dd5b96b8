import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readableByPages } from '../src/readable-by-pages.ts'

const api = readableByPages({
  paths: ['/api/agents'],
  fetch: async () => Response.json({ detail: 'no' }, { status: 403 }),
})
const ask = (method: string, headers: Record<string, string>) =>
  api.fetch(new Request('http://localhost/api/agents/a/session', { method, headers }), {
    ip: '127.0.0.1',
    requestId: 'r',
  })

const cases: [name: string, headers: Record<string, string>, readable: string | null][] = [
  ['any origin', { origin: 'https://anything.example' }, 'https://anything.example'],
  ['a page without an origin of its own', { origin: 'null' }, 'null'],
  ['no origin', {}, null],
  ['two origins', { origin: 'https://a.example, https://b.example' }, null],
  ['letters that an origin has not', { origin: 'https://é.example' }, null],
  ['more than an origin is long', { origin: `https://${'a'.repeat(300)}.example` }, null],
]
for (const [name, headers, readable] of cases) {
  test(`pages: ${name} ${readable === null ? 'reads nothing' : 'reads a refusal too'}`, async () => {
    for (const method of ['GET', 'OPTIONS']) {
      const answer = await ask(method, headers)
      assert.equal(answer.headers.get('access-control-allow-origin'), readable)
      assert.equal(answer.headers.get('access-control-allow-credentials'), null)
      assert.equal(answer.headers.get('vary'), 'Origin')
    }
  })
}

test('pages: a preflight is answered here, and allows the token’s header', async () => {
  const answer = await ask('OPTIONS', { origin: 'https://a.example' })
  assert.equal(answer.status, 204)
  assert.equal(answer.headers.get('access-control-allow-methods'), 'GET')
  assert.equal(answer.headers.get('access-control-allow-headers'), 'authorization')
  assert.equal(await answer.text(), '')
})
