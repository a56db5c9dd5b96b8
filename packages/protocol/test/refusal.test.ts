import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Refusal, type RefusalReason, renderRefusal, type Shape } from '../src/index.ts'

const noStore = { 'Cache-Control': 'no-store' }
const challenge = (value: string) => ({ ...noStore, 'WWW-Authenticate': value })
const detail = 'only in the log'
const unauthorized = { error: 'unauthorized', message: 'Invalid or missing API key' }
const forbidden = { error: 'forbidden', message: 'Insufficient permissions for this action' }
const notValid = { detail: 'Given token not valid for any token type', code: 'token_not_valid' }
const oauth401 = { error: 'invalid_token', error_description: 'The access token is missing or not valid.' }
const wait = { reason: 'rate-limited', detail, retryAfter: 60 } as const
const scope = { reason: 'scope', detail, scopes: ['session:read', 'a'] } as const
const plan = { reason: 'plan', detail, requiredPlan: 'Standard', currentPlan: 'Free' } as const
const two = 'Send one credential, not two.'
const down = 'The service is temporarily unavailable.'

type Row = [shape: Shape, refusal: Refusal, status: number, headers: object, body: object]
const cases: Row[] = [
  [
    'detail',
    { reason: 'missing', detail },
    401,
    challenge('Bearer realm="api"'),
    { detail: 'Authentication credentials were not provided.' },
  ],
  ['oauth', { reason: 'missing', detail }, 401, challenge('Bearer'), oauth401],
  ['oauth', { reason: 'missing', detail, scopes: ['a'] }, 401, challenge('Bearer scope="a"'), oauth401],
  ['message', { reason: 'tool', detail }, 403, noStore, forbidden],
  ['message', { reason: 'missing', detail }, 401, challenge('Bearer'), unauthorized],
  [
    'detail',
    { reason: 'invalid', detail },
    401,
    challenge('Bearer realm="api", error="invalid_token"'),
    notValid,
  ],
  ['oauth', { reason: 'invalid', detail }, 401, challenge('Bearer error="invalid_token"'), oauth401],
  ['message', { reason: 'invalid', detail }, 401, challenge('Bearer error="invalid_token"'), unauthorized],
  [
    'detail',
    scope,
    403,
    challenge('Bearer error="insufficient_scope", scope="a session:read"'),
    { detail: 'You do not have permission to perform this action.' },
  ],
  [
    'oauth',
    scope,
    403,
    challenge('Bearer error="insufficient_scope", scope="a session:read"'),
    {
      error: 'insufficient_scope',
      error_description: 'The access token does not have the scope this needs.',
      scope: 'a session:read',
    },
  ],
  ['message', scope, 403, challenge('Bearer error="insufficient_scope", scope="a session:read"'), forbidden],
  [
    'detail',
    plan,
    403,
    noStore,
    {
      detail: 'Your plan does not include this action.',
      code: 'plan_required',
      required_plan: 'Standard',
      current_plan: 'Free',
    },
  ],
  [
    'oauth',
    plan,
    403,
    noStore,
    {
      error: 'plan_required',
      error_description: 'Your plan does not include this.',
      required_plan: 'Standard',
      current_plan: 'Free',
    },
  ],
  ['message', plan, 403, noStore, forbidden],
  [
    'oauth',
    { reason: 'authentication', detail, authentication: { acr: ['a', 'b'], maxAge: 0 } },
    401,
    challenge('Bearer error="insufficient_user_authentication", acr_values="a b", max_age="0"'),
    {
      error: 'insufficient_user_authentication',
      error_description: 'Sign in again, in the way that this needs.',
    },
  ],
  [
    'detail',
    { reason: 'authentication', detail, authentication: { maxAge: 60 } },
    401,
    challenge('Bearer realm="api", error="insufficient_user_authentication", max_age="60"'),
    { detail: 'Sign in again, in the way that this needs.', code: 'insufficient_user_authentication' },
  ],
  [
    'message',
    { reason: 'authentication', detail, authentication: { acr: ['a'] } },
    401,
    challenge('Bearer error="insufficient_user_authentication", acr_values="a"'),
    unauthorized,
  ],
  [
    'detail',
    { reason: 'two-credentials', detail },
    400,
    challenge('Bearer error="invalid_request"'),
    { detail: two, code: 'invalid_request' },
  ],
  [
    'oauth',
    { reason: 'two-credentials', detail },
    400,
    challenge('Bearer error="invalid_request"'),
    { error: 'invalid_request', error_description: two },
  ],
  [
    'message',
    { reason: 'two-credentials', detail },
    400,
    challenge('Bearer error="invalid_request"'),
    { error: 'invalid_request', message: two },
  ],
  [
    'detail',
    wait,
    429,
    { ...noStore, 'Retry-After': '60' },
    { detail: 'Rate limit exceeded.', available_in: 60 },
  ],
  [
    'oauth',
    wait,
    429,
    { ...noStore, 'Retry-After': '60' },
    { error: 'rate_limited', error_description: 'Too many requests. Retry after 60 seconds.' },
  ],
  [
    'message',
    wait,
    429,
    { ...noStore, 'Retry-After': '60' },
    {
      error: 'rate_limit_exceeded',
      message: 'Too many requests. Please retry after 60 seconds.',
      retry_after: 60,
    },
  ],
  ['detail', { reason: 'unavailable', detail }, 503, noStore, { detail: down, code: 'unavailable' }],
  [
    'oauth',
    { reason: 'unavailable', detail, retryAfter: 2 },
    503,
    { ...noStore, 'Retry-After': '2' },
    { error: 'unavailable', error_description: down },
  ],
  ['message', { reason: 'unavailable', detail }, 503, noStore, { error: 'unavailable', message: down }],
  [
    'detail',
    { reason: 'origin', detail },
    403,
    noStore,
    { detail: 'Origin is not allowed.', code: 'origin_not_allowed' },
  ],
  [
    'oauth',
    { reason: 'origin', detail },
    403,
    noStore,
    { error: 'origin_not_allowed', error_description: 'Origin is not allowed.' },
  ],
  [
    'oauth',
    { reason: 'kind', detail },
    403,
    noStore,
    { error: 'access_denied', error_description: 'This credential may not do this.' },
  ],
]
for (const [shape, refusal, status, headers, body] of cases) {
  test(`refusal: ${refusal.reason} as ${shape} is ${status}`, () =>
    assert.deepEqual(renderRefusal(shape, refusal), { status, headers, body }))
}

