/** The claims parameter. The sections are those of OpenID Connect Core. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readClaimsRequest } from '../src/index.ts'

const nothing = { idToken: [], userinfo: [], subject: undefined, acr: undefined }
const read: [name: string, text: string, expected: object][] = [
  ['nothing', '{}', {}],
  [
    'the address in both places',
    '{"id_token":{"email":null},"userinfo":{"email":{"essential":true}}}',
    { idToken: ['email'], userinfo: ['email'] },
  ],
  ['what everybody is told, and what nobody is', '{"id_token":{"name":null,"phone_number":null}}', {}],
  ['places that we don’t have', '{"verified":{"email":null}}', {}],
  ['a person (§5.5.1)', '{"id_token":{"sub":{"value":"acc_1"}}}', { subject: 'acc_1' }],
  [
    'the same person twice',
    '{"id_token":{"sub":{"value":"acc_1"}},"userinfo":{"sub":{"value":"acc_1"}}}',
    { subject: 'acc_1' },
  ],
  [
    'an essential acr (§5.5.1.1)',
    '{"id_token":{"acr":{"essential":true,"values":["2"]}}}',
    { acr: { values: ['2'], essential: true } },
  ],
  [
    'an acr that is wished for',
    '{"id_token":{"acr":{"values":["2"]}}}',
    { acr: { values: ['2'], essential: false } },
  ],
  [
    'an acr alone',
    '{"id_token":{"acr":{"essential":true,"value":"2"}}}',
    { acr: { values: ['2'], essential: true } },
  ],
  ['any essential acr', '{"id_token":{"acr":{"essential":true}}}', {}],
]
for (const [name, text, expected] of read) {
  test(`§5.5: claims: ${name}`, () => assert.deepEqual(readClaimsRequest(text), { ...nothing, ...expected }))
}

for (const [name, text] of [
  ['no JSON', 'email'],
  ['no object', '["email"]'],
  ['a place that is no object', '{"id_token":["email"]}'],
  ['a claim that is neither null nor an object', '{"id_token":{"email":true}}'],
  ['a member twice', '{"id_token":{"email":null,"email":null}}'],
  ['two people', '{"id_token":{"sub":{"value":"a"}},"userinfo":{"sub":{"value":"b"}}}'],
  ['an acr that is no text', '{"id_token":{"acr":{"value":1}}}'],
  ['no acr of a list', '{"id_token":{"acr":{"values":[]}}}'],
  ['a person that is no text', '{"id_token":{"sub":{"value":1}}}'],
] as const) {
  test(`§5.5: claims: ${name} is refused`, () => assert.equal(readClaimsRequest(text), undefined))
}
