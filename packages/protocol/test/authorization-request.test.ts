import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AuthorizationClient,
  type AuthorizationPolicy,
  decideAuthorizationRequest,
  parseQuery,
  type ResponseMode,
  responseModes,
} from '../src/index.ts'

const challenge = 'E9Mrozoa2owUzb1iCHFpQwbi6E3MwMZLvDu0mkMksYI'
/** The request of the OpenChatStudio document. */
const documented =
  'response_type=code&client_id=TkojUzrbS4nOUeF3deQ0uFwpNNH1kYjYFTisfEIC&redirect_uri=https://your-server/callback/' +
  `&code_challenge=${challenge}&code_challenge_method=S256&scope=chatbot:read+session:read&state=random_state_string`

const app: AuthorizationClient = {
  clientId: 'TkojUzrbS4nOUeF3deQ0uFwpNNH1kYjYFTisfEIC',
  type: 'confidential',
  redirectUris: ['https://your-server/callback/'],
  scope: ['chatbot:read', 'session:read'],
  grantTypes: ['authorization_code'],
}
const two = { ...app, redirectUris: [...app.redirectUris, 'https://your-server/other/'] }
const publicApp: AuthorizationClient = { ...app, type: 'public' }
const strict: AuthorizationPolicy = {
  pkce: 'required',
  scopes: ['chatbot:read', 'session:read', 'session:write'],
  dpop: true,
  responseModes: ['query'],
  pushedRequests: 'off',
  requestObjects: 'off',
  claims: true,
  detailTypes: ['payment'],
  acrValues: ['pw', 'up'],
  resources: ['https://api.example/a', 'https://api.example/b'],
}
/** An app and a door that know OpenID Connect. */
const signIn = { ...app, scope: [...app.scope, 'openid'] }
const openid = { ...strict, scopes: [...strict.scopes, 'openid'] }
const mayOmit: AuthorizationPolicy = { ...strict, pkce: 'confidential-may-omit' }

function decide(query: string, client: AuthorizationClient | undefined = app, policy = strict) {
  const read = parseQuery(query, ['resource'])
  if (read.outcome === 'refuse') throw new Error(read.description)
  const { params, repeated, emptied, lists } = read
  const resources = lists.get('resource') ?? []
  return decideAuthorizationRequest({
    params,
    repeated,
    emptied,
    resources,
    client,
    policy,
    source: 'query',
    signed: false,
  })
}
const without = (name: string) => documented.replace(new RegExp(`&?${name}=[^&]*`), '')
const withValue = (name: string, value: string) => `${without(name)}&${name}=${value}`
const uri = (value: string) => withValue('redirect_uri', encodeURIComponent(value))
const noPkce = without('code_challenge').replace('&code_challenge_method=S256', '')

type Row = [
  name: string,
  query: string,
  expected: string,
  client?: AuthorizationClient,
  policy?: AuthorizationPolicy,
]

const local = { ...app, redirectUris: ['http://localhost/cb', 'http://127.0.0.1/cb'] }
const strictly: AuthorizationPolicy = { ...strict, strictRedirects: true }

const pages: Row[] = [
  [
    'FAPI 2.0 §5.3.2.2 item 6: no address where one has to be named',
    without('redirect_uri'),
    'redirect_uri is missing',
    app,
    strictly,
  ],
  [
    'FAPI 2.0 §5.3.2.2 item 8: plain http to a name, registered before it was forbidden',
    uri('http://localhost/cb'),
    'redirect_uri must use https, or http on a loopback IP',
    local,
    strictly,
  ],
  ['a missing client_id', without('client_id'), 'client_id is missing'],
  ['an empty client_id', withValue('client_id', ''), 'client_id is missing'],
  ['a client_id of another record', withValue('client_id', 'other'), 'client_id is not known'],
  ['a repeated client_id', `${documented}&client_id=${app.clientId}`, 'client_id is repeated'],
  [
    'a repeated redirect_uri',
    `${documented}&redirect_uri=https://your-server/callback/`,
    'redirect_uri is repeated',
  ],
  ['a missing redirect_uri of two', without('redirect_uri'), 'redirect_uri is missing', two],
  [
    'a missing redirect_uri of none',
    without('redirect_uri'),
    'redirect_uri is missing',
    { ...app, redirectUris: [] },
  ],
  ['a redirect_uri without the slash', uri('https://your-server/callback'), 'redirect_uri is not registered'],
  ['a redirect_uri with more', uri('https://your-server/callback/more'), 'redirect_uri is not registered'],
  ['a redirect_uri with a query', uri('https://your-server/callback/?x=1'), 'redirect_uri is not registered'],
  ['a redirect_uri in capitals', uri('https://YOUR-SERVER/callback/'), 'redirect_uri is not registered'],
  [
    'a foreign redirect_uri with prompt=none',
    `${uri('https://evil.example/')}&prompt=none`,
    'redirect_uri is not registered',
  ],
]
for (const [name, query, description, client, policy] of pages) {
  test(`authorization request: ${name} is a page`, () =>
    assert.deepEqual(decide(query, client, policy), {
      outcome: 'page',
      error: 'invalid_request',
      description,
    }))
}
test('authorization request: an unknown client is a page', () => {
  const read = parseQuery(documented)
  assert.equal(read.outcome, 'ok')
  if (read.outcome !== 'ok') return
  const decision = decideAuthorizationRequest({
    ...read,
    resources: [],
    client: undefined,
    policy: strict,
    source: 'query',
    signed: false,
  })
  assert.deepEqual(decision, {
    outcome: 'page',
    error: 'invalid_request',
    description: 'client_id is not known',
  })
})