const shapes: readonly Shape[] = ['detail', 'oauth', 'message']
const alike: readonly RefusalReason[] = ['expired', 'revoked', 'wrong-door']
for (const reason of alike) {
  test(`refusal: ${reason} is not told from invalid`, () => {
    for (const shape of shapes) {
      assert.deepEqual(
        renderRefusal(shape, { reason, detail }),
        renderRefusal(shape, { reason: 'invalid', detail: 'x' }),
      )
    }
  })
}
for (const reason of ['kind', 'environment', 'ip', 'origin', 'admin'] as const) {
  test(`refusal: ${reason} is 403, with the fixed body where the body is fixed`, () => {
    for (const shape of shapes) assert.equal(renderRefusal(shape, { reason, detail }).status, 403)
    assert.deepEqual(renderRefusal('message', { reason, detail }).body, forbidden)
  })
}

const algorithms = { dpopAlgorithms: ['ES256', 'EdDSA'] }
const offered = 'DPoP algs="ES256 EdDSA"'
const byDpop = { ...algorithms, scheme: 'DPoP' } as const
const bothSchemes: [name: string, refusal: Omit<Refusal, 'detail'>, expected: string | undefined][] = [
  ['nothing presented', { reason: 'missing', ...algorithms }, `Bearer, ${offered}`],
  ['a bad bearer', { reason: 'invalid', ...algorithms }, `Bearer error="invalid_token", ${offered}`],
  [
    'a bad DPoP token',
    { reason: 'expired', ...byDpop },
    'DPoP error="invalid_token", algs="ES256 EdDSA", Bearer',
  ],
  [
    'a bad proof',
    { reason: 'invalid', ...byDpop, proofError: 'invalid_dpop_proof' },
    'DPoP error="invalid_dpop_proof", algs="ES256 EdDSA", Bearer',
  ],
  [
    'a missing nonce',
    { reason: 'invalid', ...byDpop, proofError: 'use_dpop_nonce' },
    'DPoP error="use_dpop_nonce", algs="ES256 EdDSA", Bearer',
  ],
  [
    'a realm and metadata',
    { reason: 'invalid', ...byDpop, realm: 'r', resourceMetadata: 'https://x/m' },
    'DPoP realm="r", error="invalid_token", algs="ES256 EdDSA", resource_metadata="https://x/m", Bearer realm="r"',
  ],
  ['a refusal without a challenge', { reason: 'plan', ...byDpop }, undefined],
]
for (const [name, refusal, expected] of bothSchemes) {
  test(`refusal: RFC 9449 §7.1: ${name}, where bound tokens are taken`, () => {
    const { headers, status } = renderRefusal('oauth', { ...refusal, detail })
    assert.equal(headers['WWW-Authenticate'], expected)
    assert.equal(status, refusal.reason === 'plan' ? 403 : 401)
  })
}

test('refusal: the detail is never sent', () => {
  for (const shape of shapes) {
    for (const [, refusal] of cases)
      assert.doesNotMatch(JSON.stringify(renderRefusal(shape, refusal)), /only in the log/)
  }
})

test('refusal: a wait is a whole second or more', () => {
  for (const [retryAfter, header] of [
    [0, '1'],
    [0.2, '1'],
    [1.2, '2'],
  ] as const) {
    assert.equal(renderRefusal('message', { ...wait, retryAfter }).headers['Retry-After'], header)
  }
  assert.equal(renderRefusal('message', { reason: 'rate-limited', detail }).headers['Retry-After'], '1')
})

test('refusal: a realm and the resource metadata are quoted, and cannot break the header', () => {
  const refusal: Refusal = {
    reason: 'missing',
    detail,
    realm: 'a"b\\c\r\nX: y',
    resourceMetadata: 'https://x/.well-known/y',
  }
  assert.equal(
    renderRefusal('message', refusal).headers['WWW-Authenticate'],
    'Bearer realm="a\\"b\\\\cX: y", resource_metadata="https://x/.well-known/y"',
  )
})
