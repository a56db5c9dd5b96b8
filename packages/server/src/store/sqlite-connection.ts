import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Row, Statement, Value } from './database.ts'

interface Prepared {
  readonly statement: StatementSync
  readonly returnsRows: boolean
  readonly reads: boolean
}

/** What one statement did. */
export interface Ran {
  readonly rows: readonly Row[]
  readonly touched: number
}

const SQLITE_BUSY = 5

/** Whether another process held the lock. */
export function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    'errcode' in error &&
    typeof error.errcode === 'number' &&
    (error.errcode & 0xff) === SQLITE_BUSY
  )
}

/** SQLite gives its log and its shared memory the mode of the database, so that one is made before SQLite sees it. */
function createPrivately(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
}

/** One connection to an SQLite file with every statement that it has prepared. */
export class SqliteConnection {
  readonly #db: DatabaseSync
  readonly #prepared = new Map<string, Prepared>()

  constructor(path: string, timeoutMs: number) {
    createPrivately(path)
    this.#db = new DatabaseSync(path, { timeout: timeoutMs, enableForeignKeyConstraints: true })
    const mode = this.#db.prepare('PRAGMA journal_mode = WAL').get()
    if (mode?.journal_mode !== 'wal')
      throw new Error(`${path}: this file system cannot hold a write-ahead log`)
    // NORMAL leaves the sync after a commit to us; SQLite still syncs around its checkpoints.
    this.#db.exec('PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32000')
    // What is overwritten is zeroed in its page, which is written anyway; pages that become free are not.
    this.#db.exec('PRAGMA secure_delete = FAST')
  }

  get inTransaction(): boolean {
    return this.#db.isTransaction
  }

  /** How long SQLite may block this thread while another process holds the lock. */
  setTimeout(milliseconds: number): void {
    this.#db.exec(`PRAGMA busy_timeout = ${milliseconds}`)
  }

  read(sql: string, params: readonly Value[]): readonly Row[] {
    const { statement, reads } = this.#prepare(sql)
    // A write that came this way would be answered before it is durable.
    if (!reads) throw new TypeError(`not a read: ${sql}`)
    return rowsOf(statement, params)
  }

  run({ sql, params, script }: Statement): Ran {
    if (script) {
      this.#db.exec(sql)
      return { rows: [], touched: 0 }
    }
    const { statement, returnsRows } = this.#prepare(sql)
    if (!returnsRows) return { rows: [], touched: Number(statement.run(...params).changes) }
    const rows = rowsOf(statement, params)
    return { rows, touched: rows.length }
  }

  /** Runs one of the words that open and end transactions. */
  control(sql: string): void {
    this.#prepare(sql).statement.run()
  }

  /** Starts the log over, which is all that still has what was overwritten; with `whole` copies what is in use to a new file first. */
  erase(whole: boolean): void {
    if (whole) this.#db.exec('VACUUM')
    const result = this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
    if (result?.busy !== 0) throw new Error('another process reads the log of the database')
  }

  /** Differs from its last answer when another connection has committed meanwhile. */
  dataVersion(): number {
    return Number(this.#prepare('PRAGMA data_version').statement.get()?.data_version)
  }

  close(): void {
    this.#prepared.clear()
    this.#db.close()
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql)
    if (known) return known
    const statement = this.#db.prepare(sql.replace(/\$(\d+)/g, '?$1'))
    const returnsRows = statement.columns().length > 0
    const prepared = { statement, returnsRows, reads: returnsRows && /^\s*(SELECT|WITH)\b/i.test(sql) }
    this.#prepared.set(sql, prepared)
    return prepared
  }
}

/** The schema has neither BLOB nor integers beyond 2^53, so that a row holds nothing but a `Value`. */
const rowsOf = (statement: StatementSync, params: readonly Value[]): readonly Row[] =>
  statement.all(...params) as unknown as readonly Row[]
