import assert from 'node:assert/strict'
import { type Flow, exchange, newApp } from './actors.ts'
import { type Answer, text } from './http.ts'
import type { TestServer } from './server.ts'

/** The document's redirect address. */
export const callback = 'https://yourapp.com/callback'

const scope = 'domains:read domains:write'

/** A flow as the document has it, without state and PKCE; `app` changes the client's metadata, `more` the request. */
export async function newOsirFlow(
  server: TestServer,
  app: object = {},
  more: Partial<Flow> = {},
): Promise<Flow> {
  const registered = await newApp(server, {
    door: 'osir-oauth',
    redirect_uris: [callback],
    scope,
    ...app,
  })
  return { app: registered, redirectUri: callback, authorize: '/oauth/authorize', scope, ...more }
}

/** Exchanges a code at the document's token endpoint. */
export function redeemAt(
  server: TestServer,
  flow: Flow,
  code: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return exchange(server, '/oauth/token', flow, code, more)
}

/** That an answer is an error with that status and one of those codes. */
export function assertOauthError(answer: Answer, status: number, ...errors: readonly string[]): void {
  assert.equal(answer.status, status, answer.text)
  assert.ok(errors.includes(text(answer, 'error')), answer.text)
}
