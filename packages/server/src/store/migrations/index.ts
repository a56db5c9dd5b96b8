import type { Database } from '../database.ts'
import { first } from './001-first.ts'
import { boundKeys } from './002-bound-keys.ts'
import { erasure } from './003-erasure.ts'
import { signingOrder } from './004-signing-order.ts'
import { pushedRequests } from './005-pushed-requests.ts'
import { resources } from './006-resources.ts'
import { clientKeys } from './007-client-keys.ts'
import { claims } from './008-claims.ts'
import { authorizationDetails } from './009-authorization-details.ts'
import { clientAuthentication } from './010-client-authentication.ts'
import { deferredRequests } from './011-deferred-requests.ts'
import { usedGrants } from './012-used-grants.ts'
import { registration } from './013-registration.ts'
import { deferredLimits } from './014-deferred-limits.ts'
import { logout } from './015-logout.ts'
import { clientChoices } from './016-client-choices.ts'

/** Schema changes, oldest first. Each runs once, on both engines; append, never edit. */
const migrations: readonly string[] = [
  first,
  boundKeys,
  erasure,
  signingOrder,
  pushedRequests,
  resources,
  clientKeys,
  claims,
  authorizationDetails,
  clientAuthentication,
  deferredRequests,
  usedGrants,
  registration,
  deferredLimits,
  logout,
  clientChoices,
]

/**
 * Runs those of `scripts` that have not run under `name`, each with its number in one step, so that two processes that
 * start together do it once. Throws where the database is newer than the code.
 */
export async function runMigrations(db: Database, name: string, scripts: readonly string[]): Promise<void> {
  await db.batch([
    {
      sql: 'CREATE TABLE IF NOT EXISTS schema_version (name TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (name, version))',
      params: [],
    },
  ])
  const [row] = await db.query(
    'SELECT COALESCE(MAX(version), 0) AS version FROM schema_version WHERE name = $1',
    [name],
  )
  const current = Number(row?.['version'])
  if (current > scripts.length) {
    throw new Error(
      `the database has version ${current} of "${name}", this program only knows ${scripts.length}: start a newer program`,
    )
  }
  for (const [index, script] of scripts.entries()) {
    const version = index + 1
    if (version <= current) continue
    const claim = {
      sql: 'INSERT INTO schema_version (name, version) VALUES ($1, $2) ON CONFLICT (name, version) DO NOTHING',
      params: [name, version],
      mustTouch: true,
    } as const
    await db.batch([claim, { sql: script.replaceAll('IDENTITY', db.identity), params: [], script: true }])
  }
}

/** Brings the engine's tables to the newest schema. */
export function migrate(db: Database): Promise<void> {
  return runMigrations(db, 'sallyport', migrations)
}
