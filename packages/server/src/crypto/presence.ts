import { createHash } from 'node:crypto'
import type { Sealer } from './seal.ts'

/**
 * What a client knows a browser's session by: another one at each client, so that two can't compare whom they see, and nothing that
 * could be used to be that session.
 * @see OpenID Back-Channel Logout §2.1, Front-Channel Logout §3 (`sid`)
 */
export function sidOf(presenceId: string, clientId: string, sealer: Sealer): string {
  return sealer.seal('sid', [presenceId, clientId])
}

/** What the page of session management compares: the same while one person stays in one browser. @see OpenID Session Management §2, §3.2 */
export function browserStateOf(presenceId: string, sealer: Sealer): string {
  return sealer.seal('browser-state', [presenceId])
}

/** The state of a browser as one client at one origin is told it. @see OpenID Session Management §2 */
export function sessionState(
  facts: { readonly clientId: string; readonly origin: string; readonly browserState: string },
  salt: string,
): string {
  const { clientId, origin, browserState } = facts
  const hash = createHash('sha256').update(`${clientId} ${origin} ${browserState} ${salt}`).digest('hex')
  return `${hash}.${salt}`
}
