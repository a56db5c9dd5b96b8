import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createSafe, type KeptKind, type Opened } from '../../packages/server/src/crypto/safe.ts'

/** A value that a store keeps encrypted, and what it is. */
export interface OpenedValue extends Opened {
  readonly kind: KeptKind
  readonly name: string
}

const tables = [
  ['signing-key', 'signing_key', 'kid', 'private_key'],
  ['server-secret', 'server_secret', 'name', 'value'],
] as const

function rows(db: DatabaseSync): readonly { kind: KeptKind; name: string; value: string }[] {
  return tables.flatMap(([kind, table, id, column]) =>
    db
      .prepare(`SELECT ${id} AS name, ${column} AS value FROM ${table} ORDER BY ${id}`)
      .all()
      .map(({ name, value }) => ({ kind, name: String(name), value: String(value) })),
  )
}

/** All that a stopped or running server keeps encrypted; throws where `secret` does not open it. */
export function openKept(dataFolder: string, secret: string): readonly OpenedValue[] {
  const db = new DatabaseSync(join(dataFolder, 'sallyport.db'), { readOnly: true })
  const kept = rows(db)
  db.close()
  const safe = createSafe(secret)
  return kept.map(({ kind, name, value }) => {
    const opened = safe.open(kind, name, value)
    if (!opened) throw new Error(`${kind} ${name} is under another secret`)
    return { kind, name, ...opened }
  })
}

/** Makes a stopped server's store what it was before anything was encrypted: all in the clear. */
export function makeClear(dataFolder: string, secret: string): void {
  const opened = openKept(dataFolder, secret)
  const db = new DatabaseSync(join(dataFolder, 'sallyport.db'))
  for (const { kind, name, text } of opened) {
    const [, table, id, column] = tables.find(([of]) => of === kind) ?? tables[0]
    db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${id} = ?`).run(text, name)
  }
  db.close()
}