test('authorization request: RFC 9449 §10: the key that the code is for is kept', () => {
  const jkt = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
  const decision = decide(`${documented}&dpop_jkt=${jkt}`)
  assert.equal(decision.outcome === 'ask' && decision.request.dpopJkt, jkt)
  const off = decide(`${documented}&dpop_jkt=noise`, app, { ...strict, dpop: false })
  assert.equal(off.outcome === 'ask' && off.request.dpopJkt, undefined)
})

const redirects: Row[] = [
  ['a dpop_jkt that is no thumbprint', `${documented}&dpop_jkt=abc`, 'invalid_request'],
  [
    'a client without the grant',
    documented,
    'unauthorized_client',
    { ...app, grantTypes: ['client_credentials'] },
  ],
  ['a repeated scope', `${documented}&scope=chatbot:read`, 'invalid_request'],
  ['a repeated challenge', `${documented}&code_challenge=${challenge}`, 'invalid_request'],
  ['a repeated parameter nobody knows', `${documented}&x=1&x=2`, 'invalid_request'],
  ['a missing response_type', without('response_type'), 'invalid_request'],
  ['response_type=token', withValue('response_type', 'token'), 'unsupported_response_type'],
  ['response_type=id_token', withValue('response_type', 'id_token'), 'unsupported_response_type'],
  ['response_type=foo', withValue('response_type', 'foo'), 'unsupported_response_type'],
  ['response_mode=fragment', `${documented}&response_mode=fragment`, 'invalid_request'],
  ['a missing challenge', noPkce, 'invalid_request'],
  ['a missing challenge with its method', without('code_challenge'), 'invalid_request', app, mayOmit],
  ['an empty challenge', `${noPkce}&code_challenge=`, 'invalid_request', app, mayOmit],
  ['a missing challenge of a public client', noPkce, 'invalid_request', publicApp, mayOmit],
  ['code_challenge_method=plain', withValue('code_challenge_method', 'plain'), 'invalid_request'],
  ['a missing code_challenge_method', without('code_challenge_method'), 'invalid_request', app, mayOmit],
  ['a challenge of 42', withValue('code_challenge', 'a'.repeat(42)), 'invalid_request'],
  ['a challenge of 44', withValue('code_challenge', 'a'.repeat(44)), 'invalid_request'],
  ['a padded challenge', withValue('code_challenge', `${'a'.repeat(42)}%3D`), 'invalid_request'],
  ['a challenge with a plus', withValue('code_challenge', `${'a'.repeat(42)}%2B`), 'invalid_request'],
  ['an unknown scope', withValue('scope', 'chatbot:delete'), 'invalid_scope'],
  ['an unknown scope where openid is one too', withValue('scope', 'openid+email'), 'invalid_scope', signIn],
  [
    'an unknown scope without openid',
    withValue('scope', 'chatbot:read+email'),
    'invalid_scope',
    signIn,
    openid,
  ],
  [
    'openid and more than the client',
    withValue('scope', 'openid+session:write'),
    'invalid_scope',
    signIn,
    openid,
  ],
  ['openid that the client lacks', withValue('scope', 'openid+email'), 'invalid_scope', app, openid],
  ['an empty scope', withValue('scope', ''), 'invalid_scope'],
  ['a malformed scope', withValue('scope', 'chatbot:read++session:read'), 'invalid_scope'],
  ['a scope wider than the client', withValue('scope', 'session:write'), 'invalid_scope'],
  ['no scope where the client has none', without('scope'), 'invalid_scope', { ...app, scope: [] }],
  ['request', `${documented}&request=x`, 'request_not_supported'],
  ['request_uri', `${documented}&request_uri=urn:x`, 'request_uri_not_supported'],
  ['prompt=none login', `${documented}&prompt=none+login`, 'invalid_request'],
  ['an unknown prompt', `${documented}&prompt=dance`, 'invalid_request'],
  [
    'details of an unknown type',
    `${documented}&authorization_details=[{"type":"x"}]`,
    'invalid_authorization_details',
  ],
  ['details that are no list', `${documented}&authorization_details={}`, 'invalid_authorization_details'],
  ['claims that are no object', `${documented}&claims=[]`, 'invalid_request'],
  [
    'an essential acr',
    `${documented}&claims=${encodeURIComponent('{"id_token":{"acr":{"essential":true,"values":["2"]}}}')}`,
    'unmet_authentication_requirements',
  ],
  ['a max_age in words', `${documented}&max_age=soon`, 'invalid_request'],
  ['a negative max_age', `${documented}&max_age=-1`, 'invalid_request'],
]
for (const [name, query, error, client, policy] of redirects) {
  test(`authorization request: ${name} redirects with ${error}`, () => {
    const decision = decide(query, client, policy)
    assert.equal(decision.outcome, 'redirect')
    if (decision.outcome !== 'redirect') return
    const { redirectUri, state } = decision
    assert.deepEqual(
      { redirectUri, state, error: decision.error },
      { redirectUri: app.redirectUris[0], state: 'random_state_string', error },
    )
  })
}
const anyMode: AuthorizationPolicy = { ...strict, responseModes }
// OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode §2, JARM §2.3
const modes: [
  asked: string,
  policy: AuthorizationPolicy,
  mode: ResponseMode | undefined,
  client?: AuthorizationClient,
][] = [
  ['', anyMode, 'query'],
  ['query', strict, 'query'],
  ['form_post', anyMode, 'form_post'],
  ['query.jwt', anyMode, 'query.jwt'],
  ['form_post.jwt', anyMode, 'form_post.jwt'],
  ['jwt', anyMode, 'query.jwt'],
  ['form_post', strict, undefined],
  ['jwt', strict, undefined],
  ['fragment', anyMode, undefined],
  ['fragment.jwt', anyMode, undefined],
  ['web_message', anyMode, undefined],
  ['constructor', anyMode, undefined],
]
for (const [asked, policy, mode] of modes) {
  const by = mode ?? 'query'
  test(`authorization request: response_mode=${asked} of ${policy.responseModes} answers by ${by}`, () => {
    const good = decide(`${documented}&response_mode=${asked}`, app, policy)
    assert.equal(good.outcome, mode ? 'ask' : 'redirect')
    assert.equal(good.outcome === 'ask' && good.request.responseMode, mode ?? false)
    const bad = decide(`${withValue('scope', 'nonsense')}&response_mode=${asked}`, app, policy)
    assert.equal(bad.outcome === 'redirect' && bad.responseMode, by)
    assert.equal(bad.outcome === 'redirect' && bad.clientId, app.clientId)
  })
}
test('authorization request: a repeated response_mode is refused by query', () => {
  const decision = decide(`${documented}&response_mode=form_post&response_mode=form_post`, app, anyMode)
  assert.equal(decision.outcome === 'redirect' && decision.responseMode, 'query')
})
test('authorization request: no form is posted to an app’s own scheme', () => {
  const native = { ...publicApp, redirectUris: ['com.example.app:/cb'] }
  const decision = decide(`${uri('com.example.app:/cb')}&response_mode=form_post`, native, anyMode)
  assert.equal(decision.outcome === 'redirect' && decision.error, 'invalid_request')
})

