import assert from 'node:assert/strict'
import { call, fresh, type Person } from './actors.ts'
import { type Answer, text } from './http.ts'
import type { TestServer } from './server.ts'

/** The pages of the document's example. */
export const exampleOrigins = ['https://mysite.com', 'https://staging.mysite.com']

/** Makes a character for the pages of the example; its slug. */
export async function newCharacter(
  server: TestServer,
  owner: Pick<Person, 'access'>,
  settings: object = {},
): Promise<string> {
  const answer = await call(server, '/api/ai-characters/', {
    bearer: owner.access,
    json: { slug: fresh('bot'), allowed_origins: exampleOrigins, ...settings },
  })
  assert.equal(answer.status, 201, answer.text)
  return text(answer, 'slug')
}

/** Starts a session as a page does: without a token. */
export function startSession(
  server: TestServer,
  agent: string,
  origin: string | readonly string[] | undefined,
  more: object = {},
): Promise<Answer> {
  return call(server, '/api/agents/agent-session/', {
    json: { agent, ...more },
    ...(origin !== undefined && { headers: { Origin: origin } }),
  })
}
