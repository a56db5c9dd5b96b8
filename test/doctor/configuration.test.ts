/** The doctor at a configuration: the environment and the files of where it is run. */
import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { doors } from '../../platforms/openchatstudio/src/preset.ts'
import type { Finding } from '../../packages/server/src/cli/doctor/rule.ts'
import { runCommand } from '../support/command.ts'
import { fapiDoor } from '../support/fapi.ts'
import { startServer, testSecret } from '../support/server.ts'

let folder: string
let config: string
let env: Readonly<Record<string, string>>
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-doctor-'))
  config = join(folder, 'config.ts')
  const data = join(folder, 'data')
  await mkdir(data, { mode: 0o700 })
  await writeConfig(fapiDoor)
  await writeFile(join(folder, 'secret'), testSecret, { mode: 0o600 })
  env = {
    SALLYPORT_BASE_URL: 'https://login.example.com',
    SALLYPORT_TRUSTED_PROXIES: '1',
    SALLYPORT_SECRET_FILE: join(folder, 'secret'),
    SALLYPORT_DATA: data,
  }
})
after(() => rm(folder, { recursive: true, force: true }))

/** A configuration of one door, with some of its settings changed. */
async function writeConfig(more: object): Promise<void> {
  const platform = { name: 'p', doors: [{ ...doors[0], ...more }] }
  const text = `export default { platforms: [{ ...${JSON.stringify(platform)}, api: async () => [] }] }\n`
  await writeFile(config, text)
}

interface Run {
  readonly code: number | null
  readonly profiles: readonly string[]
  readonly of: (id: string) => Finding | undefined
  readonly output: string
}

async function run(args: readonly string[], environment = env): Promise<Run> {
  const { code, output } = await runCommand(['doctor', ...args, '--config', config, '--json'], environment)
  const { profiles, findings } = JSON.parse(output) as {
    readonly profiles: readonly string[]
    readonly findings: readonly Finding[]
  }
  return { code, profiles, output, of: (id) => findings.find((one) => one.id === id) }
}

test('what is as it should be is ok, without any server', async () => {
  const { code, of, output } = await run([])
  assert.equal(code, 0, output)
  for (const id of [
    'configuration',
    'base-url',
    'proxies',
    'data',
    'secret-files',
    'door-fapi-1',
    'door-pkce',
  ])
    assert.equal(of(id)?.status, 'ok', id)
  assert.ok(!output.includes(testSecret), 'no secret is in it')
})

test('an environment that is not complete fails, with every setting that is missing', async () => {
  const { code, of } = await run([], {})
  assert.equal(code, 1)
  for (const name of ['SALLYPORT_SECRET', 'SALLYPORT_BASE_URL', 'SALLYPORT_DATA'])
    assert.match(of('configuration')?.seen ?? '', new RegExp(`${name}.* must`))
  assert.equal(of('proxies')?.status, 'not-seen')
})

test('an http address that is not loopback, weak secrets and unknown settings fail', async () => {
  const { code, of } = await run([], {
    ...env,
    SALLYPORT_BASE_URL: 'http://login.example.com',
    SALLYPORT_PREVIOUS_SECRET: 'short',
    SALLYPORT_TYPO: '1',
  })
  assert.equal(code, 1)
  for (const said of [/must begin with https/, /SALLYPORT_PREVIOUS_SECRET must be/, /SALLYPORT_TYPO is not/])
    assert.match(of('configuration')?.seen ?? '', said)
})

test('files that others may read fail', async (t) => {
  await chmod(join(folder, 'secret'), 0o644)
  await chmod(join(folder, 'data'), 0o755)
  await writeFile(join(folder, 'data', 'sallyport.db'), '', { mode: 0o644 })
  t.after(async () => {
    await chmod(join(folder, 'secret'), 0o600)
    await chmod(join(folder, 'data'), 0o700)
  })
  const { code, of } = await run([])
  assert.equal(code, 1)
  assert.match(of('data')?.seen ?? '', /the data folder: 755, others may use it/)
  assert.match(of('secret-files')?.seen ?? '', /644, others may use it/)
})

test('a door that contradicts what it claims fails, with the clause; and so does a file that is none', async (t) => {
  t.after(() => writeConfig(fapiDoor))
  await writeConfig({ ...fapiDoor, codeLifetime: 300 })
  const contradicts = await run([])
  assert.equal(contradicts.code, 1)
  assert.match(
    contradicts.of('configuration')?.seen ?? '',
    /codeLifetime must be at most 60 seconds .*item 11/,
  )
  await writeFile(config, 'export default {')
  const none = await run([])
  assert.equal(none.code, 1)
  assert.match(none.of('configuration')?.seen ?? '', /can't be loaded/)
})

test('a server whose configuration is here is judged by what its door claims', async (t) => {
  const startAt = Math.floor(Date.now() / 1000)
  const server = await startServer({ startAt, doors: { openchatstudio: fapiDoor } })
  t.after(() => server.close())
  const here = { ...env, SALLYPORT_BASE_URL: server.base, SALLYPORT_TRUSTED_PROXIES: '0' }
  const { code, profiles, of, output } = await run([server.base], here)
  assert.deepEqual(profiles, ['operation', 'bcp', 'fapi'])
  assert.equal(of('fapi-pushed')?.status, 'ok')
  assert.equal(of('door-pkce')?.status, 'ok')
  assert.equal(code, 0, output)
})
