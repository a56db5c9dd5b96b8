import type { DoorSettings, LimitTable } from 'sallyport'

const hour = 3600
const day = 24 * hour

/** What its API can be asked for. */
export const apiScopes = {
  'chatbot:read': 'See your chatbots',
  'chatbot:write': 'Create and change your chatbots',
  'session:read': 'See chat sessions',
  'session:write': 'Start and change chat sessions',
}

/** OpenChatStudio's doors: third-party apps that act for people in teams, and people's keys. */
export const doors: readonly DoorSettings[] = [
  {
    kind: 'apps',
    id: 'openchatstudio',
    path: '/o',
    issuerPath: '',
    shape: 'oauth',
    pkce: 'required',
    scopes: { ...apiScopes, openid: 'Know who you are', profile: 'See your name and e-mail address' },
    teams: 'choose',
    roles: {},
    codeLifetime: 60,
    accessLifetime: hour,
    refresh: { idle: 30 * day, absolute: 90 * day, rotation: 'strict', grace: 10, format: 'opaque' },
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
    endpoints: {
      authorize: 'authorize',
      token: 'token',
      revoke: 'revoke_token',
      introspect: 'introspect',
      userinfo: 'userinfo',
    },
    credentialLimit: { limit: 100, window: 300 },
  },
  {
    kind: 'keys',
    id: 'openchatstudio-keys',
    managePath: '/api/api-keys',
    shape: 'detail',
    format: { prefix: 'ocs', layout: 'base62', environments: false },
    scopes: apiScopes,
    roles: {},
    readOnlyDefault: true,
    creations: { limit: 100, window: 300 },
  },
]

/** Calls in five minutes, whatever the plan. */
export const limits: Readonly<Record<string, LimitTable>> = {
  'ocs-api': { style: 'seconds', plans: {}, otherwise: [{ limit: 2000, window: 300 }] },
}