test('authorization request: a repeated state is refused, and neither is sent back', () => {
  const decision = decide(`${documented}&state=other`)
  assert.equal(decision.outcome, 'redirect')
  assert.equal('state' in decision && decision.state, undefined)
})

test('authorization request: the documented request is asked about', () => {
  assert.deepEqual(decide(documented), {
    outcome: 'ask',
    request: {
      clientId: app.clientId,
      redirectUri: 'https://your-server/callback/',
      askedRedirectUri: 'https://your-server/callback/',
      state: 'random_state_string',
      scope: ['chatbot:read', 'session:read'],
      scopeAsked: true,
      resources: [],
      codeChallenge: challenge,
      dpopJkt: undefined,
      nonce: undefined,
      prompt: [],
      maxAge: undefined,
      team: undefined,
      loginHint: undefined,
      idTokenHint: undefined,
      claims: undefined,
      acr: undefined,
      details: [],
      responseMode: 'query',
    },
  })
})

const accepted: [...Row, request: object][] = [
  [
    'no scope means all of the client',
    without('scope'),
    'ask',
    app,
    strict,
    { scope: ['chatbot:read', 'session:read'], scopeAsked: false },
  ],
  ['no state is no state', without('state'), 'ask', app, strict, { state: undefined }],
  [
    'any state comes back as it was',
    withValue('state', encodeURIComponent('a b&c=d%20é+/"<')),
    'ask',
    app,
    strict,
    { state: 'a b&c=d%20é+/"<' },
  ],
  [
    'the only redirect URI may be left out',
    without('redirect_uri'),
    'ask',
    app,
    strict,
    { redirectUri: app.redirectUris[0], askedRedirectUri: undefined },
  ],
  [
    'a confidential client may omit PKCE where the door says so',
    noPkce,
    'ask',
    app,
    mayOmit,
    { codeChallenge: undefined },
  ],
  ['PKCE sent is PKCE kept', documented, 'ask', app, mayOmit, { codeChallenge: challenge }],
  ['a public client with PKCE', documented, 'ask', publicApp, mayOmit, { codeChallenge: challenge }],
  [
    'a loopback redirect on its port',
    uri('http://127.0.0.1:5555/cb'),
    'ask',
    { ...publicApp, redirectUris: ['http://127.0.0.1/cb'] },
    strict,
    { redirectUri: 'http://127.0.0.1:5555/cb' },
  ],
  [
    'OpenID parameters',
    `${documented}&nonce=n&prompt=login+consent&max_age=60&login_hint=a@b.c&team=t2&response_mode=query`,
    'ask',
    app,
    strict,
    { nonce: 'n', prompt: ['login', 'consent'], maxAge: 60, loginHint: 'a@b.c', team: 't2' },
  ],
  [
    'OpenID Connect Core §3.1.2.1: an unknown scope beside openid is ignored',
    withValue('scope', 'offline_access+openid+email+chatbot:read'),
    'ask',
    signIn,
    openid,
    { scope: ['chatbot:read', 'openid'] },
  ],
  ['an unknown parameter is ignored', `${documented}&x=1`, 'ask', app, strict, {}],
]
for (const [name, query, , client, policy, expected] of accepted) {
  test(`authorization request: ${name}`, () => {
    const decision = decide(query, client, policy)
    assert.equal(decision.outcome, 'ask')
    if (decision.outcome === 'ask') assert.deepEqual({ ...decision.request, ...expected }, decision.request)
  })
}

