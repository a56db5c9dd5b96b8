import type { Change, ChangeKind } from '../contract/index.ts'
import type { Database } from '../database.ts'
import { number, text } from './row.ts'

/**
 * Tells `listener` of every change from now on. A change of this process is told before its write is answered; those of
 * other processes when the driver sees them.
 */
export async function openFeed(db: Database): Promise<(listener: (change: Change) => void) => () => void> {
  const listeners = new Set<(change: Change) => void>()
  const [row] = await db.query('SELECT COALESCE(MAX(change_id), 0) AS last FROM change_log', [])
  let last = Number(row?.['last'])

  db.watch(async () => {
    const rows = await db.query(
      'SELECT change_id, kind, id FROM change_log WHERE change_id > $1 ORDER BY change_id',
      [last],
    )
    for (const found of rows) {
      const change = {
        changeId: number(found, 'change_id'),
        kind: text(found, 'kind') as ChangeKind,
        id: text(found, 'id'),
      }
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
