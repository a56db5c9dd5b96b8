import type { Database } from '../database.ts'
import { endPresences, ofExpired } from './logout-statements.ts'

const day = 24 * 3600

interface Expiring {
  readonly table: string
  readonly id: string
  /** The moment from which a row is past. */
  readonly moment: string
  /** How long after that it can go: a replayed code must still be noticed, a late change still be told. */
  readonly after: number
  /** The newest row stays: it says how far the numbers have come, to whoever opens the store next. */
  readonly keepsNewest?: true
}

const expiring: readonly Expiring[] = [
  { table: 'authorization_code', id: 'hash', moment: 'expires_at', after: 600 },
  { table: 'deferred_request', id: 'hash', moment: 'expires_at', after: 600 },
  { table: 'used_grant', id: 'hash', moment: 'expires_at', after: 0 },
  { table: 'upstream_login', id: 'state_hash', moment: 'expires_at', after: 0 },
  { table: 'pushed_request', id: 'hash', moment: 'expires_at', after: 0 },
  { table: 'session_token', id: 'hash', moment: 'expires_at', after: day },
  { table: 'widget_session', id: 'session_id', moment: 'expires_at', after: day },
  { table: 'client_secret', id: 'secret_id', moment: 'expires_at', after: day },
  { table: 'used_assertion', id: 'hash', moment: 'expires_at', after: 60 },
  { table: 'initial_token', id: 'token_id', moment: 'expires_at', after: 0 },
  { table: 'token_family', id: 'family_id', moment: 'expires_at', after: 30 * day },
  { table: 'token_family', id: 'family_id', moment: 'ended_at', after: 30 * day },
  { table: 'signing_key', id: 'kid', moment: 'remove_at', after: day },
  { table: 'change_log', id: 'change_id', moment: 'at', after: 7 * day, keepsNewest: true },
]

/** Rows of one transaction: few enough that nobody waits long behind it, however large the backlog. */
const portion = 500

/** Browser sessions, telling the clients that were in them. */
async function sweepSessions(db: Database, now: number): Promise<number> {
  const expired = ofExpired(now, portion)
  const sql = `DELETE FROM browser_session WHERE ${expired.where('$1')} RETURNING 1 AS gone`
  let total = 0
  let gone = portion
  while (gone === portion) {
    const { rows } = await db.batch([...endPresences(expired, now), { sql, params: [expired.value] }])
    gone = rows.at(-1)?.length ?? 0
    total += gone
  }
  return total
}

/** Deletes what has expired and can no longer be asked for; returns how many rows. */
export async function sweep(db: Database, now: number): Promise<number> {
  let total = await sweepSessions(db, now)
  for (const { table, id, moment, after, keepsNewest } of expiring) {
    const older = keepsNewest ? ` AND ${id} < (SELECT MAX(${id}) FROM ${table})` : ''
    // In order, so that what is left of the change log has no gap at any time.
    const past = `SELECT ${id} FROM ${table} WHERE ${moment} < $1${older} ORDER BY ${moment}, ${id} LIMIT ${portion}`
    const sql = `DELETE FROM ${table} WHERE ${id} IN (${past}) RETURNING 1 AS gone`
    let gone = portion
    while (gone === portion) {
      const { rows } = await db.batch([{ sql, params: [now - after] }])
      gone = rows[0]?.length ?? 0
      total += gone
    }
  }
  return total
}
