import { newId } from '../../crypto/id.ts'
import type { AuditEvent, ChangeKind, SignInProof } from '../contract/index.ts'
import type { Database, Statement, Value } from '../database.ts'
import { orNull } from './row.ts'

/** The audit row of an event. */
export function audit(event: AuditEvent, now: number): Statement {
  const { type, doorId, accountId, clientId, teamId, targetId, ip, requestId, detail } = event
  const optional = [doorId, accountId, clientId, teamId, targetId, ip, requestId, detail].map(orNull)
  return {
    sql: `INSERT INTO audit_event (event_id, at, type, door_id, account_id, client_id, team_id, target_id, ip, request_id, detail)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    params: [newId('evt_', now), now, type, ...optional],
  }
}

/** One line of the change log. */
export function change(kind: ChangeKind, id: string, now: number): Statement {
  return {
    sql: 'INSERT INTO change_log (kind, id, at) VALUES ($1, $2, $3)',
    params: [kind, id, now],
    tells: true,
  }
}

/** A line of the change log for each row of `select`, which names one column and numbers its parameters from $3. */
export function changes(kind: ChangeKind, select: string, params: readonly Value[], now: number): Statement {
  return {
    sql: `INSERT INTO change_log (kind, id, at) SELECT CAST($1 AS TEXT), gone.id, CAST($2 AS BIGINT) FROM (${select}) AS gone`,
    params: [kind, now, ...params],
    tells: true,
  }
}

/** What families hang from. */
export type FamilyOwner = 'account_id' | 'client_id' | 'team_id'

/** Ends every live family of an owner, telling of each. */
export function endFamilies(owner: FamilyOwner, id: string, now: number): readonly Statement[] {
  return [
    changes(
      'family',
      `SELECT family_id AS id FROM token_family WHERE ${owner} = $3 AND ended_at IS NULL`,
      [id],
      now,
    ),
    {
      sql: `UPDATE token_family SET ended_at = $2 WHERE ${owner} = $1 AND ended_at IS NULL`,
      params: [id, now],
    },
  ]
}

/** Ends every live session token of a person or team, telling of each. */
export function endSessionTokens(
  owner: 'account_id' | 'team_id',
  id: string,
  now: number,
): readonly Statement[] {
  return [
    changes(
      'session-token',
      `SELECT hash AS id FROM session_token WHERE ${owner} = $3 AND ended_at IS NULL`,
      [id],
      now,
    ),
    {
      sql: `UPDATE session_token SET ended_at = $2 WHERE ${owner} = $1 AND ended_at IS NULL`,
      params: [id, now],
    },
  ]
}

/** Revokes every API key of a person, telling of each. */
export function revokeKeys(accountId: string, now: number): readonly Statement[] {
  return [
    changes(
      'api-key',
      'SELECT hash AS id FROM api_key WHERE account_id = $3 AND revoked_at IS NULL',
      [accountId],
      now,
    ),
    {
      sql: 'UPDATE api_key SET revoked_at = $2 WHERE account_id = $1 AND revoked_at IS NULL',
      params: [accountId, now],
    },
  ]
}

/** Deletes rows, telling of each. */
export function removeTelling(
  kind: ChangeKind,
  from: { readonly table: string; readonly id: string; readonly where: string },
  value: string,
  now: number,
): readonly Statement[] {
  return [
    changes(kind, `SELECT ${from.id} AS id FROM ${from.table} WHERE ${from.where} = $3`, [value], now),
    { sql: `DELETE FROM ${from.table} WHERE ${from.where} = $1`, params: [value] },
  ]
}

/** Deletes rows that nobody caches. */
export function remove(table: string, where: string, value: string): Statement {
  return { sql: `DELETE FROM ${table} WHERE ${where} = $1`, params: [value] }
}

/** Touches the account whose proof of sign-in still holds, and no other. */
export function proveSignIn({ accountId, passwordHash }: SignInProof): Statement {
  return {
    sql: `UPDATE account SET account_id = account_id WHERE account_id = $1 AND COALESCE(password_hash, '') = $2 AND disabled_at IS NULL`,
    params: [accountId, passwordHash ?? ''],
    mustTouch: true,
  }
}

/** Runs a job; `true` when none of its statements that must touch a row touched none. */
export async function run(db: Database, statements: readonly Statement[]): Promise<boolean> {
  return (await db.batch(statements)).done
}

/** An UPDATE of the given columns where `key` is `id`; `undefined` values are left as they are. */
export function update(
  table: string,
  key: string,
  id: string,
  columns: Readonly<Record<string, Value | undefined>>,
): Statement {
  const set = Object.entries(columns).filter(([, value]) => value !== undefined)
  // COALESCE keeps the text the same whatever is changed, so that one prepared statement serves them all.
  const names = Object.keys(columns)
  const assignments = names.map((name, index) => `${name} = COALESCE($${index + 2}, ${name})`).join(', ')
  return {
    sql: `UPDATE ${table} SET ${assignments} WHERE ${key} = $1`,
    params: [id, ...names.map((name) => set.find(([one]) => one === name)?.[1] ?? null)],
    mustTouch: true,
  }
}
