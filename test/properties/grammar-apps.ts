import { claimsOf } from '../support/logout.ts'
import { accessTokenType, credentials } from '../support/grants.ts'
import { billing } from './everything.ts'
import type { Knock, Pairs } from './knock.ts'
import { assertionGrant, backchannel, deviceGrant, exchangeGrant, type Live, type Shown } from './live.ts'
import { addresses, allowed, wide, type World } from './world.ts'

/** Requests that get far, by the path of the endpoint that they are for. */
export type Grammar = Readonly<Record<string, readonly Omit<Knock, 'path'>[]>>
type Form = Readonly<Record<string, string>>

/** A form that is posted. */
export const posted = (form: Form, headers: Pairs = []): Omit<Knock, 'path'> => ({
  method: 'POST',
  form: Object.entries(form),
  headers,
})
const get = (query: Pairs, headers: Pairs = []): Omit<Knock, 'path'> => ({ method: 'GET', query, headers })
/** A page of ours as a browser sends it. */
export const submitted = (page: Shown | undefined, more: Pairs, cookie: string): Omit<Knock, 'path'> => ({
  method: 'POST',
  query: page?.query ?? [],
  form: [...(page?.fields ?? []), ...more],
  headers: [['Cookie', cookie]],
})
const basic = (id: string, secret: string): Pairs[number] => [
  'Authorization',
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
]
const preflight: Omit<Knock, 'path'> = {
  method: 'OPTIONS',
  headers: [
    ['Origin', new URL(addresses.page[0]).origin],
    ['Access-Control-Request-Method', 'POST'],
  ],
}

function tokenForms({ scene, other, machine }: World, live: Live): readonly Form[] {
  const [main, another, own] = [scene.app, other, machine].map(credentials)
  const code = { grant_type: 'authorization_code', code: live.code, redirect_uri: live.flow.redirectUri }
  return [
    { ...code, ...main, code_verifier: live.flow.pkce?.verifier ?? '' },
    { grant_type: 'refresh_token', refresh_token: live.tokens.refresh, ...main },
    { grant_type: 'refresh_token', refresh_token: live.tokens.refresh, scope: 'chatbot:read', ...main },
    // More than was granted, and somebody else’s.
    { grant_type: 'refresh_token', refresh_token: live.tokens.refresh, scope: wide.join(' '), ...main },
    { grant_type: 'refresh_token', refresh_token: live.tokens.refresh, ...another },
    { ...code, ...another, code_verifier: live.flow.pkce?.verifier ?? '' },
    { grant_type: 'client_credentials', ...own, scope: 'chatbot:read' },
    { grant_type: deviceGrant, device_code: live.device.code, ...another },
    { grant_type: backchannel, auth_req_id: live.asked.secret, ...another },
    { grant_type: assertionGrant, assertion: live.assertion, scope: 'chatbot:read', ...another },
    {
      grant_type: exchangeGrant,
      subject_token: live.tokens.access,
      subject_token_type: accessTokenType,
      ...main,
      resource: billing,
    },
  ]
}

const widened = (page: Shown): Shown => ({
  ...page,
  query: page.query.map(([name, value]) => [name, name === 'scope' ? wide.join(' ') : value]),
})

function authorizeGrammar(world: World, live: Live): Grammar {
  const { scene, other, osir } = world
  const cookie: Pairs = [['Cookie', live.cookie]]
  const details = JSON.stringify([{ type: 'payment', amount: '1.00', currency: 'EUR', creditor: 'x' }])
  const silent: Pairs = [...live.standing, ['prompt', 'none']]
  const osirQuery: Pairs = [
    ['response_type', 'code'],
    ['client_id', osir.app.clientId],
    ['redirect_uri', 'https://yourapp.com/callback'],
    ['scope', 'domains:read'],
    ['state', 's'],
  ]
  const rich: Grammar[string] = [
    get(
      [
        ['client_id', other.clientId],
        ['request_uri', live.pushed],
      ],
      cookie,
    ),
    get(
      [
        ['client_id', scene.app.clientId],
        ['request', live.signed],
      ],
      cookie,
    ),
    ...['form_post', 'query.jwt', 'form_post.jwt', 'jwt'].map((mode) =>
      get([...silent, ['response_mode', mode]], cookie),
    ),
    get([...live.standing, ['claims', '{"userinfo":{"name":null}}']], cookie),
    get([...live.standing, ['authorization_details', details], ['resource', billing]], cookie),
  ]
  return {
    '/o/authorize': [
      get(live.standing, cookie),
      get(live.standing),
      get(silent, cookie),
      get(live.ways, cookie),
      { method: 'POST', form: live.standing },
      submitted(live.consent, [['decision', 'approve']], live.cookie),
      submitted(live.consent, [['decision', 'deny']], live.cookie),
      // What the page did not show.
      submitted(
        widened(live.consent),
        [
          ['decision', 'approve'],
          ['scope', 'session:read'],
        ],
        live.cookie,
      ),
      ...(world.rich ? rich : []),
    ],
    '/oauth/authorize': [get(osirQuery), get(osirQuery, cookie), { method: 'POST', form: osirQuery }],
  }
}

