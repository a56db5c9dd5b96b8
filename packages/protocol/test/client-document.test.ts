/** Documents that describe clients. The sections are those of CIMD. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDocumentId, parseDocumentId, readClientDocument } from '../src/index.ts'

const url = 'https://app.example/oauth/client.json'
const document = { client_id: url, client_name: 'Notes', redirect_uris: ['http://127.0.0.1:3000/callback'] }

const addresses: [id: string, says: RegExp | undefined][] = [
  [url, undefined],
  ['https://app.example:8443/client', undefined],
  ['https://app.example/client?v=1', undefined],
  ['http://app.example/client', /https/],
  ['https://app.example', /spelling/],
  ['https://app.example/', /path/],
  ['https://app.example/client#x', /fragment/],
  ['https://me@app.example/client', /credentials/],
  ['https://app.example/a/../client', /spelling/],
  ['https://app.example/%2e/client', /spelling/],
  ['https://APP.example/client', /spelling/],
  ['https://app.example:443/client', /spelling/],
  ['https://2130706433/client', /spelling/],
  ['https:app.example/client', /spelling/],
  ['https://', /address/],
  [`https://app.example/${'a'.repeat(2000)}`, /address/],
]
for (const [id, says] of addresses) {
  test(`§3: ${id.slice(0, 60)} is ${says ? 'no' : 'an'} address of a client's document`, () => {
    const found = parseDocumentId(id)
    if (says === undefined) assert.ok(found instanceof URL)
    else assert.match(String(found), says)
  })
}

test('ids of ours are never addresses', () => {
  assert.equal(isDocumentId('app_018f'), false)
  assert.equal(isDocumentId('HTTPS://app.example/client'), true)
})

test('§4: a document describes a public client unless it says otherwise', () => {
  const decision = readClientDocument(url, document)
  assert.ok(decision.outcome === 'ok')
  const { authentication, grantTypes, name, scope } = decision.metadata
  assert.deepEqual(
    { method: authentication.method, grantTypes, name, scope },
    { method: 'none', grantTypes: ['authorization_code'], name: 'Notes', scope: [] },
  )
})

test('what a document would like elsewhere is left out', () => {
  const grant_types = ['authorization_code', 'implicit', 'refresh_token', 'client_credentials']
  const more = { grant_types, response_types: ['code', 'token'], scope: 'of another server' }
  const decision = readClientDocument(url, { ...document, ...more })
  assert.ok(decision.outcome === 'ok')
  assert.deepEqual(decision.metadata.grantTypes, ['authorization_code', 'refresh_token'])
  assert.deepEqual(decision.metadata.scope, [])
})

test('what a document says of logout is kept where it is right here, and left out where it is for others', () => {
  const more = {
    post_logout_redirect_uris: ['https://app.example/bye'],
    backchannel_logout_uri: 'http://app.example/out',
    frontchannel_logout_uri: 'https://elsewhere.example/out',
  }
  const decision = readClientDocument(url, { ...document, ...more })
  assert.ok(decision.outcome === 'ok')
  assert.deepEqual(decision.metadata.logout, {
    postLogoutRedirectUris: ['https://app.example/bye'],
    backchannelUri: undefined,
    backchannelSessionRequired: false,
    frontchannelUri: undefined,
    frontchannelSessionRequired: false,
  })
})

const key = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }
test('§8.2: a document may name the keys that its client proves itself by', () => {
  const more = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key] } }
  assert.equal(readClientDocument(url, { ...document, ...more }).outcome, 'ok')
})

const refused: [name: string, members: object, says: RegExp][] = [
  ['another client_id', { ...document, client_id: `${url}/` }, /not its address/],
  ['no client_id', { ...document, client_id: undefined }, /not its address/],
  ['no name', { client_id: url, redirect_uris: document.redirect_uris }, /client_name/],
  ['no redirect address', { client_id: url, client_name: 'x' }, /redirect_uris/],
  ['a bad redirect address', { ...document, redirect_uris: ['http://app.example/'] }, /https/],
  ['a secret', { ...document, client_secret: 'x' }, /no place/],
  ['the end of a secret', { ...document, client_secret_expires_at: 0 }, /no place/],
  [
    'a method with a secret',
    { ...document, token_endpoint_auth_method: 'client_secret_basic' },
    /auth_method/,
  ],
  [
    'a method with a shared key',
    { ...document, token_endpoint_auth_method: 'client_secret_jwt' },
    /auth_method/,
  ],
  ['private_key_jwt without keys', { ...document, token_endpoint_auth_method: 'private_key_jwt' }, /needed/],
  ['no grant in which a person decides', { ...document, grant_types: ['client_credentials'] }, /grant_types/],
]
for (const [name, members, says] of refused) {
  test(`§4: a document with ${name} describes no client`, () => {
    const decision = readClientDocument(url, { ...members })
    assert.ok(decision.outcome === 'refuse')
    assert.match(decision.description, says)
  })
}
