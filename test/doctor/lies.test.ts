/** Each rule of the doctor finds the fault that it is there for, at a server that has it; and finds none at one that has none. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, describe, test } from 'node:test'
import { setDefaultCACertificates, getCACertificates } from 'node:tls'
import { examine } from '../../packages/server/src/cli/doctor.ts'
import { type Finding, profiles } from '../../packages/server/src/cli/doctor/rule.ts'
import { documentRules } from '../../packages/server/src/cli/doctor/rules-documents.ts'
import { pageRules } from '../../packages/server/src/cli/doctor/rules-pages.ts'
import { fapiRules, mcpRules } from '../../packages/server/src/cli/doctor/rules-profiles.ts'
import { authorizeRules } from '../../packages/server/src/cli/doctor/rules-authorize.ts'
import { endpointRules } from '../../packages/server/src/cli/doctor/rules-endpoints.ts'
import { type Authority, hasOpenssl, newAuthority } from '../support/certificates.ts'
import { knownClient, type Lies, startLyingServer } from '../support/lying-server.ts'

type Tls = Parameters<typeof startLyingServer>[1]

async function findingsOf(lies: Lies, tls?: Tls): Promise<ReadonlyMap<string, Finding>> {
  const server = await startLyingServer(lies, tls)
  try {
    const options = { ...knownClient, config: 'none.ts', json: true, profile: profiles }
    const { findings } = await examine(server.issuer, { ...options, resource: `${server.issuer}/mcp` })
    return new Map(findings.map((one) => [one.id, one]))
  } finally {
    await server.close()
  }
}

const rsa = (modulusLength: number) => ({
  ...generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' }),
  kid: 'k2',
})
const withPrivate = {
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
  kid: 'k3',
}
const trace = 'Error: no such client\n    at authenticate (file:///app/src/token.js:17:3)'
const body = (value: object) => JSON.stringify(value)
const anyOrigin = {
  'access-control-allow-origin': 'https://doctor.invalid',
  'access-control-allow-credentials': 'true',
}

/** A fault, the rule that finds it, and how bad it is. */
const faults: [fault: string, rule: string, status: 'fail' | 'warn', lies: Lies][] = [
  [
    'another issuer in the metadata',
    'issuer-same',
    'fail',
    { metadata: { issuer: 'https://other.example' } },
  ],
  [
    'an endpoint in the clear',
    'endpoints-https',
    'fail',
    { metadata: { registration_endpoint: 'http://login.example/register' } },
  ],
  ['no PKCE', 'pkce-told', 'fail', { metadata: { code_challenge_methods_supported: undefined } }],
  ['PKCE by plain', 'pkce-told', 'fail', { metadata: { code_challenge_methods_supported: ['plain'] } }],
  [
    'PKCE by plain as well',
    'pkce-told',
    'warn',
    { metadata: { code_challenge_methods_supported: ['S256', 'plain'] } },
  ],
  [
    'tokens in addresses',
    'no-implicit',
    'fail',
    { metadata: { response_types_supported: ['code', 'id_token token'] } },
  ],
  ['the implicit grant', 'no-implicit', 'warn', { metadata: { grant_types_supported: ['implicit'] } }],
  ['the password grant', 'no-password', 'fail', { metadata: { grant_types_supported: ['password'] } }],
  [
    'the algorithm none',
    'no-unsigned',
    'fail',
    { metadata: { id_token_signing_alg_values_supported: ['ES256', 'none'] } },
  ],
  ['no bound tokens', 'bound-tokens', 'warn', { metadata: { dpop_signing_alg_values_supported: undefined } }],
  [
    'secrets alone',
    'client-keys',
    'warn',
    { metadata: { token_endpoint_auth_methods_supported: ['client_secret_post'] } },
  ],
  ['the halves that are to be kept', 'keys-public', 'fail', { keys: [withPrivate] }],
  ['a shared secret as a key', 'keys-public', 'fail', { keys: [{ kty: 'oct', kid: 'k4' }] }],
  ['a short key', 'keys-long', 'fail', { keys: [rsa(1024)] }],
  ['no keys', 'keys-long', 'warn', { keys: [] }],
  ['two keys of one name', 'keys-named', 'warn', { keys: [rsa(2048), rsa(2048)] }],
  ['a clock that is wrong', 'clock', 'fail', { headers: { date: 'Tue, 01 Jan 2030 00:00:00 GMT' } }],
  ['a redirect for anybody', 'stranger-redirect', 'fail', { skips: ['client'] }],
  [
    'a refresh for anybody',
    'stranger-redirect',
    'fail',
    { page: { refresh: '0; url=https://doctor.invalid/' } },
  ],
  ['any redirect address', 'unregistered-redirect', 'fail', { skips: ['redirect'] }],
  ['redirect addresses by prefix', 'exact-redirect', 'fail', { skips: ['prefix'] }],
  ['plain challenges', 'plain-pkce', 'fail', { skips: ['method'] }],
  ['requests without a challenge', 'no-pkce', 'warn', { skips: ['pkce'] }],
  ['the response type token', 'implicit-refused', 'fail', { skips: ['type'] }],
  ['objects that nobody signed', 'unsigned-object', 'fail', { skips: ['object', 'pkce', 'type'] }],
  [
    'answers that do not tell whose they are',
    'iss',
    'warn',
    { metadata: { authorization_response_iss_parameter_supported: undefined } },
  ],
  ['answers without iss', 'iss', 'fail', { withoutIss: true }],
  ['redirects that keep the method', 'no-307', 'warn', { redirectStatus: 307 }],
  [
    'another error for strangers',
    'unknown-client',
    'fail',
    { token: { body: body({ error: 'invalid_grant' }) } },
  ],
  ['another status for strangers', 'unknown-client', 'fail', { token: { status: 400 } }],
  ['no challenge', 'unknown-client', 'warn', { token: { headers: { 'content-type': 'application/json' } } }],
  ['tokens by GET', 'token-get', 'fail', { tokenGet: { status: 200, body: body({ access_token: 'x' }) } }],
  [
    'a GET that is read',
    'token-get',
    'fail',
    { tokenGet: { status: 400, body: body({ error: 'invalid_grant' }) } },
  ],
  [
    'answers that may be kept',
    'token-no-store',
    'warn',
    { token: { headers: { 'cache-control': 'public' } } },
  ],
  ['CORS for everybody', 'token-cors', 'fail', { headers: anyOrigin }],
  [
    'CORS at the authorization endpoint',
    'authorize-cors',
    'fail',
    { page: { 'access-control-allow-origin': '*' } },
  ],
  [
    'introspection for anybody',
    'introspection-proven',
    'fail',
    { introspect: { status: 200, body: body({ active: false }) } },
  ],
  [
    'pushed requests of anybody',
    'push-proven',
    'fail',
    { push: { status: 201, body: body({ request_uri: 'urn:x' }) } },
  ],
  ['a stack trace', 'errors', 'fail', { tokenBroken: { body: trace } }],
  ['a database’s own words', 'errors', 'fail', { token: { body: 'SQLITE_ERROR: no such column' } }],
  ['its caller’s secret', 'errors', 'fail', { echoes: true }],
  ['a fault of its own', 'errors', 'fail', { tokenBroken: { status: 500 } }],
  ['frames', 'framing', 'fail', { page: { 'content-security-policy': undefined } }],
  ['frames of everybody', 'framing', 'fail', { page: { 'content-security-policy': 'frame-ancestors *' } }],
  [
    'frames by the old header alone',
    'framing',
    'warn',
    { page: { 'content-security-policy': undefined, 'x-frame-options': 'DENY' } },
  ],
  [
    'scripts of anybody',
    'scripts',
    'warn',
    { page: { 'content-security-policy': "script-src 'unsafe-inline'; frame-ancestors 'none'" } },
  ],
  ['addresses for everybody', 'referrer', 'fail', { page: { 'referrer-policy': 'unsafe-url' } }],
  ['no word on addresses', 'referrer', 'warn', { page: { 'referrer-policy': undefined } }],
  ['pages that may be kept', 'pages-no-store', 'warn', { page: { 'cache-control': 'private' } }],
  ['guessed types', 'nosniff', 'warn', { page: { 'x-content-type-options': undefined } }],
  ['unbound tokens', 'fapi-bound', 'fail', { metadata: { dpop_signing_alg_values_supported: undefined } }],
  [
    'secrets',
    'fapi-clients',
    'fail',
    { metadata: { token_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_basic'] } },
  ],
  [
    'more than codes',
    'fapi-code',
    'fail',
    { metadata: { response_types_supported: ['code', 'code id_token'] } },
  ],
  [
    'requests that nobody pushed',
    'fapi-pushed',
    'fail',
    { metadata: { require_pushed_authorization_requests: undefined } },
  ],
  ['a request that went on', 'fapi-pushed', 'fail', { skips: ['pushed'] }],
  [
    'nowhere to push',
    'fapi-pushed',
    'fail',
    { metadata: { pushed_authorization_request_endpoint: undefined } },
  ],
  ['plain challenges', 'fapi-pkce', 'fail', { skips: ['method'] }],
  ['no challenges', 'fapi-pkce', 'fail', { skips: ['pkce'] }],
  [
    'answers without iss',
    'fapi-iss',
    'fail',
    { metadata: { authorization_response_iss_parameter_supported: undefined } },
  ],
  [
    'RS256',
    'fapi-algorithms',
    'fail',
    { metadata: { dpop_signing_alg_values_supported: ['ES256', 'RS256'] } },
  ],
  ['a key for RS256', 'fapi-algorithms', 'fail', { keys: [{ ...rsa(2048), alg: 'RS256', use: 'sig' }] }],
  ['no PKCE', 'mcp-pkce', 'fail', { metadata: { code_challenge_methods_supported: undefined } }],
  [
    'no way to become a client',
    'mcp-clients',
    'warn',
    { metadata: { client_id_metadata_document_supported: undefined } },
  ],
  ['no public clients', 'mcp-public', 'warn', {}],
  ['no codes', 'mcp-code', 'fail', { metadata: { response_types_supported: ['token'] } }],
  ['an API for everybody', 'mcp-challenge', 'fail', { resource: { status: 200 } }],
  ['a challenge that says nothing', 'mcp-challenge', 'warn', { resource: { headers: {} } }],
  [
    'another API’s metadata',
    'mcp-resource',
    'fail',
    { resourceMetadata: { resource: 'https://other.example' } },
  ],
  ['another server’s API', 'mcp-resource', 'fail', { resourceMetadata: { authorization_servers: [] } }],
]

const local = ['issuer-https', 'endpoints-https']
const overTls = ['tls', 'certificate', 'plain-http', 'hsts', 'fapi-hsts']

describe('an honest server', () => {
  test('on this machine has no fault but that it is on this machine', async () => {
    const findings = await findingsOf({})
    const wrong = [...findings.values()].filter(({ status }) => status === 'fail' || status === 'warn')
    assert.deepEqual(
      wrong.map(({ id, status }) => [id, status]),
      [...local, 'mcp-public'].map((id) => [id, 'warn']),
    )
    for (const { status, mend } of findings.values())
      assert.equal(mend !== undefined, status === 'fail' || status === 'warn')
    for (const id of overTls) assert.equal(findings.get(id)?.status, 'not-applicable', id)
    const unseen = [...findings.values()].filter(({ status }) => status === 'not-seen')
    assert.deepEqual(unseen, [])
  })
})

describe('a server with a fault', () => {
  for (const [fault, rule, status, lies] of faults) {
    test(`${fault}: ${rule} says ${status}`, async () => {
      const found = (await findingsOf(lies)).get(rule)
      assert.equal(found?.status, status, `${rule} saw: ${found?.seen}`)
      assert.ok(found?.mend)
    })
  }

  test('every rule has one', () => {
    const all = [
      ...documentRules,
      ...authorizeRules,
      ...endpointRules,
      ...pageRules,
      ...fapiRules,
      ...mcpRules,
    ].map(({ id }) => id)
    const found = new Set(faults.map(([, rule]) => rule))
    // Those are looked at over TLS below, and by tables.
    assert.deepEqual(
      all.filter((id) => !found.has(id)),
      ['issuer-https', ...overTls],
    )
  })
})

test('a server can’t have this machine ask others in the clear', async (t) => {
  let asked = 0
  const inner = createServer((_request, response) => {
    asked += 1
    response.end()
  }).listen(0, 'localhost')
  await once(inner, 'listening')
  t.after(() => inner.close())
  const address = inner.address()
  const url = `http://localhost:${typeof address === 'object' && address ? address.port : 0}/reboot`
  const members = ['jwks_uri', 'token_endpoint', 'authorization_endpoint', 'introspection_endpoint']
  const findings = await findingsOf({
    metadata: Object.fromEntries(members.map((name) => [name, url])),
    resource: { headers: { 'www-authenticate': `Bearer resource_metadata="${url}"` } },
  })
  assert.equal(asked, 0)
  for (const id of ['keys-public', 'unknown-client', 'stranger-redirect', 'mcp-resource'])
    assert.equal(findings.get(id)?.status, 'not-seen', id)
})

describe('TLS', { skip: !hasOpenssl && 'openssl is not on this machine' }, () => {
  let authority: Authority | undefined
  after(() => authority?.close())

  async function tlsOf(more: object = {}): Promise<NonNullable<Tls>> {
    authority ??= await newAuthority()
    const { cert, key } = await authority.issue({ subject: '/CN=server', names: ['IP:127.0.0.1'] })
    setDefaultCACertificates([...getCACertificates('default'), authority.cert])
    return { cert, key, ...more }
  }

  test('a server that keeps to it has no fault there', async () => {
    const hsts = { 'strict-transport-security': 'max-age=31536000' }
    const findings = await findingsOf({ headers: hsts }, await tlsOf())
    const wrong = [...findings.values()].filter(({ status }) => status === 'fail' || status === 'warn')
    assert.deepEqual(
      wrong.map(({ id }) => id),
      ['mcp-public'],
    )
    assert.match(findings.get('tls')?.seen ?? '', /TLSv1\.[23]/)
  })

  test('without HSTS: hsts says warn, and fapi-hsts fail', async () => {
    const findings = await findingsOf({}, await tlsOf())
    assert.equal(findings.get('hsts')?.status, 'warn')
    assert.equal(findings.get('fapi-hsts')?.status, 'fail')
  })

  test('TLS 1.1: tls says fail', async () => {
    const old = { minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }
    const found = (await findingsOf({}, await tlsOf(old))).get('tls')
    assert.equal(found?.status, 'fail', found?.seen)
  })
})
