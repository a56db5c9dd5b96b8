import type { DoorSettings } from 'sallyport'

const day = 24 * 3600

/** Oshara's doors: people, the widgets on their pages, and people's keys. */
export const doors: readonly DoorSettings[] = [
  {
    kind: 'people',
    id: 'oshara',
    path: '/api/auth',
    shape: 'detail',
    accessLifetime: 10 * day,
    // The document promises 30 days for the token as it was given, so it works until its successor is used.
    refresh: { idle: 30 * day, rotation: 'lazy', grace: 0, format: 'jwt' },
    minPasswordLength: 8,
    attempts: { limit: 11, window: 60 },
    plan: 'Free',
    keysDoor: 'oshara-keys',
  },
  {
    kind: 'widgets',
    id: 'oshara-widgets',
    path: '/api/agents',
    sessionPath: '/api/agents/agent-session/',
    shape: 'detail',
    sessionLifetime: 3600,
    startsByIp: { limit: 120, window: 60 },
    startsByWidget: { limit: 600, window: 60 },
    insecureSkipOriginChecks: false,
    insecureRefererFallback: false,
  },
  {
    kind: 'keys',
    id: 'oshara-keys',
    managePath: '/api/auth/api-keys',
    shape: 'detail',
    format: { prefix: 'sk', layout: 'hex', environments: false },
    scopes: {},
    roles: {},
    readOnlyDefault: false,
    creations: { limit: 100, window: 300 },
  },
]
