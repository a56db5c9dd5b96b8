import type { Database } from '../database.ts'

const day = 24 * 3600

/** What can go, and how long after. A replayed code must still be noticed, a late change still be told. */
const sweeps: readonly { readonly sql: string; readonly after: number }[] = [
  { sql: 'DELETE FROM authorization_code WHERE expires_at < $1', after: 600 },
  { sql: 'DELETE FROM upstream_login WHERE expires_at < $1', after: 0 },
  { sql: 'DELETE FROM browser_session WHERE expires_at < $1', after: 0 },
  { sql: 'DELETE FROM session_token WHERE expires_at < $1', after: day },
  { sql: 'DELETE FROM widget_session WHERE expires_at < $1', after: day },
  { sql: 'DELETE FROM client_secret WHERE expires_at < $1', after: day },
  { sql: 'DELETE FROM token_family WHERE expires_at < $1', after: 30 * day },
  { sql: 'DELETE FROM token_family WHERE ended_at < $1', after: 30 * day },
  { sql: 'DELETE FROM signing_key WHERE remove_at < $1', after: day },
  { sql: 'DELETE FROM change_log WHERE at < $1', after: 7 * day },
]

/** Deletes what has expired and can no longer be asked for; returns how many rows. */
export async function sweep(db: Database, now: number): Promise<number> {
  let gone = 0
  // One at a time: each is a transaction of its own, so that nobody waits long behind it.
  for (const { sql, after } of sweeps) {
    const { rows } = await db.batch([{ sql: `${sql} RETURNING 1 AS gone`, params: [now - after] }])
    gone += rows[0]?.length ?? 0
  }
  return gone
}
