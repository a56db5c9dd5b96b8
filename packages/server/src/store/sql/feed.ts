import type { Change, ChangeKind } from '../contract/index.ts'
import type { Database, Row } from '../database.ts'
import { number, text } from './row.ts'

function readChange(row: Row): Change {
  return { changeId: number(row, 'change_id'), kind: text(row, 'kind') as ChangeKind, id: text(row, 'id') }
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
  const rows = await db.query(
    'SELECT change_id, kind, id FROM change_log WHERE change_id > $1 ORDER BY change_id LIMIT $2',
    [changeId, limit],
  )
  return rows.map(readChange)
}

/**
 * Tells `listener` of every change from now on. A change of this process is told before its write is answered; those of
 * other processes when the driver sees them.
 */
export async function openFeed(db: Database): Promise<(listener: (change: Change) => void) => () => void> {
  const listeners = new Set<(change: Change) => void>()
  let last = await lastChange(db)

  db.watch(async () => {
    const rows = await db.query(
      'SELECT change_id, kind, id FROM change_log WHERE change_id > $1 ORDER BY change_id',
      [last],
    )
    for (const found of rows) {
      const change = readChange(found)
      // Two commits may be read by one look; whoever looks second has nothing left to tell.
      if (change.changeId <= last) continue
      last = change.changeId
      for (const listener of listeners) listener(change)
    }
  })
  return (listener) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
}
