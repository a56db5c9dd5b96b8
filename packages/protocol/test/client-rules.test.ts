import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type ClientRules,
  type ClientRulesPolicy,
  clientRulesMetadata,
  pageOrigins,
  readClientRules,
  unmetRule,
} from '../src/index.ts'

const all = {
  require_pushed_authorization_requests: true,
  require_signed_request_object: true,
  subject_type: 'pairwise',
  sector_identifier_uri: 'https://a.example/sector.json',
  id_token_signed_response_alg: 'ES256',
  userinfo_signed_response_alg: 'ES256',
  introspection_signed_response_alg: 'ES256',
  authorization_signed_response_alg: 'ES256',
  request_object_signing_alg: 'PS256',
  default_max_age: 300,
  require_auth_time: true,
  default_acr_values: ['a'],
  dpop_bound_access_tokens: true,
}
const policy: ClientRulesPolicy = {
  pushes: true,
  requestObjects: true,
  foreignAlgorithms: ['ES256', 'PS256'],
  dpop: true,
  openid: true,
  signedResponses: true,
  signedIntrospection: true,
  subjectTypes: ['public', 'pairwise'],
  algorithms: ['ES256'],
  acrValues: ['a'],
}
const rulesOf = (members: object): ClientRules => {
  const read = readClientRules({ ...members })
  assert.equal(read.outcome, 'ok')
  return read.outcome === 'ok' ? read.rules : {}
}

describe('reading', () => {
  test('what was registered is told back as it was said', () =>
    assert.deepEqual(clientRulesMetadata(rulesOf(all)), all))
  test('where nothing was said there is nothing', () => {
    assert.deepEqual(rulesOf({ client_name: 'x' }), {})
    assert.deepEqual(clientRulesMetadata({ requirePushed: false, requireSigned: false }), {})
  })

  const wrong: readonly [member: string, values: readonly unknown[]][] = [
    ['require_pushed_authorization_requests', ['true', 1]],
    ['require_signed_request_object', ['yes']],
    ['subject_type', ['PAIRWISE', 'ephemeral', 1, '']],
    [
      'sector_identifier_uri',
      ['http://a.example/s', 'a.example', 'https://u:p@a.example/', 'https://a.example/#x', 1],
    ],
    ['id_token_signed_response_alg', ['none', 'HS256', 'es256', '', 1]],
    ['userinfo_signed_response_alg', ['none', 'HS256']],
    ['introspection_signed_response_alg', ['none']],
    ['authorization_signed_response_alg', ['none']],
    ['request_object_signing_alg', ['none', 'HS256']],
    ['default_max_age', [-1, 1.5, '60', 1e9]],
    ['require_auth_time', ['true']],
    ['default_acr_values', ['a', ['a b'], [''], Array(11).fill('a')]],
    ['dpop_bound_access_tokens', [1]],
  ]
  for (const [member, values] of wrong)
    for (const value of values)
      test(`${member}: ${JSON.stringify(value)} is refused by name`, () => {
        const read = readClientRules({ ...all, [member]: value })
        assert.equal(read.outcome === 'refuse' && read.member, member)
      })
})

describe('what a door can’t keep is refused', () => {
  test('a door that can do all of it takes all of it', () =>
    assert.equal(unmetRule(rulesOf(all), [], policy), undefined))

  const unable: readonly [members: object, less: Partial<ClientRulesPolicy>][] = [
    [{ require_pushed_authorization_requests: true }, { pushes: false }],
    [{ require_signed_request_object: true }, { requestObjects: false }],
    [{ request_object_signing_alg: 'PS256' }, { foreignAlgorithms: ['ES256'] }],
    [{ dpop_bound_access_tokens: true }, { dpop: false }],
    [{ subject_type: 'pairwise' }, { subjectTypes: ['public'] }],
    [{ subject_type: 'public' }, { subjectTypes: ['pairwise'] }],
    [{ id_token_signed_response_alg: 'RS256' }, {}],
    [{ id_token_signed_response_alg: 'ES256' }, { openid: false }],
    [{ userinfo_signed_response_alg: 'RS256' }, {}],
    [{ userinfo_signed_response_alg: 'ES256' }, { openid: false }],
    [{ introspection_signed_response_alg: 'ES256' }, { signedIntrospection: false }],
    [{ authorization_signed_response_alg: 'ES256' }, { signedResponses: false }],
    [{ default_acr_values: ['a', 'b'] }, {}],
  ]
  for (const [members, less] of unable)
    test(`${JSON.stringify(members)} at a door with ${JSON.stringify(less)}`, () => {
      const [member = ''] = Object.keys(members)
      assert.match(unmetRule(rulesOf(members), [], { ...policy, ...less }) ?? '', new RegExp(`^${member}:`))
      assert.equal(unmetRule({}, [], { ...policy, ...less }), undefined, 'who says nothing is not held to it')
    })

  const hosts = ['https://a.example/cb', 'https://b.example/cb']
  const several: readonly [
    name: string,
    members: object,
    types: ClientRulesPolicy['subjectTypes'],
    refused: boolean,
  ][] = [
    ['pairwise', { subject_type: 'pairwise' }, ['public', 'pairwise'], true],
    ['pairwise by the door', {}, ['pairwise'], true],
    ['pairwise with a sector', { ...all }, ['public', 'pairwise'], false],
    ['public', { subject_type: 'public' }, ['public', 'pairwise'], false],
    ['public by the door', {}, ['public', 'pairwise'], false],
  ]
  for (const [name, members, subjectTypes, refused] of several)
    test(`OpenID Connect Core §8.1: ${name} with two hosts: ${refused ? 'refused' : 'taken'}`, () => {
      const reason = unmetRule(rulesOf(members), hosts, { ...policy, subjectTypes })
      assert.equal(reason?.startsWith('sector_identifier_uri is needed') ?? false, refused)
    })
})

test('the pages of a client are those that its redirect addresses lead to', () => {
  const uris = [
    'https://a.example/cb',
    'https://a.example/other',
    'http://127.0.0.1:3000/',
    'com.example.app:/cb',
  ]
  assert.deepEqual(pageOrigins(uris), ['https://a.example', 'http://127.0.0.1:3000'])
  assert.deepEqual(pageOrigins([]), [])
})
