import type { Change, ChangeKind } from '../contract/index.ts'
import type { Database, Row } from '../database.ts'
import { number, text } from './row.ts'

function readChange(row: Row): Change {
  return { changeId: number(row, 'change_id'), kind: text(row, 'kind') as ChangeKind, id: text(row, 'id') }
}

/** Changes that are read at a time. */
const portion = 1000

async function readChanges(db: Database, after: number, limit: number): Promise<readonly Change[]> {
  const rows = await db.query(
    'SELECT change_id, kind, id FROM change_log WHERE change_id > $1 ORDER BY change_id LIMIT $2',
    [after, limit],
  )
  return rows.map(readChange)
}

/** The newest change there is; 0 when there is none. */
export async function lastChange(db: Database): Promise<number> {
  const [row] = await db.query('SELECT COALESCE(MAX(change_id), 0) AS last FROM change_log', [])
  return Number(row?.['last'])
}

/** Changes after `changeId`, oldest first; `undefined` when some of them have been swept away already. */
export async function changesSince(
  db: Database,
  changeId: number,
  limit: number,
): Promise<readonly Change[] | undefined> {
  const [[row], last] = await Promise.all([
    db.query('SELECT COALESCE(MIN(change_id), 0) AS first FROM change_log', []),
    lastChange(db),
  ])
  const first = Number(row?.['first'])
  // An id from the future is of another database: nothing is known about what its holder missed.
  if (changeId > last || (first > 0 && changeId < first - 1)) return undefined
  return readChanges(db, changeId, limit)
}

/** The feed of one store. */
export interface ChangeFeed {
  /**
   * Tells `listener` of every change from now on. A change of this process is told before its write is answered; those of
   * other processes when the driver sees them. Returns a function that stops it.
   */
  follow(listener: (change: Change) => void): () => void
  /** Tells what is there up to `changeId` without waiting for the driver; `false` when there is no such change yet. */
  reach(changeId: number): Promise<boolean>
}

/** Opens the feed at the newest change there is. */
export async function openFeed(db: Database): Promise<ChangeFeed> {
  const listeners = new Set<(change: Change) => void>()
  let last = await lastChange(db)

  function tell(change: Change): void {
    // Two commits may be read by one look; whoever looks second has nothing left to tell.
    if (change.changeId <= last) return
    last = change.changeId
    for (const listener of listeners) listener(change)
  }
  async function look(): Promise<void> {
    let rows = await readChanges(db, last, portion)
    rows.forEach(tell)
    while (rows.length === portion) {
      // Another process has changed very much; this one has others to serve meanwhile.
      await new Promise(setImmediate)
      rows = await readChanges(db, last, portion)
      rows.forEach(tell)
    }
  }
  db.watch(look)
  return {
    follow(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async reach(changeId) {
      if (last < changeId) await look()
      return last >= changeId
    },
  }
}
