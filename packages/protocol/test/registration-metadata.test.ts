/** What may be registered. The sections are those of RFC 7591. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkUpdateMembers, type MetadataPolicy, readClientMetadata } from '../src/index.ts'

const policy: MetadataPolicy = {
  authMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
  grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
  scopes: ['b', 'a'],
}
const redirect_uris = ['https://app.example/cb']
const key = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

test('RFC 7591 §2: what is left out has the default of the document, and all that the door has', () => {
  assert.deepEqual(readClientMetadata({ redirect_uris }, policy), {
    outcome: 'ok',
    metadata: {
      name: undefined,
      redirectUris: redirect_uris,
      authentication: {
        method: 'client_secret_basic',
        signingAlg: undefined,
        jwks: undefined,
        jwksUri: undefined,
        tlsSubject: undefined,
        boundTokens: false,
      },
      grantTypes: ['authorization_code'],
      responseTypes: ['code'],
      scope: ['a', 'b'],
      rules: {},
      about: {},
    },
  })
})

test('what people read is kept as it was sent, and what nobody knows is passed over', () => {
  const about = {
    client_uri: 'https://app.example/',
    logo_uri: 'https://app.example/logo.png',
    tos_uri: 'https://app.example/tos',
    policy_uri: 'https://app.example/privacy',
    software_id: '4NRB1-0XZABZI9E6-5SM3R',
    software_version: '2.1',
    contacts: ['ops@app.example'],
  }
  const decision = readClientMetadata({ redirect_uris, ...about, application_type: 'web', x: 1 }, policy)
  assert.ok(decision.outcome === 'ok')
  assert.deepEqual(decision.metadata.about, about)
})

const taken: [name: string, members: object][] = [
  ['a native app on a loopback address', { redirect_uris: ['http://127.0.0.1:3000/callback'] }],
  ['a native app with a private scheme', { redirect_uris: ['com.example.app:/cb'] }],
  ['a public client', { redirect_uris, token_endpoint_auth_method: 'none' }],
  ['codes and refresh tokens', { redirect_uris, grant_types: ['authorization_code', 'refresh_token'] }],
  ['a part of the scope', { redirect_uris, scope: 'a' }],
  ['null for a member that is left out', { redirect_uris, client_name: null, jwks: null }],
  [
    'its public keys',
    { redirect_uris, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key] } },
  ],
  ['the address of its keys', { redirect_uris, jwks_uri: 'https://app.example/jwks' }],
]
for (const [name, members] of taken) {
  test(`§2: registration takes ${name}`, () =>
    assert.equal(readClientMetadata({ ...members }, policy).outcome, 'ok'))
}

const bidi = String.fromCodePoint(0x202e)
const refused: [name: string, members: object, error: RegExp, says: RegExp][] = [
  ['no redirect address (§2)', {}, /redirect_uri$/, /missing/],
  ['an empty list of them', { redirect_uris: [] }, /redirect_uri$/, /missing/],
  ['one that is not https', { redirect_uris: ['http://app.example/cb'] }, /redirect_uri$/, /https/],
  ['one with a fragment', { redirect_uris: ['https://app.example/#x'] }, /redirect_uri$/, /fragment/],
  ['javascript:', { redirect_uris: ['javascript:alert(1)'] }, /redirect_uri$/, /private scheme/],
  ['one address as text', { redirect_uris: 'https://app.example/' }, /metadata$/, /list/],
  [
    'eleven addresses',
    { redirect_uris: Array.from({ length: 11 }, (_, n) => `https://a.example/${n}`) },
    /metadata$/,
    /at most 10/,
  ],
  [
    'a grant type of machines',
    { redirect_uris, grant_types: ['client_credentials'] },
    /metadata$/,
    /grant_types/,
  ],
  ['a grant type the door has not', { redirect_uris, grant_types: ['implicit'] }, /metadata$/, /grant_types/],
  ['refresh tokens of nothing', { redirect_uris, grant_types: ['refresh_token'] }, /metadata$/, /come of/],
  [
    'a response type without its grant type (§2.1)',
    { redirect_uris, response_types: ['token'] },
    /metadata$/,
    /response_types/,
  ],
  ['no response type for codes (§2.1)', { redirect_uris, response_types: [] }, /metadata$/, /response_types/],
  [
    'a method the door has not',
    { redirect_uris, token_endpoint_auth_method: 'tls_client_auth' },
    /metadata$/,
    /auth_method/,
  ],
  [
    'a scope the door has not',
    { redirect_uris, scope: 'a admin' },
    /metadata$/,
    /scope must be made of: b a/,
  ],
  ['a malformed scope', { redirect_uris, scope: 'a  b' }, /metadata$/, /scope/],
  ['a name that is no text', { redirect_uris, client_name: 7 }, /metadata$/, /client_name/],
  [
    'a name that turns the sentence round',
    { redirect_uris, client_name: `a${bidi}b` },
    /metadata$/,
    /client_name/,
  ],
  ['a name with a line break', { redirect_uris, client_name: 'a\nb' }, /metadata$/, /client_name/],
  ['a name of 201 characters', { redirect_uris, client_name: 'a'.repeat(201) }, /metadata$/, /client_name/],
  [
    'a logo that is not https',
    { redirect_uris, logo_uri: 'http://app.example/logo.png' },
    /metadata$/,
    /logo_uri/,
  ],
  ['a page with a user name', { redirect_uris, tos_uri: 'https://me@app.example/' }, /metadata$/, /tos_uri/],
  ['a script for a page', { redirect_uris, client_uri: 'javascript:alert(1)' }, /metadata$/, /client_uri/],
  ['contacts that are no texts', { redirect_uris, contacts: [1] }, /metadata$/, /contacts/],
  [
    'keys twice (§2)',
    { redirect_uris, jwks: { keys: [key] }, jwks_uri: 'https://a.example/' },
    /metadata$/,
    /jwks must not come together with jwks_uri/,
  ],
  ['a private key', { redirect_uris, jwks: { keys: [{ ...key, d: 'x' }] } }, /metadata$/, /private members/],
  [
    'private_key_jwt without keys',
    { redirect_uris, token_endpoint_auth_method: 'private_key_jwt' },
    /metadata$/,
    /jwks or jwks_uri is needed/,
  ],
]
for (const [name, members, error, says] of refused) {
  test(`§2, §3.2.2: registration refuses ${name}`, () => {
    const decision = readClientMetadata({ ...members }, policy)
    assert.ok(decision.outcome === 'refuse')
    assert.match(decision.error, error)
    assert.match(decision.description, says)
  })
}

const changes: [name: string, members: object, says: RegExp | undefined][] = [
  ['names its client', { client_id: 'app_1' }, undefined],
  ['names another', { client_id: 'app_2' }, /client_id/],
  ['names none', {}, /client_id/],
  [
    'sends the token along',
    { client_id: 'app_1', registration_access_token: 'x' },
    /registration_access_token/,
  ],
  ['sends a moment along', { client_id: 'app_1', client_id_issued_at: 1 }, /client_id_issued_at/],
]
for (const [name, members, says] of changes) {
  test(`RFC 7592 §2.2: a change that ${name} is ${says ? 'refused' : 'taken'}`, () => {
    const reason = checkUpdateMembers({ ...members }, 'app_1')
    if (says === undefined) assert.equal(reason, undefined)
    else assert.match(reason ?? '', says)
  })
}