// OpenID Connect Core §3.1.2.1, §5.5.1.1; the door has `pw` and `up`.
const essential = (values: readonly string[]) =>
  `&claims=${encodeURIComponent(JSON.stringify({ id_token: { acr: { essential: true, values } } }))}`
const ways: [
  name: string,
  query: string,
  registered: readonly string[] | undefined,
  acr: object | string | undefined,
][] = [
  ['none', '', undefined, undefined],
  ['one that the door has', '&acr_values=x%20pw', undefined, { values: ['pw'], essential: false }],
  ['the best first', '&acr_values=up%20pw', undefined, { values: ['up', 'pw'], essential: false }],
  ['none that the door has', '&acr_values=x%20y', undefined, undefined],
  ['the registered one', '', ['up'], { values: ['up'], essential: false }],
  ['its own before the registered one', '&acr_values=pw', ['up'], { values: ['pw'], essential: false }],
  ['one that it insists on', essential(['x', 'up']), ['pw'], { values: ['up'], essential: true }],
  [
    'what it insists on before what it wishes for',
    `&acr_values=pw${essential(['up'])}`,
    undefined,
    { values: ['up'], essential: true },
  ],
  ['none that can be had', essential(['x']), ['pw'], 'unmet_authentication_requirements'],
]
for (const [name, query, defaultAcrValues, acr] of ways) {
  test(`authorization request: of the ways of signing in it asks for ${name}`, () => {
    const client = { ...app, ...(defaultAcrValues && { choices: { defaultAcrValues } }) }
    const decision = decide(documented + query, client)
    if (typeof acr === 'string') assert.equal(decision.outcome === 'redirect' && decision.error, acr)
    else assert.deepEqual(decision.outcome === 'ask' && decision.request.acr, acr)
  })
}

test('OpenID Connect Registration §2: the registered age holds where the request names none', () => {
  const client = { ...app, choices: { defaultMaxAge: 60 } }
  for (const [query, expected] of [
    ['', 60],
    ['&max_age=0', 0],
  ] as const) {
    const decision = decide(documented + query, client)
    assert.equal(decision.outcome === 'ask' && decision.request.maxAge, expected)
  }
})
