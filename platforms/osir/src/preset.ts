import type { DoorSettings, LimitTable } from 'sallyport'

const minute = 60
const hour = 3600
const day = 24 * hour

/** The document's scopes in the document's words. */
export const scopes = {
  'domains:read': 'View domains',
  'domains:write': 'Manage domains',
  'vps:read': 'View servers',
  'vps:write': 'Manage servers',
  'email:read': 'View email settings',
  'email:write': 'Manage email',
  'billing:read': 'View billing info',
  'billing:write': 'Manage billing',
}

const all = Object.keys(scopes)

/** What the roles that can't do everything may give away. */
const roles = {
  viewer: all.filter((scope) => scope.endsWith(':read')),
  technical: all.filter((scope) => !scope.startsWith('billing:')),
}

/** OSIR's doors: servers with API keys and session tokens, and apps that act for people. */
export const doors: readonly DoorSettings[] = [
  {
    kind: 'keys',
    id: 'osir',
    managePath: '/v1/api-keys',
    shape: 'message',
    format: { prefix: 'osir', layout: 'base62', environments: true },
    scopes,
    roles,
    readOnlyDefault: false,
    sessionTokens: { path: '/v1/session-tokens', lifetime: 8 * hour, idle: 30 * minute },
    creations: { limit: 100, window: 5 * minute },
  },
  {
    kind: 'apps',
    id: 'osir-oauth',
    path: '/oauth',
    issuerPath: '/oauth',
    shape: 'oauth',
    pkce: 'confidential-may-omit',
    scopes,
    teams: 'home',
    roles,
    codeLifetime: minute,
    accessLifetime: hour,
    // The document never says that a refresh token ends when it was used, so it works until its successor is.
    refresh: { idle: 30 * day, absolute: 180 * day, rotation: 'lazy', grace: 0, format: 'opaque' },
    grantTypes: ['authorization_code', 'refresh_token'],
    // Clients of MCP name what a token is for; theirs is then worth nothing elsewhere.
    resources: { '/mcp': 'OSIR for MCP clients' },
    endpoints: {
      authorize: 'authorize',
      token: 'token',
      revoke: 'revoke',
      introspect: 'introspect',
      userinfo: 'userinfo',
    },
    credentialLimit: { limit: 100, window: 5 * minute },
  },
]

const perMinute = (limit: number) => ({ limit, window: minute })
const perDay = (limit: number) => ({ limit, window: day })

/** Calls by plan, and those of one endpoint that is limited by itself. */
export const limits: Readonly<Record<string, LimitTable>> = {
  'osir-api': {
    style: 'unix',
    plans: {
      Free: [perMinute(60), perDay(1000)],
      Starter: [perMinute(300), perDay(10_000)],
      Business: [perMinute(1000), perDay(100_000)],
      Enterprise: [perMinute(100_000)],
    },
    otherwise: [perMinute(60), perDay(1000)],
  },
  'osir-transfer': { style: 'unix', plans: {}, otherwise: [perMinute(30)] },
}
