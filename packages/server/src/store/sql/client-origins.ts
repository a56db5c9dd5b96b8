import { pageOrigins } from '@sallyport/protocol'
import type { Database, Statement } from '../database.ts'
import { list, text } from './row.ts'

const portion = 500

/** Lists the origins of a client's redirect addresses anew, where it is a public one. Comes after the client's row was written. */
export function listOrigins(clientId: string, redirectUris: readonly string[]): readonly Statement[] {
  return [
    { sql: 'DELETE FROM client_origin WHERE client_id = $1', params: [clientId] },
    ...pageOrigins(redirectUris).map((origin) => ({
      sql: `INSERT INTO client_origin (client_id, origin, door_id)
            SELECT client_id, CAST($2 AS TEXT), door_id FROM client WHERE client_id = $1 AND type = 'public'`,
      params: [clientId, origin],
    })),
    { sql: 'UPDATE client SET origins_listed = 1 WHERE client_id = $1', params: [clientId] },
  ]
}

/** Lists the origins of clients that an earlier version registered. Two processes that start together may both do it. */
export async function listMissingOrigins(db: Database): Promise<void> {
  let found = portion
  while (found === portion) {
    const rows = await db.query(
      `SELECT client_id, redirect_uris FROM client WHERE origins_listed IS NULL ORDER BY client_id LIMIT ${portion}`,
      [],
    )
    found = rows.length
    for (const row of rows) await db.batch(listOrigins(text(row, 'client_id'), list(row, 'redirect_uris')))
  }
}

/** Whether pages of an origin belong to a public client of those doors; `clientId` undefined: to any. One indexed read. */
export async function hasOrigin(
  db: Database,
  origin: string,
  doorIds: readonly string[],
  clientId: string | undefined,
): Promise<boolean> {
  const doors = doorIds.map((_, index) => `$${index + 3}`).join(', ')
  const rows = await db.query(
    `SELECT 1 AS found FROM client_origin WHERE origin = $1 AND ($2 = '' OR client_id = $2) AND door_id IN (${doors}) LIMIT 1`,
    [origin, clientId ?? '', ...doorIds],
  )
  return rows.length > 0
}
