import { resolve } from 'node:path'
import {
  ConfigurationError,
  loadConfig,
  processEnvironment,
  readSettings,
  type SallyportConfig,
} from '../server/config.ts'
import { createServer } from '../server/create.ts'
import { runUntilStopped } from './run.ts'

/** `sallyport serve`: production. Everything that is missing or wrong is said at once, before anything is opened. */
export async function serve({ config: path }: { readonly config: string }): Promise<void> {
  const problems: string[] = []
  const collect = (error: unknown): undefined => {
    if (!(error instanceof ConfigurationError)) throw error
    problems.push(...error.problems)
    return undefined
  }
  const settings = await Promise.resolve()
    .then(() => readSettings(processEnvironment(), { required: true }))
    .catch(collect)
  const config: SallyportConfig | undefined = await loadConfig(resolve(path)).catch(collect)
  if (!settings || !config) throw new ConfigurationError(problems)
  const server = await createServer({
    settings,
    platforms: config.platforms,
    forwardAuth: config.forwardAuth,
    signing: config.signing,
    privateNetworks: config.privateNetworks,
    clientCertificate: config.clientCertificate,
  })
  await runUntilStopped(server)
  process.stdout.write(`Sallyport serves ${server.baseUrl}\n`)
}
