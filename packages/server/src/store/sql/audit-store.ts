import type { AuditEvent, AuditRecord, AuditStore } from '../contract/index.ts'
import type { Database, Row } from '../database.ts'
import { number, optionalText, text } from './row.ts'
import { audit } from './statements.ts'

function read(row: Row): AuditRecord {
  const optional = {
    doorId: optionalText(row, 'door_id'),
    accountId: optionalText(row, 'account_id'),
    clientId: optionalText(row, 'client_id'),
    teamId: optionalText(row, 'team_id'),
    targetId: optionalText(row, 'target_id'),
    ip: optionalText(row, 'ip'),
    requestId: optionalText(row, 'request_id'),
    detail: optionalText(row, 'detail'),
  }
  const present = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined))
  return { eventId: text(row, 'event_id'), at: number(row, 'at'), type: text(row, 'type'), ...present }
}

/** The audit log in SQL. */
export class SqlAuditStore implements AuditStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async add(event: AuditEvent, now: number): Promise<void> {
    await this.#db.batch([audit(event, now)])
  }

  async list(page: {
    readonly limit: number
    readonly before?: string
    readonly type?: string
  }): Promise<readonly AuditRecord[]> {
    // Ids sort by time; this one sorts after all of them, in any collation.
    const { limit, before = 'evt_z', type } = page
    const rows =
      type === undefined
        ? await this.#db.query(
            'SELECT * FROM audit_event WHERE event_id < $1 ORDER BY event_id DESC LIMIT $2',
            [before, limit],
          )
        : await this.#db.query(
            'SELECT * FROM audit_event WHERE event_id < $1 AND type = $2 ORDER BY event_id DESC LIMIT $3',
            [before, type, limit],
          )
    return rows.map(read)
  }
}
