import assert from 'node:assert/strict'
import fc from 'fast-check'
import { after, before, test } from 'node:test'
import { call, newPerson, type Person } from '../support/actors.ts'
import type { Answer, Ask } from '../support/http.ts'
import { startServer, storeBytes, type TestServer } from '../support/server.ts'

// Whatever arrives, the answer is a refusal in the door's own shape, never a 500, a trace or a redirect elsewhere.
let server: TestServer
let person: Person
before(async () => {
  server = await startServer()
  person = await newPerson(server)
})
after(() => server.close())

type Shape = 'detail' | 'oauth' | 'message' | 'page'

const endpoints: readonly { readonly method: string; readonly path: string; readonly shape: Shape }[] = [
  ...['signup', 'login', 'refresh', 'logout', 'password/change'].map((name) => ({
    method: 'POST',
    path: `/api/auth/${name}/`,
    shape: 'detail' as const,
  })),
  { method: 'POST', path: '/api/agents/agent-session/', shape: 'detail' },
  { method: 'POST', path: '/api/ai-characters/', shape: 'detail' },
  { method: 'PATCH', path: '/api/ai-characters/support-bot/', shape: 'detail' },
  { method: 'POST', path: '/api/auth/api-keys/', shape: 'detail' },
  { method: 'POST', path: '/api/chatbots/', shape: 'detail' },
  ...['token', 'revoke_token', 'introspect'].map((name) => ({
    method: 'POST',
    path: `/o/${name}/`,
    shape: 'oauth' as const,
  })),
  { method: 'POST', path: '/oauth/token', shape: 'oauth' },
  ...['token', 'refresh', 'revoke'].map((name) => ({
    method: 'POST',
    path: `/auth/${name}`,
    shape: 'oauth' as const,
  })),
  { method: 'POST', path: '/vendors', shape: 'oauth' },
  { method: 'POST', path: '/brands', shape: 'oauth' },
  { method: 'POST', path: '/admin/clients', shape: 'oauth' },
  { method: 'POST', path: '/v1/domains', shape: 'message' },
  { method: 'POST', path: '/v1/session-tokens', shape: 'message' },
  { method: 'POST', path: '/sign-in', shape: 'page' },
  { method: 'POST', path: '/o/authorize/', shape: 'page' },
  { method: 'POST', path: '/account/keys', shape: 'page' },
]

function assertShape(answer: Answer, shape: Shape, about: string): void {
  assert.ok(answer.status < 500, `${about}: ${answer.status} ${answer.text.slice(0, 300)}`)
  assert.equal(/\bat .{1,200}\.ts:\d+/.test(answer.text), false, `${about}: a trace`)
  const { location } = answer.headers
  assert.ok(location === undefined || location.startsWith('/'), `${about}: redirects to ${location}`)
  if (answer.status < 400) return
  if (shape === 'page') {
    assert.match(answer.headers['content-type'] ?? '', /^text\/html/, about)
    assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/, about)
    return
  }
  assert.match(
    answer.headers['content-type'] ?? '',
    /^application\/json/,
    `${about}: ${answer.text.slice(0, 200)}`,
  )
  const { json } = answer
  if (shape === 'oauth')
    assert.ok(
      typeof json['error'] === 'string' && typeof json['error_description'] === 'string',
      `${about}: ${answer.text}`,
    )
  if (shape === 'message')
    assert.ok(
      typeof json['error'] === 'string' && typeof json['message'] === 'string',
      `${about}: ${answer.text}`,
    )
  if (shape === 'detail')
    assert.ok(
      typeof json['detail'] === 'string' || Object.values(json).every(Array.isArray),
      `${about}: ${answer.text}`,
    )
}

const names = [
  'email',
  'password',
  'refresh',
  'agent',
  'client_id',
  'client_secret',
  'grant_type',
  'code',
  'token',
  'refresh_token',
  'name',
  'slug',
  'allowed_origins',
  'scopes',
  'scope',
  'plan',
  'door',
  'redirect_uris',
  'csrf',
  'decision',
  'return',
  '__proto__',
  'x',
]
const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    '\u0000',
    '\ud800',
    "' OR 1=1 --",
    '../../etc/passwd',
    '<script>',
    'authorization_code',
    'refresh_token',
    'client_credentials',
    'https://evil.example',
    'x'.repeat(5000),
  ),
)
const value = fc.oneof(
  nasty,
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(nasty, { maxLength: 3 }),
  fc.dictionary(fc.string(), nasty, { maxKeys: 3 }),
)
const body: fc.Arbitrary<Ask> = fc.oneof(
  fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 6 }).map((json) => ({ json })),
  fc
    .array(
      fc.tuple(
        fc.constantFrom(...names),
        nasty.map((text) => text.toWellFormed()),
      ),
      { maxLength: 8 },
    )
    .map((form) => ({ form })),
  fc
    .record({
      text: fc.string({ unit: 'binary', maxLength: 200 }),
      type: fc.constantFrom(
        'application/json',
        'application/x-www-form-urlencoded',
        'text/plain',
        'multipart/form-data',
        '',
      ),
    })
    .map(({ text, type }) => ({ body: text, headers: type === '' ? {} : { 'Content-Type': type } })),
  fc
    .uint8Array({ maxLength: 60 })
    .map((bytes) => ({ body: bytes, headers: { 'Content-Type': 'application/json' } })),
)
const header = fc
  .string({ unit: 'binary-ascii', maxLength: 80 })
  .map((text) => text.replaceAll(/[^\x20-\x7e]/g, ''))
