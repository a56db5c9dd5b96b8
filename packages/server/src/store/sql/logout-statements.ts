import type { FramedClient } from '../contract/index.ts'
import type { Row, Statement, Value } from '../database.ts'
import { text } from './row.ts'
import { changes } from './statements.ts'

/** Browser sessions that end: a condition on them, with one parameter. */
export interface Ending {
  readonly where: (parameter: string) => string
  readonly value: Value
}

/** The session of a cookie. */
export const ofCookie = (hash: string): Ending => ({
  where: (parameter) => `hash = ${parameter}`,
  value: hash,
})

/** The same, once another session was made in its place: nothing ends where that one goes on with the presence. */
export const ofReplaced = (hash: string): Ending => ({
  where: (parameter) => `hash = ${parameter} AND NOT EXISTS (SELECT 1 FROM browser_session AS next
    WHERE next.presence_id = COALESCE(browser_session.presence_id, browser_session.session_id)
      AND next.hash <> browser_session.hash)`,
  value: hash,
})

/** The oldest of those that are over. */
export const ofExpired = (now: number, most: number): Ending => ({
  where: (parameter) =>
    `hash IN (SELECT hash FROM browser_session WHERE expires_at < ${parameter} ORDER BY expires_at, hash LIMIT ${most})`,
  value: now,
})

/** All sessions of a person. */
export const ofAccount = (accountId: string): Ending => ({
  where: (parameter) => `account_id = ${parameter}`,
  value: accountId,
})

// Sessions made by a server from before the column are a presence of their own.
const presences = ({ where }: Ending, parameter: string) =>
  `SELECT COALESCE(presence_id, session_id) FROM browser_session WHERE ${where(parameter)}`

/** Families whose client got an ID token, or can still get one with its code. */
const signedIn = "(' ' || f.scope || ' ') LIKE '% openid %'"

/** The clients that sessions are framed for when they end. */
export function framedClients(ending: Ending): Statement {
  return {
    sql: `SELECT DISTINCT f.client_id, f.door_id, c.frontchannel_logout_uri AS uri
            FROM token_family f JOIN client c ON c.client_id = f.client_id
           WHERE f.presence_id IN (${presences(ending, '$1')}) AND ${signedIn} AND c.frontchannel_logout_uri IS NOT NULL
           ORDER BY f.client_id, f.door_id LIMIT 50`,
    params: [ending.value],
  }
}

/** Reads one of them. */
export function readFramed(row: Row): FramedClient {
  return { clientId: text(row, 'client_id'), doorId: text(row, 'door_id'), uri: text(row, 'uri') }
}

/** What the rows of a job are called that made a notice. */
export const noticed = 'noticed'

/** What follows from the end of sessions, to be run before they are deleted: clients to tell, and families that end with them. */
export function endPresences(ending: Ending, now: number): readonly Statement[] {
  const ends = 'ends_with_presence = 1 AND ended_at IS NULL'
  return [
    {
      sql: `INSERT INTO logout_notice (presence_id, client_id, door_id, account_id, tries, created_at, due_at)
            SELECT DISTINCT f.presence_id, f.client_id, f.door_id, f.account_id, 0, CAST($2 AS BIGINT), CAST($2 AS BIGINT)
              FROM token_family f JOIN client c ON c.client_id = f.client_id
             WHERE f.presence_id IN (${presences(ending, '$1')}) AND ${signedIn} AND c.backchannel_logout_uri IS NOT NULL
            ON CONFLICT (presence_id, client_id, door_id) DO NOTHING RETURNING 1 AS ${noticed}`,
      params: [ending.value, now],
    },
    changes(
      'family',
      `SELECT family_id AS id FROM token_family WHERE presence_id IN (${presences(ending, '$3')}) AND ${ends}`,
      [ending.value],
      now,
    ),
    {
      sql: `UPDATE token_family SET ended_at = $2 WHERE presence_id IN (${presences(ending, '$1')}) AND ${ends}`,
      params: [ending.value, now],
    },
  ]
}
