import type { Ask } from './http.ts'

/** A caller who is refused, and how. */
export interface Vector {
  readonly name: string
  readonly path: string
  readonly headers: NonNullable<Ask['headers']>
  readonly status: number
  /** Members of the body. */
  readonly body?: Readonly<Record<string, unknown>>
  readonly challenge?: RegExp
}

const unauthorized = { error: 'unauthorized', message: 'Invalid or missing API key' }
const invalidToken = {
  error: 'invalid_token',
  error_description: 'The access token is missing or not valid.',
}
/** Credentials of one server. */
export interface Credentials {
  readonly key: string
  /** Access tokens: of a person, of an app that may all, of an app that may nothing of the API. */
  readonly person: string
  readonly app: string
  readonly profile: string
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

/** Another credential of the same shape. */
export function changed(credential: string): string {
  const at = credential.length - 20
  return credential.slice(0, at) + (credential[at] === 'A' ? 'B' : 'A') + credential.slice(at + 1)
}

/** Everybody whom the examples refuse, each by the server's own words. */
export function refusedCallers({ key, person, app, profile }: Credentials): readonly Vector[] {
  return [
    {
      name: 'nobody',
      path: '/domains',
      headers: {},
      status: 401,
      body: unauthorized,
      challenge: /^Bearer$/,
    },
    {
      name: 'a credential of another door',
      path: '/domains',
      headers: bearer(person),
      status: 401,
      body: unauthorized,
      challenge: /invalid_token/,
    },
    {
      name: 'a key with another character',
      path: '/domains',
      headers: { 'X-API-Key': changed(key) },
      status: 401,
      body: unauthorized,
    },
    {
      name: 'a token with another signature',
      path: '/chatbots',
      headers: bearer(changed(app)),
      status: 401,
      body: invalidToken,
    },
    {
      name: 'an app without the scopes, all of which are named',
      path: '/chatbots',
      headers: bearer(profile),
      status: 403,
      body: { error: 'insufficient_scope', scope: 'chatbot:read session:read' },
      challenge: /error="insufficient_scope", scope="chatbot:read session:read"/,
    },
    {
      name: 'two credentials',
      path: '/domains',
      headers: { 'X-API-Key': key, ...bearer(person) },
      status: 400,
      body: { error: 'invalid_request' },
    },
    {
      name: 'a key that was sent twice',
      path: '/domains',
      headers: { 'X-API-Key': [key, key] },
      status: 401,
      body: unauthorized,
    },
    {
      name: 'a token that was sent twice',
      path: '/chatbots',
      headers: { Authorization: [`Bearer ${app}`, `Bearer ${app}`] },
      status: 401,
      body: invalidToken,
    },
    {
      name: 'a good token after another one',
      path: '/chatbots',
      headers: { Authorization: [`Bearer ${changed(app)}`, `Bearer ${app}`] },
      status: 401,
      body: invalidToken,
    },
    {
      name: 'an empty key',
      path: '/domains',
      headers: { 'X-API-Key': '' },
      status: 401,
      body: unauthorized,
    },
    {
      name: 'noise in every header',
      path: '/domains',
      headers: {
        'X-API-Key': '\u00e9"\\\u00ff',
        Authorization: `Bearer ${'x'.repeat(6000)}`,
        Origin: '\u00e9',
      },
      status: 401,
      body: unauthorized,
    },
  ]
}
