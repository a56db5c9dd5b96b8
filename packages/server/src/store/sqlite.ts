import { CommitBarrier } from './commit-barrier.ts'
import type { Database, DatabaseCounts, JobResult, Row, Statement, Value } from './database.ts'
import { isBusy, type Ran, SqliteConnection } from './sqlite-connection.ts'
import { type SyncFile, WalFile } from './wal-file.ts'

/** How an SQLite store is opened. */
export interface SqliteOptions {
  /** The file; it and its folder are made when missing, for this user alone. */
  readonly path: string
  /** Told once, when a commit could not be made durable: no write is answered from then on, so the process should end. */
  readonly onFatal: (error: unknown) => void
  /** Replaces the sync of the log, for tests. */
  readonly sync?: SyncFile
  /** How long writes wait while another process holds the lock. */
  readonly busyTimeoutMs?: number
}

interface Job {
  readonly statements: readonly Statement[]
  readonly otherwise: Statement | undefined
  readonly resolve: (result: JobResult) => void
  readonly reject: (error: unknown) => void
}

/** Other processes' changes must be known within 250 ms. */
const POLL_MS = 100
const RETRY_MS = 5
const BUSY_TIMEOUT_MS = 5000

/**
 * SQLite behind a commit barrier: the jobs that arrive in one turn of the event loop run as one transaction, and are
 * answered when an asynchronous sync of the log that began after its commit has returned. Each job is atomic by itself.
 */
class SqliteDatabase implements Database {
  readonly identity = 'INTEGER PRIMARY KEY AUTOINCREMENT'
  readonly #connection: SqliteConnection
  readonly #wal: WalFile
  readonly #barrier: CommitBarrier
  readonly #watchers = new Set<() => Promise<void>>()
  readonly #retries: number
  readonly #poll: NodeJS.Timeout
  #jobs: Job[] = []
  #triesLeft: number
  #polledVersion: number
  #syncedVersion: number
  #closed = false
  #reads = 0
  #writes = 0
  #commits = 0

  constructor({ path, onFatal, sync, busyTimeoutMs = BUSY_TIMEOUT_MS }: SqliteOptions) {
    this.#connection = new SqliteConnection(path, busyTimeoutMs)
    // From here on waiting is asynchronous: a blocked thread would stall the reads as well.
    this.#connection.setTimeout(0)
    this.#wal = new WalFile(path, sync)
    this.#barrier = new CommitBarrier(() => this.#wal.sync(), onFatal)
    this.#retries = Math.ceil(busyTimeoutMs / RETRY_MS)
    this.#triesLeft = this.#retries
    this.#polledVersion = this.#syncedVersion = this.#connection.dataVersion()
    this.#poll = setInterval(() => this.#lookElsewhere(), POLL_MS).unref()
  }

  async query(sql: string, params: readonly Value[]): Promise<readonly Row[]> {
    this.#reads += 1
    return this.#connection.read(sql, params)
  }

