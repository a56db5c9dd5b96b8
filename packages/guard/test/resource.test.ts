/** The API as a protected resource: what it says of itself, and where. @see RFC 9728 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGuard, type GuardOptions } from '@sallyport/guard'
import { allCallers, bearer, coreCaller, guardOf } from './support/callers.ts'
import { addFamily, createFacts, signToken, sourceOf } from './support/world.ts'

const resource = 'https://api.example/v1'
const path = '/.well-known/oauth-protected-resource/v1'
const metadataUrl = `https://api.example${path}`
const doors = ['apps']

async function documentOf(setting: GuardOptions['resource']): Promise<Readonly<Record<string, unknown>>> {
  const guard = guardOf(createFacts(), setting === undefined ? {} : { resource: setting })
  return guard.metadata({ method: 'GET', path })?.body ?? assert.fail('no metadata')
}

test('§3, §3.2: every adapter serves the document where §3.1 puts it, to anybody', async () => {
  for (const caller of await allCallers(guardOf(createFacts(), { resource }))) {
    const { status, headers, body } = await caller.ask({ doors }, { path })
    assert.equal(status, 200, caller.way)
    assert.match(String(headers['content-type'] ?? 'application/json'), /^application\/json/)
    assert.equal(headers['access-control-allow-origin'], '*')
    // §3.3: the identifier that the address was made from, letter by letter.
    assert.equal(body['resource'], resource)
    assert.deepEqual(body['authorization_servers'], ['https://id.example/apps', 'https://id.example/vendors'])
    await caller.close()
  }
})

test('§3.1: the document is read, not written', async () => {
  for (const caller of await allCallers(guardOf(createFacts(), { resource }))) {
    const { status, headers } = await caller.ask({ doors }, { path, method: 'POST' })
    assert.equal(status, 405, caller.way)
    assert.equal(headers['allow'], 'GET, HEAD')
    await caller.close()
  }
})

for (const other of [
  '/.well-known/oauth-protected-resource',
  `${path}/`,
  `${path}/x`,
  '/v1/.well-known/oauth-protected-resource',
  path.toUpperCase(),
]) {
  test(`§3.1: ${other} is not the address of it, and guarded like anything else`, async () => {
    for (const caller of await allCallers(guardOf(createFacts(), { resource }))) {
      assert.equal((await caller.ask({ doors }, { path: other })).status, 401, caller.way)
      await caller.close()
    }
  })
}

test('§2: the scopes are those of the doors, less what asks for a person', async () => {
  const facts = createFacts()
  const scopes = ['domains:write', 'domains:read', 'openid', 'profile']
  facts.doors = facts.doors.map((door) => (door.doorId === 'apps' ? { ...door, scopes } : door))
  const { body } = guardOf(facts, { resource }).metadata({ method: 'GET', path }) ?? assert.fail()
  assert.deepEqual(body['scopes_supported'], ['domains:read', 'domains:write'])
})

test('§2: what is set is told, and what is not is left out', async () => {
  const url = resource
  assert.deepEqual(await documentOf({ url, doors }), {
    resource,
    authorization_servers: ['https://id.example/apps'],
    bearer_methods_supported: ['header'],
  })
  const full = await documentOf({
    url,
    doors,
    scopes: ['b', 'a'],
    name: 'Domains',
    documentation: 'https://docs.example',
    policy: 'https://docs.example/policy',
    terms: 'https://docs.example/terms',
  })
  assert.deepEqual(full['scopes_supported'], ['a', 'b'])
  assert.equal(full['resource_name'], 'Domains')
  assert.equal(full['resource_documentation'], 'https://docs.example')
  assert.equal(full['resource_policy_uri'], 'https://docs.example/policy')
  assert.equal(full['resource_tos_uri'], 'https://docs.example/terms')
})

test('§5.1: a challenge says where the document is, and names every scope that is missing', async () => {
  const facts = createFacts()
  const token = await signToken(addFamily(facts, 'apps', { accountId: 'acc_1', clientId: 'app_1' }))
  for (const caller of await allCallers(guardOf(facts, { resource }))) {
    const challenge = async (headers: readonly (readonly [string, string])[], scopes: readonly string[]) =>
      (await caller.ask({ doors, scopes }, { headers })).headers['www-authenticate']
    assert.equal(await challenge([], []), `Bearer resource_metadata="${metadataUrl}"`)
    assert.equal(
      await challenge([bearer('noise')], []),
      `Bearer error="invalid_token", resource_metadata="${metadataUrl}"`,
    )
    assert.equal(
      await challenge([bearer(token)], ['domains:read', 'vps:read', 'vps:write']),
      `Bearer error="insufficient_scope", scope="vps:read vps:write", resource_metadata="${metadataUrl}"`,
    )
    await caller.close()
  }
})

test('metadata that is served elsewhere is named instead', async () => {
  const guard = guardOf(createFacts(), { resource, resourceMetadata: 'https://docs.example/resource.json' })
  const { headers } = await coreCaller(guard).ask({ doors }, {})
  assert.equal(headers['www-authenticate'], 'Bearer resource_metadata="https://docs.example/resource.json"')
})

test('a guard without a resource serves no document', () => {
  assert.equal(guardOf(createFacts()).metadata({ method: 'GET', path }), undefined)
})

test('a resource that can be no identifier is a mistake of whoever starts the guard', () => {
  const start = () =>
    createGuard({
      source: sourceOf(createFacts()),
      now: () => 1,
      shape: 'oauth',
      resource: 'http://api.example',
    })
  assert.throws(start, /resource must be an https address/)
})
