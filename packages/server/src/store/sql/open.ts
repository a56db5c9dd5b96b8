import type { Store, Tables } from '../contract/index.ts'
import type { Database } from '../database.ts'
import { migrate, runMigrations } from '../migrations/index.ts'
import { SqlAccountStore } from './account-store.ts'
import { SqlAuditStore } from './audit-store.ts'
import { listMissingOrigins } from './client-origins.ts'
import { SqlClientStore } from './client-store.ts'
import { SqlDeferredStore } from './deferred-store.ts'
import { SqlFamilyStore } from './family-store.ts'
import { changesSince, lastChange, markOf, openFeed } from './feed.ts'
import { SqlKeyStore } from './key-store.ts'
import { SqlLogoutStore } from './logout-store.ts'
import { SqlRequestStore } from './request-store.ts'
import { SqlRegistrationStore } from './registration-store.ts'
import { SqlSigningStore } from './signing-store.ts'
import { sweep } from './sweep.ts'
import { sweepRegistrations } from './sweep-registrations.ts'
import { SqlTeamStore } from './team-store.ts'
import { SqlWidgetStore } from './widget-store.ts'

/** The store, over any SQL engine that has a `Database` driver. */
export async function openSqlStore(db: Database): Promise<Store> {
  await migrate(db)
  await listMissingOrigins(db)
  const feed = await openFeed(db)
  const logouts = new SqlLogoutStore(db)
  const { telling } = logouts
  return {
    accounts: new SqlAccountStore(telling),
    teams: new SqlTeamStore(db),
    clients: new SqlClientStore(db),
    registrations: new SqlRegistrationStore(db),
    families: new SqlFamilyStore(db),
    deferred: new SqlDeferredStore(db),
    logouts,
    keys: new SqlKeyStore(db),
    widgets: new SqlWidgetStore(db),
    requests: new SqlRequestStore(db),
    signing: new SqlSigningStore(db),
    audit: new SqlAuditStore(db),
    durable: () => db.durable(),
    follow: feed.follow,
    reach: feed.reach,
    changesSince: (changeId, limit) => changesSince(db, changeId, limit),
    markOf: (changeId) => markOf(db, changeId),
    lastChange: () => lastChange(db),
    counts: () => db.counts(),
    async tables(name, migrations): Promise<Tables> {
      await runMigrations(db, `platform:${name}`, migrations)
      return {
        async query(sql, params) {
          const rows = await db.query(sql, params)
          // What a platform answers rests on these rows, so they have to be on the disk first.
          await db.durable()
          return rows
        },
        async write(sql, params) {
          const { rows } = await db.batch([{ sql, params }])
          return rows[0] ?? []
        },
      }
    },
    sweep: async (now) => (await sweep(telling, now)) + (await sweepRegistrations(db, now)),
    close: () => db.close(),
  }
}
