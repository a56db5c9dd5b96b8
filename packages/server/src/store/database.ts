/** A value as both engines take and give it. */
export type Value = string | number | null

/** One row of a result. */
export type Row = Readonly<Record<string, Value>>

/** One SQL statement, in the words that both engines know. Parameters are written `$1`, `$2`, …. */
export interface Statement {
  readonly sql: string
  readonly params: readonly Value[]
  /** Abandon and undo the whole job when this statement touched no row. */
  readonly mustTouch?: true
  /** It writes to the change log, so the watchers are called after the commit. */
  readonly tells?: true
  /** Several statements without parameters, as migrations are; nothing else may be. */
  readonly script?: true
}

/** How a job ended. */
export interface JobResult {
  /** `false`: abandoned, and nothing of it remains. */
  readonly done: boolean
  /** The rows that each statement returned; of an abandoned job, those of what was read instead. */
  readonly rows: readonly (readonly Row[])[]
}

/** What a driver counts. */
export interface DatabaseCounts {
  readonly reads: number
  readonly writes: number
  readonly commits: number
  readonly syncs: number
}

/**
 * All that the SQL engines have in common; everything above is shared.
 *
 * The SQL is written for PostgreSQL's READ COMMITTED as well: where a count decides about an insert, the job touches the
 * parent row first, so that a second job waits there and then counts anew.
 */
export interface Database {
  /** What follows the name of a column that numbers its rows by itself, and never twice. */
  readonly identity: string
  /** Reads, at once. */
  query(sql: string, params: readonly Value[]): Promise<readonly Row[]>
  /**
   * Runs the statements as one atomic job; resolves when it is durable and the watchers know. An SQL error rejects this job
   * alone. `otherwise` is read in the same step when the job was abandoned.
   */
  batch(statements: readonly Statement[], otherwise?: Statement): Promise<JobResult>
  /** Resolves when everything that a read so far can have seen is durable. */
  durable(): Promise<void>
  /** Calls `listener` after each commit, here or elsewhere, that may have written to the change log. Returns a function that stops it. */
  watch(listener: () => Promise<void>): () => void
  /**
   * Erases from the files what small values were before they were overwritten through this driver; with `whole` everything
   * that was ever deleted or overwritten, for which the files are rewritten: nobody can write meanwhile. Throws when others are
   * in the way.
   */
  erase(whole: boolean): Promise<void>
  counts(): DatabaseCounts
  close(): Promise<void>
}
