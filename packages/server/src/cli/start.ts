import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { makeOwnSecret } from '../server/at-rest.ts'
import { loadConfig, processEnvironment, readSettings } from '../server/config.ts'
import { createServer, type SallyportServer } from '../server/create.ts'
import { type Demo, type Seed, sow } from '../server/seed.ts'
import { runUntilStopped } from './run.ts'
import { welcome, welcomeBack } from './welcome.ts'

/** Makes the demonstration where there is none yet; the text to greet with. */
async function prepareDemo(seed: Seed, file: string, server: SallyportServer): Promise<string> {
  if (existsSync(file)) {
    const demo = JSON.parse(readFileSync(file, 'utf8')) as Demo
    if (demo.baseUrl !== server.baseUrl) writeDemo(file, { ...demo, baseUrl: server.baseUrl })
    return welcomeBack(server.baseUrl, file)
  }
  const demo = await sow(seed, server.services)
  writeDemo(file, demo)
  return welcome(demo, file)
}

function writeDemo(file: string, demo: Demo): void {
  // Readable by the owner only: it holds every secret of the demonstration.
  writeFileSync(file, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 })
}

/** `sallyport start`: for trying things out, on this machine. */
export async function startDemo({
  demo,
  config: path,
}: {
  readonly demo: boolean
  readonly config: string
}): Promise<void> {
  const settings = readSettings(processEnvironment(), { required: false, ownSecret: makeOwnSecret })
  const config = await loadConfig(resolve(path))
  if (demo && settings.baseUrl.startsWith('https:'))
    throw new Error('demonstration data is for this machine only, not for a public https address')
  const server = await createServer({
    settings,
    platforms: config.platforms,
    forwardAuth: config.forwardAuth,
    signing: config.signing,
    privateNetworks: config.privateNetworks,
    clientCertificate: config.clientCertificate,
    demo,
  })
  // First, so that a port in use changes nothing of what another process may be showing.
  await runUntilStopped(server)
  const text =
    demo && config.demo
      ? await prepareDemo(config.demo, join(settings.dataFolder, 'demo.json'), server)
      : `Sallyport serves ${server.baseUrl}\n`
  process.stdout.write(text)
}
