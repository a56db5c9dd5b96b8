import type { Database } from '../database.ts'
import { changes } from './statements.ts'

/** How long a registration can wait for its first person. */
const unusedFor = 30 * 24 * 3600
const portion = 500

/**
 * Deletes clients that registered themselves and came to nothing: registered long ago, without a consent and without a token
 * family that lives. What an administrator registered stays. One step a portion: marked first, so that every statement of the
 * step speaks of the same clients.
 */
export async function sweepRegistrations(db: Database, now: number): Promise<number> {
  const unused = `SELECT r.client_id FROM client_registration r WHERE r.registered_at < $2
    AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.client_id = r.client_id)
    AND NOT EXISTS (SELECT 1 FROM token_family f WHERE f.client_id = r.client_id AND f.ended_at IS NULL
      AND (f.expires_at IS NULL OR f.expires_at > $1))
    ORDER BY r.registered_at, r.client_id LIMIT ${portion}`
  const marked = 'SELECT client_id FROM client_registration WHERE swept_at IS NOT NULL'
  let total = 0
  let gone = portion
  while (gone === portion) {
    const { rows } = await db.batch([
      {
        sql: `UPDATE client_registration SET swept_at = $1 WHERE client_id IN (${unused})`,
        params: [now, now - unusedFor],
      },
      changes(
        'client',
        'SELECT client_id AS id FROM client_registration WHERE swept_at IS NOT NULL',
        [],
        now,
      ),
      { sql: `DELETE FROM client_secret WHERE client_id IN (${marked})`, params: [] },
      { sql: `DELETE FROM client_origin WHERE client_id IN (${marked})`, params: [] },
      { sql: `DELETE FROM client WHERE client_id IN (${marked})`, params: [] },
      { sql: 'DELETE FROM client_registration WHERE swept_at IS NOT NULL RETURNING 1 AS gone', params: [] },
    ])
    gone = rows.at(-1)?.length ?? 0
    total += gone
  }
  return total
}
