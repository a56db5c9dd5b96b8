import type { AuditEvent, LogoutLimits, LogoutNotice, LogoutStore } from '../contract/index.ts'
import type { Database, Row } from '../database.ts'
import { noticed } from './logout-statements.ts'
import { number, optionalNumber, text } from './row.ts'
import { audit, run } from './statements.ts'

function readNotice(row: Row): LogoutNotice {
  return {
    presenceId: text(row, 'presence_id'),
    clientId: text(row, 'client_id'),
    doorId: text(row, 'door_id'),
    accountId: text(row, 'account_id'),
    tries: number(row, 'tries'),
    createdAt: number(row, 'created_at'),
  }
}

const one = 'presence_id = $1 AND client_id = $2 AND door_id = $3'

/** Notices of logout, in SQL. */
export class SqlLogoutStore implements LogoutStore {
  readonly #db: Database
  readonly #listeners = new Set<() => void>()

  constructor(db: Database) {
    this.#db = db
  }

  async due({ most, perClient, perAccount }: LogoutLimits, now: number): Promise<readonly LogoutNotice[]> {
    const rows = await this.#db.query(
      `SELECT * FROM (
         SELECT r.*, ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY place, due_at, presence_id, client_id) AS turn
           FROM (SELECT n.*, ROW_NUMBER() OVER (PARTITION BY client_id ORDER BY due_at, presence_id) AS place
                   FROM logout_notice n WHERE due_at <= $1) AS r
          WHERE place <= $2) AS ranked
        WHERE turn <= $3 ORDER BY turn, due_at, presence_id, client_id LIMIT $4`,
      [now, perClient, perAccount, most],
    )
    return rows.map(readNotice)
  }

  async nextDue(): Promise<number | undefined> {
    const [row] = await this.#db.query('SELECT MIN(due_at) AS due_at FROM logout_notice', [])
    return row && optionalNumber(row, 'due_at')
  }

  watch(listener: () => void): void {
    this.#listeners.add(listener)
  }

  /** The database for whoever ends sessions: it tells the listeners of each job that made a notice. */
  get telling(): Database {
    const db = this.#db
    const tell = (rows: readonly (readonly Row[])[]) => {
      if (rows.some(([row]) => row !== undefined && noticed in row))
        for (const listener of this.#listeners) listener()
    }
    return {
      identity: db.identity,
      query: (sql, params) => db.query(sql, params),
      async batch(statements, otherwise) {
        const result = await db.batch(statements, otherwise)
        tell(result.rows)
        return result
      },
      durable: () => db.durable(),
      watch: (listener) => db.watch(listener),
      erase: (whole) => db.erase(whole),
      counts: () => db.counts(),
      close: () => db.close(),
    }
  }

  take({ presenceId, clientId, doorId, tries }: LogoutNotice, nextAt: number): Promise<boolean> {
    return run(this.#db, [
      {
        sql: `UPDATE logout_notice SET tries = tries + 1, due_at = $5 WHERE ${one} AND tries = $4`,
        params: [presenceId, clientId, doorId, tries, nextAt],
        mustTouch: true,
      },
    ])
  }

  async close({ presenceId, clientId, doorId }: LogoutNotice, event: AuditEvent, now: number): Promise<void> {
    await run(this.#db, [
      {
        sql: `DELETE FROM logout_notice WHERE ${one}`,
        params: [presenceId, clientId, doorId],
        mustTouch: true,
      },
      audit(event, now),
    ])
  }
}