const credentials = fc.oneof(
  fc.constant({}),
  fc.constantFrom('mine').map(() => ({ Authorization: 'MINE' })),
  header.map((Authorization) => ({ Authorization })),
  header.map((text) => ({ Authorization: `Bearer ${text}` })),
  header.map((text) => ({ 'X-API-Key': text, Cookie: text, Origin: text })),
)

// First of all: a key that was let in has its last use written a moment later.
test('a refused request changes nothing', async () => {
  const size = (await storeBytes(server)).length
  for (let count = 0; count < 20; count += 1) {
    await call(server, '/api/auth/signup/', { json: { email: 'nope', password: 'short' } })
    await call(server, '/o/authorize/?client_id=unknown')
    await call(server, '/v1/domains', { headers: { 'X-API-Key': 'osir_live_wrong' } })
  }
  assert.equal((await storeBytes(server)).length, size)
})

test('arbitrary bodies and credentials at every endpoint are refused in its shape', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...endpoints),
      body,
      credentials,
      async ({ method, path, shape }, ask, given) => {
        const presented: Record<string, string> = { ...given }
        if (presented['Authorization'] === 'MINE') presented['Authorization'] = `Bearer ${person.access}`
        const answer = await call(server, path, { ...ask, method, headers: { ...ask.headers, ...presented } })
        assertShape(answer, shape, `${method} ${path}`)
      },
    ),
    { numRuns: 1500, seed: 20_261_124 },
  )
})

test('arbitrary authorization requests never lead to an address that is not registered', async () => {
  const parameters = [
    'response_type',
    'client_id',
    'redirect_uri',
    'scope',
    'state',
    'code_challenge',
    'code_challenge_method',
    'prompt',
    'max_age',
    'nonce',
    'team',
    'request',
    'request_uri',
    'response_mode',
  ]
  const client = server.demo.apps['openchatstudio']
  const known = fc.constantFrom(
    'code',
    client?.client_id ?? '',
    client?.redirect_uri ?? '',
    'chatbot:read',
    'S256',
    'none',
    'login',
    'https://evil.example/',
    'x'.repeat(43),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('/o/authorize/', '/oauth/authorize'),
      fc.array(
        fc.tuple(
          fc.constantFrom(...parameters),
          fc.oneof(
            known,
            nasty.map((text) => text.toWellFormed()),
          ),
        ),
        { maxLength: 10 },
      ),
      async (path, pairs) => {
        const answer = await call(server, `${path}?${new URLSearchParams(pairs)}`)
        assert.ok(answer.status < 500, answer.text.slice(0, 300))
        const { location } = answer.headers
        const allowed =
          location === undefined ||
          location.startsWith('/sign-in?') ||
          location.startsWith(`${client?.redirect_uri}?`)
        assert.ok(allowed, `leads to ${location}`)
      },
    ),
    { numRuns: 1000, seed: 20_261_124 },
  )
})

test('arbitrary paths are unknown, not errors', async () => {
  const odd = [
    '/%',
    '/%ff',
    '/%00',
    '/o/%2e%2e/admin',
    '//evil.example',
    '/\\evil.example',
    '/o//authorize',
    '/api/ai-characters/%zz',
    '/errors/__proto__',
    '/assets/../package.json',
    `/${'a/'.repeat(2000)}`,
  ]
  for (const path of odd) {
    const { status, headers } = await call(server, path)
    assert.ok(status >= 400 && status < 500, `${path}: ${status}`)
    assert.equal(headers.location, undefined)
  }
})

test('an address that can’t be decoded is refused in the words of the door that it is below', async () => {
  const below: readonly [path: string, shape: Shape][] = [
    ['/api/auth/api-keys', 'detail'],
    ['/admin/clients', 'oauth'],
    ['/v1/api-keys', 'message'],
    ['/account/keys', 'page'],
  ]
  for (const [path, shape] of below)
    for (const segment of ['%ff', '%ed%a0%80', '%']) {
      const answer = await call(server, `${path}/${segment}`)
      assert.equal(answer.status, 400, path)
      assert.match(String(answer.headers['x-request-id']), /^req_/)
      assertShape(answer, shape, path)
    }
})

test('a body that is no UTF-8 and a name with a NUL in it are refused by the APIs behind as well', async () => {
  const headers = { 'Content-Type': 'application/json', 'X-API-Key': server.demo.keys['live'] ?? '' }
  const broken = new Uint8Array([...Buffer.from('{"name":"'), 0xff, ...Buffer.from('"}')])
  assert.equal((await call(server, '/v1/domains', { headers, body: broken })).status, 400)
  const own = { Authorization: `Bearer ${person.access}`, 'Content-Type': 'application/json' }
  assert.equal((await call(server, '/api/ai-characters/', { headers: own, body: broken })).status, 400)
  assert.equal((await call(server, '/api/ai-characters/%00/', { headers: own })).status, 404)
})
