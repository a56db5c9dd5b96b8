import { resolve } from 'node:path'
import { loadConfig, processEnvironment, readSettings } from '../server/config.ts'
import { createServer } from '../server/create.ts'
import { rotateSigningKey } from '../checks/signing.ts'

/** `sallyport keys rotate`: adds a signing key to the store; a server that runs on it takes it up by itself. */
export async function rotateKeys({ config: path }: { readonly config: string }): Promise<void> {
  const settings = readSettings(processEnvironment(), { required: false })
  const { platforms } = await loadConfig(resolve(path))
  const server = await createServer({ settings, platforms })
  const { store, signingPolicy, now } = server.services
  const kid = await rotateSigningKey(
    store,
    signingPolicy,
    { type: 'signing-key.added', doorId: 'cli' },
    now(),
  )
  await server.close()
  process.stdout.write(
    `Added signing key ${kid}. It is published now and signs in ${signingPolicy.publishAhead} seconds; the key before it stays published until its last token has expired.\n`,
  )
}
