import { openSqlStore } from '../../src/store/sql/open.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { event, family, now } from './samples.ts'

// Writes as fast as it can and tells of each write once it has been answered, until it is killed.
const store = await openSqlStore(openSqlite({ path: process.argv[2] ?? '', onFatal: () => process.exit(1) }))

async function write(): Promise<void> {
  for (;;) {
    const made = family()
    await store.families.create(made, event(), now)
    process.send?.(made.familyId)
  }
}

await Promise.all(Array.from({ length: 20 }, write))
