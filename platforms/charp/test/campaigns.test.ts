import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Guard } from '@sallyport/guard'
import { createApi, type PlatformHost, type Tables } from 'sallyport'
import { campaignRoutes } from '../src/api.ts'

const guard: Guard = {
  metadata: () => undefined,
  check: async () => ({
    outcome: 'allow',
    headers: {},
    principal: {
      kind: 'vendor',
      id: 'app_1',
      door: 'charp',
      team: { id: 'team_1', slug: 'one' },
      admin: false,
      scopes: [],
      environment: 'live',
      credentialId: 'fam_1',
    },
  }),
}

const cases: [name: string, body: object, status: number, error: string][] = [
  ['no brand', { name: 'c' }, 400, 'invalid_request'],
  ['a brand that is a number', { name: 'c', brand_id: 5 }, 400, 'invalid_request'],
  ['an empty brand', { name: 'c', brand_id: '' }, 400, 'invalid_request'],
  ['no name', { brand_id: 'brand_1' }, 400, 'invalid_request'],
  ['a brand that the vendor has not', { name: 'c', brand_id: 'brand_1' }, 404, 'not_found'],
]
for (const [name, body, status, error] of cases) {
  test(`campaigns: ${name} is a ${status}`, async () => {
    const empty: Tables = { query: async () => [], write: async () => [] }
    const host: Pick<PlatformHost, 'newId' | 'now'> = { newId: (prefix) => `${prefix}1`, now: () => 1 }
    const routes = campaignRoutes(empty, host)
    const api = createApi({ guard, shape: 'oauth', paths: ['/campaigns'], routes })
    const answer = await api.fetch(
      new Request('http://localhost/campaigns', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
      { ip: '127.0.0.1', requestId: 'r' },
    )
    assert.equal(answer.status, status)
    const refusal = (await answer.json()) as { readonly error: string }
    assert.equal(refusal.error, error)
  })
}
