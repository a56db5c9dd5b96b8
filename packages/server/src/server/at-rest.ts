import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { keptSecret, lockKept } from '../checks/kept.ts'
import { createSafe, isStrongSecret, type Opened, type Safe } from '../crypto/safe.ts'
import { createSealer, type Sealer } from '../crypto/seal.ts'
import { newSecret } from '../crypto/secret.ts'
import type { Store } from '../store/contract/index.ts'
import { ConfigurationError, type ServerSettings } from './config.ts'

type Secrets = Pick<ServerSettings, 'secret' | 'previousSecret'>

function wrongSecret(names: readonly string[]): ConfigurationError {
  return new ConfigurationError([
    'SALLYPORT_SECRET is not the secret that the keys in this database are encrypted with; nothing was changed. ' +
      'The one that `start` has made is in the file `secret` of the data folder. ' +
      'To replace a secret, set the old one as SALLYPORT_PREVIOUS_SECRET ' +
      `(can't be opened: ${names.join(', ')})`,
  ])
}

/** Encrypts what lies under one of `under`; how many values those were. Throws where anything can't be opened. */
async function lockOrRefuse(
  store: Store,
  safe: Safe,
  under: readonly Opened['under'][],
  now: number,
): Promise<number> {
  const by = { event: { type: 'keys.encrypted', doorId: 'server' }, now }
  const locked = await lockKept(store, safe, under, by)
  if (locked.outcome === 'refused') throw wrongSecret(locked.names)
  return locked.count
}

/** The keys of a store, opened with the operator's secret. */
export interface OpenedKeys {
  readonly safe: Safe
  readonly sealer: Sealer
  /** Why bytes of replaced secrets may still be in the free space of the files. */
  readonly traces: unknown
}

/**
 * Opens what the store keeps encrypted. What is still in the clear, from before there was a secret, is encrypted first.
 * Throws, with nothing changed, when the secret is not the one.
 */
export async function openKept(store: Store, secrets: Secrets, now: number): Promise<OpenedKeys> {
  const safe = createSafe(secrets.secret, secrets.previousSecret)
  await lockOrRefuse(store, safe, ['none'], now)
  const seal = await keptSecret(store, safe, 'seal')
  if (seal === undefined) throw wrongSecret(['server-secret seal'])
  return { safe, sealer: createSealer(seal), traces: await eraseTraces(store) }
}

/** Encrypts anew all that is not under the current secret, and erases what it was; how many values, and what is in the way. */
export async function reencryptKept(
  store: Store,
  secrets: Secrets,
  now: number,
): Promise<{ readonly count: number; readonly traces: unknown }> {
  const safe = createSafe(secrets.secret, secrets.previousSecret)
  const count = await lockOrRefuse(store, safe, ['none', 'previous'], now)
  return { count, traces: await eraseTraces(store) }
}

/** The keys are safe for use either way, so that what stands in the way is told and not thrown; it is tried again at each start. */
async function eraseTraces(store: Store): Promise<unknown> {
  try {
    await store.signing.eraseTraces()
    return undefined
  } catch (error) {
    return error
  }
}

const ownSecretFile = (dataFolder: string) => join(dataFolder, 'secret')

/** The secret that a data folder has of its own, where there is one. */
export function readOwnSecret(dataFolder: string): string | undefined {
  const path = ownSecretFile(dataFolder)
  if (!existsSync(path)) return undefined
  const secret = readFileSync(path, 'utf8').trim()
  if (isStrongSecret(secret)) return secret
  throw new ConfigurationError([`${path} does not hold the secret that this server once wrote there`])
}

/** The same, made when there is none: for trying things out. It keeps nothing from whoever can read the folder. */
export function makeOwnSecret(dataFolder: string): string {
  const known = readOwnSecret(dataFolder)
  if (known !== undefined) return known
  const secret = newSecret()
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  const file = openSync(ownSecretFile(dataFolder), 'wx', 0o600)
  writeSync(file, `${secret}\n`)
  // Before anything is encrypted with it: a power cut must not leave a database that nobody can open.
  fsyncSync(file)
  closeSync(file)
  const folder = process.platform === 'win32' ? undefined : openSync(dataFolder, 'r')
  if (folder !== undefined) {
    fsyncSync(folder)
    closeSync(folder)
  }
  return secret
}
