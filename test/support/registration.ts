import { call, fresh } from './actors.ts'
import type { Answer, Ask } from './http.ts'
import type { TestServer } from './server.ts'

/** Metadata of an app that keeps a secret; nobody else says the same. */
export function confidentialApp(more: object = {}): Readonly<Record<string, unknown>> {
  return {
    client_name: fresh('Notes'),
    redirect_uris: ['https://notes.example/cb'],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: 'domains:read domains:write',
    token_endpoint_auth_method: 'client_secret_post',
    ...more,
  }
}

/** Metadata of an app on people's own machines. */
export function publicApp(more: object = {}): Readonly<Record<string, unknown>> {
  return confidentialApp({
    redirect_uris: ['http://127.0.0.1:3000/callback'],
    token_endpoint_auth_method: 'none',
    ...more,
  })
}

/** Registers software at OSIR's door, or asks to. */
export function register(server: TestServer, metadata: object, ask: Ask = {}): Promise<Answer> {
  return call(server, '/oauth/register', { json: metadata, ...ask })
}
