import type { PushedRequest, RequestStore } from '../contract/index.ts'
import type { Database, Row } from '../database.ts'
import { text } from './row.ts'
import { run } from './statements.ts'

const readRequest = (row: Row): PushedRequest => ({
  doorId: text(row, 'door_id'),
  clientId: text(row, 'client_id'),
  params: text(row, 'params'),
})

/** Pushed authorization requests in SQL. */
export class SqlRequestStore implements RequestStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async push(
    hash: string,
    { doorId, clientId, params }: PushedRequest,
    expiresAt: number,
    now: number,
  ): Promise<void> {
    await run(this.#db, [
      {
        sql: `INSERT INTO pushed_request (hash, door_id, client_id, params, created_at, opened_at, expires_at)
              VALUES ($1, $2, $3, $4, $5, NULL, $6)`,
        params: [hash, doorId, clientId, params, now, expiresAt],
      },
    ])
  }

  async open(
    hash: string,
    { doorId, clientId }: Pick<PushedRequest, 'doorId' | 'clientId'>,
    answerBy: number,
    now: number,
  ): Promise<PushedRequest | undefined> {
    const { rows } = await this.#db.batch([
      {
        sql: `UPDATE pushed_request SET opened_at = COALESCE(opened_at, $4),
                expires_at = CASE WHEN opened_at IS NULL THEN $5 ELSE expires_at END
               WHERE hash = $1 AND door_id = $2 AND client_id = $3 AND expires_at > $4 RETURNING *`,
        params: [hash, doorId, clientId, now, answerBy],
      },
    ])
    const row = rows[0]?.[0]
    return row && readRequest(row)
  }

  async find(
    hash: string,
    { doorId, clientId }: Pick<PushedRequest, 'doorId' | 'clientId'>,
    now: number,
  ): Promise<PushedRequest | undefined> {
    const [row] = await this.#db.query(
      'SELECT * FROM pushed_request WHERE hash = $1 AND door_id = $2 AND client_id = $3 AND expires_at > $4',
      [hash, doorId, clientId, now],
    )
    return row && readRequest(row)
  }

  end(hash: string): Promise<boolean> {
    return run(this.#db, [
      { sql: 'DELETE FROM pushed_request WHERE hash = $1', params: [hash], mustTouch: true },
    ])
  }
}
