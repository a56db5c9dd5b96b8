import type { ChangeKind } from '../contract/index.ts'
import type { Statement } from '../database.ts'
import { changes } from './statements.ts'

/** What a member holds in a team: where it is kept, what it is known by, and what says that it has ended. */
const held: readonly (readonly [kind: ChangeKind, table: string, id: string, end: string])[] = [
  ['family', 'token_family', 'family_id', 'ended_at'],
  ['session-token', 'session_token', 'hash', 'ended_at'],
  ['api-key', 'api_key', 'hash', 'revoked_at'],
]

/** Ends for good all that a person holds in a team, so that none of it lives again when they come back. */
export function endMembershipStatements(
  accountId: string,
  teamId: string,
  now: number,
): readonly Statement[] {
  const ended = held.flatMap(([kind, table, id, end]) => [
    changes(
      kind,
      `SELECT ${id} AS id FROM ${table} WHERE account_id = $3 AND team_id = $4 AND ${end} IS NULL`,
      [accountId, teamId],
      now,
    ),
    {
      sql: `UPDATE ${table} SET ${end} = $3 WHERE account_id = $1 AND team_id = $2 AND ${end} IS NULL`,
      params: [accountId, teamId, now],
    },
  ])
  const consents: Statement = {
    sql: 'DELETE FROM consent WHERE account_id = $1 AND team_id = $2',
    params: [accountId, teamId],
  }
  return [...ended, consents]
}
