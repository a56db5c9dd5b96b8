import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CompactJws, readRequestObject } from '../src/index.ts'

const now = 1_000_000
const expected = { clientId: 'app_1', issuer: 'https://id.example', now }
const claims = {
  iss: 'app_1',
  aud: 'https://id.example',
  client_id: 'app_1',
  response_type: 'code',
  exp: now + 60,
  nbf: now,
  jti: 'x',
}
const object = (more: object = {}, header: object = { typ: 'oauth-authz-req+jwt' }): CompactJws => ({
  header: { alg: 'ES256', ...header },
  payload: { ...claims, ...more },
  signingInput: '',
  signature: new Uint8Array(),
})

const refused: [name: string, object: CompactJws][] = [
  ['another client (§5)', object({ client_id: 'app_2' })],
  ['no client_id (§5)', object({ client_id: undefined })],
  ['another issuer of it (§4)', object({ iss: 'app_2' })],
  ['another server (§4)', object({ aud: 'https://evil.example' })],
  ['other servers', object({ aud: ['https://evil.example'] })],
  ['no server', object({ aud: undefined })],
  ['a server that is no text', object({ aud: [1] })],
  ['a statement that proves the client (§10.8)', object({ sub: 'app_1' })],
  ['another type (§10.8)', object({}, { typ: 'dpop+jwt' })],
  ['a type that is no text', object({}, { typ: Object.create(null) })],
  ['an expired one', object({ exp: now })],
  ['an end that is no number', object({ exp: 'soon' })],
  ['one that is not valid yet', object({ nbf: now + 61 })],
  ['one from more than a minute ahead', object({ iat: now + 61 })],
  ['a request object in it (§4)', object({ request: 'x' })],
  ['a request_uri in it (§4)', object({ request_uri: 'urn:x' })],
  ['a claim that is null', object({ state: null })],
  ['a claim that is a flag', object({ state: true })],
  ['a claim that is a fraction', object({ max_age: 1.5 })],
  ['a NUL', object({ state: 'a\0b' })],
  ['resources that are no texts (RFC 8707 §2)', object({ resource: [1] })],
]
for (const [name, jws] of refused) {
  test(`RFC 9101: request object: ${name} is refused`, () =>
    assert.equal(readRequestObject(jws, expected).outcome, 'refuse'))
}

const read: [name: string, object: CompactJws, params: object][] = [
  ['what is about the object is no parameter', object(), { client_id: 'app_1', response_type: 'code' }],
  ['numbers', object({ max_age: 60 }), { max_age: '60' }],
  ['objects', object({ claims: { userinfo: { name: null } } }), { claims: '{"userinfo":{"name":null}}' }],
  ['lists', object({ authorization_details: [{ type: 'a' }] }), { authorization_details: '[{"type":"a"}]' }],
  ['a media type in full', object({}, { typ: 'application/oauth-authz-req+jwt' }), {}],
  ['a clock that is a little ahead', object({ iat: now + 60, nbf: now + 60 }), {}],
  ['no type', object({}, {}), {}],
  ['several audiences', object({ aud: ['x', 'https://id.example'] }), {}],
]
for (const [name, jws, params] of read) {
  test(`RFC 9101 §4: request object: ${name}`, () => {
    const result = readRequestObject(jws, expected)
    assert.equal(result.outcome, 'ok')
    const all = result.outcome === 'ok' ? Object.fromEntries(result.params) : {}
    assert.deepEqual(all, { client_id: 'app_1', response_type: 'code', ...params })
  })
}

test('RFC 9101 §4: request object: resources, one or several, and what was left empty', () => {
  const one = readRequestObject(object({ resource: 'https://a.example', scope: '' }), expected)
  assert.deepEqual(one.outcome === 'ok' && [one.resources, one.emptied], [['https://a.example'], ['scope']])
  const two = readRequestObject(object({ resource: ['b', 'a'] }), expected)
  assert.deepEqual(two.outcome === 'ok' && two.resources, ['b', 'a'])
})
