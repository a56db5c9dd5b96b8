import type { AuditEvent, SigningKeyRecord, SigningStore } from '../contract/index.ts'
import type { Database } from '../database.ts'
import { number, optionalNumber, text } from './row.ts'
import { audit, change } from './statements.ts'

/** Signing keys and server secrets in SQL. */
export class SqlSigningStore implements SigningStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async list(now: number): Promise<readonly SigningKeyRecord[]> {
    const rows = await this.#db.query(
      'SELECT * FROM signing_key WHERE remove_at IS NULL OR remove_at > $1 ORDER BY active_at, created_at, kid',
      [now],
    )
    return rows.map((row) => ({
      kid: text(row, 'kid'),
      alg: text(row, 'alg'),
      privateKey: text(row, 'private_key'),
      publicJwk: text(row, 'public_jwk'),
      createdAt: number(row, 'created_at'),
      activeAt: number(row, 'active_at'),
      replacedAt: optionalNumber(row, 'replaced_at'),
      removeAt: optionalNumber(row, 'remove_at'),
    }))
  }

  async add(
    key: Omit<SigningKeyRecord, 'createdAt' | 'replacedAt' | 'removeAt'>,
    removeOthersAt: number,
    event: AuditEvent,
    now: number,
  ): Promise<void> {
    const { kid, alg, privateKey, publicJwk, activeAt } = key
    await this.#db.batch([
      {
        // A key that was to go sooner keeps its end; one that was to stay longer does not.
        sql: `UPDATE signing_key SET replaced_at = COALESCE(replaced_at, $1),
              remove_at = CASE WHEN remove_at IS NULL OR remove_at > $2 THEN $2 ELSE remove_at END`,
        params: [activeAt, removeOthersAt],
      },
      {
        sql: 'INSERT INTO signing_key (kid, alg, private_key, public_jwk, created_at, active_at) VALUES ($1, $2, $3, $4, $5, $6)',
        params: [kid, alg, privateKey, publicJwk, now, activeAt],
      },
      change('signing-key', kid, now),
      audit(event, now),
    ])
  }

  async secret(name: string, fresh: string): Promise<string> {
    await this.#db.batch([
      {
        sql: 'INSERT INTO server_secret (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING',
        params: [name, fresh],
      },
    ])
    const [row] = await this.#db.query('SELECT value FROM server_secret WHERE name = $1', [name])
    if (!row) throw new Error(`the secret ${name} could not be stored`)
    return text(row, 'value')
  }
}
