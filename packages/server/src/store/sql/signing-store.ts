import { newId } from '../../crypto/id.ts'
import type {
  AuditEvent,
  KeptValue,
  NewSigningKeyRecord,
  SigningKeyRecord,
  SigningStore,
} from '../contract/index.ts'
import type { Database, Statement } from '../database.ts'
import { bit, flag, number, optionalNumber, text } from './row.ts'
import { audit, change, run } from './statements.ts'

/** Where each kind of encrypted value lies. */
const places = {
  'signing-key': { table: 'signing_key', id: 'kid', column: 'private_key' },
  'server-secret': { table: 'server_secret', id: 'name', column: 'value' },
} as const

function replace({ kind, name, value, next }: KeptValue & { readonly next: string }): Statement {
  const { table, id, column } = places[kind]
  return {
    sql: `UPDATE ${table} SET ${column} = $3 WHERE ${id} = $1 AND ${column} = $2`,
    params: [name, value, next],
    mustTouch: true,
  }
}

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

  add(key: NewSigningKeyRecord, removeOthersAt: number, event: AuditEvent, now: number): Promise<boolean> {
    const { kid, alg, privateKey, publicJwk, activeAt, follows = '' } = key
    return run(this.#db, [
      {
        sql: `INSERT INTO signing_key (kid, alg, private_key, public_jwk, created_at, active_at, follows)
              VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (follows) DO NOTHING`,
        params: [kid, alg, privateKey, publicJwk, now, activeAt, follows],
        mustTouch: true,
      },
      {
        // A key that was to go sooner keeps its end; one that was to stay longer does not.
        sql: `UPDATE signing_key SET replaced_at = COALESCE(replaced_at, $1),
              remove_at = CASE WHEN remove_at IS NULL OR remove_at > $2 THEN $2 ELSE remove_at END WHERE kid <> $3`,
        params: [activeAt, removeOthersAt, kid],
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

  async kept(): Promise<readonly KeptValue[]> {
    const rows = await this.#db.query(
      `SELECT 'signing-key' AS kind, kid AS name, private_key AS value FROM signing_key WHERE private_key <> ''
       UNION ALL SELECT 'server-secret' AS kind, name, value FROM server_secret ORDER BY kind, name`,
      [],
    )
    return rows.map((row) => ({
      kind: text(row, 'kind') as KeptValue['kind'],
      name: text(row, 'name'),
      value: text(row, 'value'),
    }))
  }

  replaceKept(
    changes: readonly (KeptValue & { readonly next: string })[],
    inClear: boolean,
    event: AuditEvent,
    now: number,
  ): Promise<boolean> {
    return run(this.#db, [
      ...changes.map(replace),
      {
        sql: 'INSERT INTO erasure (erasure_id, whole) VALUES ($1, $2)',
        params: [newId('ers_', now), bit(inClear)],
      },
      audit(event, now),
    ])
  }

  async eraseTraces(): Promise<void> {
    const rows = await this.#db.query('SELECT erasure_id, whole FROM erasure', [])
    if (rows.length === 0) return
    await this.#db.erase(rows.some((row) => flag(row, 'whole')))
    // By id: what another process has replaced meanwhile is still to be erased.
    const done = rows.map((row) => ({
      sql: 'DELETE FROM erasure WHERE erasure_id = $1',
      params: [text(row, 'erasure_id')],
    }))
    await this.#db.batch(done)
  }
}