  batch(statements: readonly Statement[], otherwise?: Statement): Promise<JobResult> {
    if (this.#closed) return Promise.reject(new Error('the database is closed'))
    this.#writes += 1
    return new Promise((resolve, reject) => {
      this.#jobs.push({ statements, otherwise, resolve, reject })
      if (this.#jobs.length === 1) setImmediate(() => this.#flush())
    })
  }

  durable(): Promise<void> {
    const version = this.#connection.dataVersion()
    if (version === this.#syncedVersion) return this.#barrier.settled()
    // Another process has committed, and a read may have seen that before it was durable.
    this.#syncedVersion = version
    return this.#barrier.pass()
  }

  watch(listener: () => Promise<void>): () => void {
    this.#watchers.add(listener)
    return () => void this.#watchers.delete(listener)
  }

  async erase(whole: boolean): Promise<void> {
    this.#connection.setTimeout(this.#retries * RETRY_MS)
    try {
      this.#connection.erase(whole)
    } finally {
      this.#connection.setTimeout(0)
    }
  }

  counts(): DatabaseCounts {
    return { reads: this.#reads, writes: this.#writes, commits: this.#commits, syncs: this.#barrier.syncs }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    const last = this.#jobs.length > 0 ? this.batch([]) : this.#barrier.settled()
    this.#closed = true
    clearInterval(this.#poll)
    if (!this.#barrier.failed) await last
    try {
      await this.#wal.close()
    } finally {
      this.#connection.close()
    }
  }

  /** Runs the jobs of this turn as one transaction, synchronously: no read can see half of it. */
  #flush(): void {
    if (this.#barrier.failed || !this.#begin()) return
    const jobs = this.#jobs
    this.#jobs = []
    const answers: (() => void)[] = []
    let tells = false
    try {
      for (const job of jobs) {
        const outcome = this.#attempt(job)
        tells ||= outcome.tells
        answers.push(outcome.answer)
      }
      this.#connection.control('COMMIT')
    } catch (error) {
      // The transaction is lost, by a full disk for example, and all of its jobs with it.
      if (this.#connection.inTransaction) this.#connection.control('ROLLBACK')
      for (const { reject } of jobs) reject(error)
      return
    }
    this.#commits += 1
    const durable = this.#barrier.pass()
    // A listener that failed may have kept what it should have dropped, so that is as fatal as a failed sync.
    Promise.all([durable, tells ? this.#tell() : undefined]).then(
      () => {
        if (!this.#barrier.failed) for (const answer of answers) answer()
      },
      (error: unknown) => this.#barrier.fail(error),
    )
  }

  #begin(): boolean {
    try {
      this.#connection.control('BEGIN IMMEDIATE')
      this.#triesLeft = this.#retries
      return true
    } catch (error) {
      // Another process is writing: the jobs stay, and later ones join them, until their time is up.
      if (isBusy(error) && this.#triesLeft-- > 0) {
        setTimeout(() => this.#flush(), RETRY_MS)
        return false
      }
      this.#triesLeft = this.#retries
      for (const { reject } of this.#jobs.splice(0)) reject(error)
      return false
    }
  }

  /** Runs one job. Its own SQL error becomes its answer; an error that took the transaction with it is thrown. */
  #attempt(job: Job): { readonly answer: () => void; readonly tells: boolean } {
    const single = job.statements.length === 1
    if (!single) this.#connection.control('SAVEPOINT job')
    try {
      const { result, tells } = this.#run(job, single)
      if (!single) this.#connection.control('RELEASE job')
      return { answer: () => job.resolve(result), tells }
    } catch (error) {
      if (!this.#connection.inTransaction) throw error
      if (!single) this.#undo()
      return { answer: () => job.reject(error), tells: false }
    }
  }

  #run(
    { statements, otherwise }: Job,
    single: boolean,
  ): { readonly result: JobResult; readonly tells: boolean } {
    const rows: (readonly Row[])[] = []
    let tells = false
    for (const statement of statements) {
      const ran: Ran = this.#connection.run(statement)
      if (statement.mustTouch && ran.touched === 0) {
        if (!single) this.#connection.control('ROLLBACK TO job')
        const instead = otherwise ? [this.#connection.run(otherwise).rows] : []
        return { result: { done: false, rows: instead }, tells: false }
      }
      if (statement.tells && ran.touched > 0) tells = true
      rows.push(ran.rows)
    }
    return { result: { done: true, rows }, tells }
  }

  #undo(): void {
    this.#connection.control('ROLLBACK TO job')
    this.#connection.control('RELEASE job')
  }

  async #tell(): Promise<void> {
    await Promise.all(Array.from(this.#watchers, (listener) => listener()))
  }

  #lookElsewhere(): void {
    const version = this.#connection.dataVersion()
    if (version === this.#polledVersion) return
    this.#polledVersion = version
    this.#tell().catch((error: unknown) => this.#barrier.fail(error))
  }
}

/** Opens SQLite, the store that needs no set-up. A commit is answered when it is on the disk. */
export function openSqlite(options: SqliteOptions): Database {
  return new SqliteDatabase(options)
}
