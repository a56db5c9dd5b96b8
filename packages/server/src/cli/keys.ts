import { resolve } from 'node:path'
import { readOwnSecret, reencryptKept } from '../server/at-rest.ts'
import { systemClock } from '../server/clock.ts'
import { loadConfig, processEnvironment, readSettings, type ServerSettings } from '../server/config.ts'
import { createServer, openStore } from '../server/create.ts'

const settingsOfStore = (): ServerSettings =>
  readSettings(processEnvironment(), { required: false, ownSecret: readOwnSecret })

/** `sallyport keys rotate`: adds a signing key to the store; a server that runs on it takes it up by itself. */
export async function rotateKeys({ config: path }: { readonly config: string }): Promise<void> {
  const { platforms, signing: keys } = await loadConfig(resolve(path))
  const server = await createServer({ settings: settingsOfStore(), platforms, signing: keys })
  const { signing, signingPolicy, now } = server.services
  const kid = await signing.rotate({ type: 'signing-key.added', doorId: 'cli' }, now())
  await server.close()
  process.stdout.write(
    `Added signing key ${kid}. It is published now and signs in ${signingPolicy.publishAhead} seconds; the key before it stays published until its last token has expired.\n`,
  )
}

/** `sallyport keys reencrypt`: puts all that is encrypted under the current secret, while servers run on the store. */
export async function reencryptKeys(): Promise<void> {
  const settings = settingsOfStore()
  const store = await openStore(settings, (error) => {
    throw error
  })
  try {
    const { count, traces } = await reencryptKept(store, settings, systemClock())
    process.stdout.write(
      `Encrypted ${count} values with SALLYPORT_SECRET${count === 0 ? ': all were already' : ''}. ` +
        'Once every server has it, SALLYPORT_PREVIOUS_SECRET can go.\n',
    )
    if (traces !== undefined)
      process.stdout.write(
        `What they were before may still be in the log of the database (${String(traces)}): run this again, or restart a server.\n`,
      )
  } finally {
    await store.close()
  }
}