function credentialGrammar(world: World, live: Live): Grammar {
  const { scene, other, osir, page } = world
  const [main, another] = [credentials(scene.app), credentials(other)]
  const { access, refresh, idToken } = live.tokens
  const bearer: Pairs = [['Authorization', `Bearer ${access}`]]
  const about: Form = { token: access, token_type_hint: 'access_token' }
  const jwt: Pairs = [['Accept', 'application/token-introspection+jwt']]
  const ask = { scope: 'openid', login_hint: scene.person.email, binding_message: 'AB-12' }
  const osirCode = { grant_type: 'authorization_code', redirect_uri: osir.redirectUri }
  const userinfo = [get([], bearer), { method: 'POST', headers: bearer }]
  const revoke = [
    posted({ token: refresh, ...main }),
    posted({ ...about, client_id: page.clientId }),
    preflight,
  ]
  return {
    '/o/token': [...tokenForms(world, live).map((form) => posted(form)), preflight],
    '/o/introspect': [posted({ ...about, ...main }), posted({ token: refresh, ...main }, jwt)],
    '/o/revoke_token': revoke,
    '/o/userinfo': [...userinfo, preflight],
    '/o/par': [
      { method: 'POST', form: [...live.standing, ['client_secret', scene.app.secret]] },
      posted({ request: live.signed, ...main }),
      preflight,
    ],
    '/o/device_authorization': [posted({ ...another, scope: 'chatbot:read' })],
    '/o/backchannel_authentication': [
      posted({ ...another, ...ask }),
      posted({ ...main, scope: 'openid', id_token_hint: idToken }),
    ],
    '/oauth/token': [
      posted({ grant_type: 'refresh_token', refresh_token: live.osir.refresh, ...credentials(osir.app) }),
      posted({ ...osirCode, code: live.osir.code }, [basic(osir.app.clientId, osir.app.secret)]),
      posted({ ...osirCode, code: live.code }, [basic(osir.app.clientId, osir.app.secret)]),
    ],
    '/oauth/introspect': [posted({ ...about, ...credentials(osir.app), token: live.osir.access })],
    '/oauth/revoke': [posted({ token: live.osir.refresh, ...credentials(osir.app) })],
    '/oauth/userinfo': userinfo,
  }
}

function leavingGrammar({ scene }: World, live: Live): Grammar {
  const cookie: Pairs = [['Cookie', live.cookie]]
  const { idToken } = live.tokens
  const back = addresses.bye[0]
  const query: Pairs = [
    ['id_token_hint', idToken],
    ['post_logout_redirect_uri', back],
    ['state', 's'],
  ]
  const byClient: Pairs = [
    ['client_id', scene.app.clientId],
    ['post_logout_redirect_uri', back],
  ]
  const session = String(claimsOf(idToken)['sid'] ?? '')
  const form: Pairs = [
    ['csrf', live.csrf],
    ['decision', 'stay'],
    ['sid', session],
  ]
  return {
    '/o/logout': [get(query), get(byClient, cookie), get(byClient), { method: 'POST', form: query }],
    '/o/logout/confirm': [
      { method: 'POST', query, form, headers: cookie },
      {
        method: 'POST',
        query,
        form: [
          ['csrf', live.csrf],
          ['decision', 'sign-out'],
        ],
        headers: cookie,
      },
    ],
    '/o/check_session': [get([])],
  }
}

function registrationGrammar(path: string, { registered }: World, live: Live): Grammar {
  const metadata = {
    client_name: 'Self-made',
    redirect_uris: ['https://self.example/cb'],
    grant_types: ['authorization_code'],
    scope: path === '/o' ? allowed.join(' ') : 'domains:read',
    token_endpoint_auth_method: 'client_secret_basic',
    ...(path === '/o' && { post_logout_redirect_uris: ['https://self.example/bye'] }),
  }
  const { clientId: client_id = '', token = '' } = registered[path] ?? {}
  const headers: Pairs = [['Authorization', `Bearer ${token}`]]
  return {
    [`${path}/register`]: [
      { method: 'POST', json: metadata, headers: [['Authorization', `Bearer ${live.initial.token}`]] },
    ],
    [`${path}/register/{clientId}`]: [
      { method: 'GET', headers },
      { method: 'PUT', json: { ...metadata, client_id }, headers },
      { method: 'DELETE', headers },
    ],
    [`${path}/register/{clientId}/secrets`]: [{ method: 'POST', headers }],
  }
}

/** What the doors for apps are asked. */
export function appsGrammar(world: World, live: Live): Grammar {
  return {
    ...authorizeGrammar(world, live),
    ...credentialGrammar(world, live),
    ...leavingGrammar(world, live),
    ...registrationGrammar('/o', world, live),
    ...registrationGrammar('/oauth', world, live),
    '/device': [
      get([['user_code', live.device.userCode]], [['Cookie', live.cookie]]),
      posted({ csrf: live.csrf, user_code: live.device.userCode }, [['Cookie', live.cookie]]),
    ],
    '/device/decision': ['approve', 'deny'].map((decision) =>
      submitted(live.device.page, [['decision', decision]], live.cookie),
    ),
    '/account/requests/{requestId}': [
      get([], [['Cookie', live.cookie]]),
      submitted(live.asked.page, [['decision', 'approve']], live.cookie),
    ],
  }
}
