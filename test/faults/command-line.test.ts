import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runCommand } from '../support/command.ts'
import { send, text } from '../support/http.ts'
import { freePort } from '../support/server.ts'

const folders: string[] = []
after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-cli-'))
  folders.push(folder)
  return folder
}

const root = join(import.meta.dirname, '../..')
const main = join(root, 'packages/server/src/cli/main.ts')

/** Starts the demonstration as `npm start` does; stopped by what it returns. */
async function startDemo(
  data: string,
  port: number,
): Promise<{ readonly output: () => string; stop(): Promise<number | null> }> {
  const child = spawn(process.execPath, ['--conditions=source', main, 'start', '--demo'], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', PORT: String(port), SALLYPORT_DATA: data },
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  while (!output.includes('Sallyport serves')) {
    if (child.exitCode !== null) throw new Error(output)
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  }
  return {
    output: () => output,
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
      return child.exitCode
    },
  }
}

interface Demo {
  readonly baseUrl: string
  readonly person: { readonly email: string; readonly password: string }
  readonly apps: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly vendors: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly keys: Readonly<Record<string, string>>
  readonly character: { readonly slug: string; readonly allowed_origins: readonly string[] }
}

test('a first start makes the demonstration, for the owner alone; a second finds it again', async () => {
  const [folder, port] = [join(await newFolder(), 'data'), await freePort()]
  const first = await startDemo(folder, port)
  const file = join(folder, 'demo.json')
  const demo = JSON.parse(await readFile(file, 'utf8')) as Demo
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.deepEqual(Object.keys(demo), ['baseUrl', 'person', 'admin', 'apps', 'vendors', 'keys', 'character'])
  assert.deepEqual(Object.keys(demo.vendors), ['free', 'standard', 'enterprise'])
  assert.deepEqual(Object.keys(demo.keys), ['live', 'test', 'readonly'])
  assert.equal(demo.apps['openchatstudio']?.['redirect_uri'], 'https://your-server/callback/')
  assert.equal(demo.apps['osir']?.['redirect_uri'], 'https://yourapp.com/callback')
  assert.deepEqual(demo.character.allowed_origins, ['https://mysite.com', 'https://staging.mysite.com'])
  for (const secret of [demo.person.password, ...Object.values(demo.keys)])
    assert.ok(first.output().includes(secret))
  const lines = first
    .output()
    .split('\n')
    .filter((line) => line.startsWith('curl '))
  assert.equal(lines.length, 5, 'one curl line a door')
  assert.equal(await first.stop(), 0)

  const second = await startDemo(folder, port)
  assert.equal(second.output().includes(demo.person.password), false, 'shown once')
  const login = await send(`${demo.baseUrl}/api/auth/login/`, { json: demo.person })
  assert.equal(login.status, 200)
  assert.ok(text(login, 'access') !== '')
  assert.equal((await send(`${demo.baseUrl}/v1/domains`, { bearer: demo.keys['live'] ?? '' })).status, 200)
  assert.equal(await second.stop(), 0)
})

test('production says everything that is missing, and stops', async () => {
  const { code, output } = await runCommand(['serve', '--config', 'no-such-file.ts'])
  assert.equal(code, 1)
  for (const named of ['SALLYPORT_DATA', 'SALLYPORT_BASE_URL', 'SALLYPORT_SECRET', 'no-such-file.ts'])
    assert.ok(output.includes(named), `${named} in ${output}`)
  assert.doesNotMatch(output, /\bat .*\.ts:\d+/)
})

test('wrong settings are all told at once, each by its name', async () => {
  const env = {
    PORT: 'eighty',
    SALLYPORT_TRUSTED_PROXIES: '-1',
    SALLYPORT_LOG_LEVEL: 'loud',
    SALLYPORT_BASE_URL: 'http://login.example.com/',
    SALLYPORT_DATTA: 'x',
    SALLYPORT_GOOGLE_CLIENT_ID: 'a',
  }
  const { code, output } = await runCommand(['serve'], env)
  assert.equal(code, 1)
  for (const named of [
    'PORT',
    'SALLYPORT_TRUSTED_PROXIES',
    'SALLYPORT_LOG_LEVEL',
    'SALLYPORT_BASE_URL',
    'SALLYPORT_DATTA',
    'SALLYPORT_GOOGLE_CLIENT_SECRET',
  ]) {
    assert.ok(output.includes(named), `${named} in ${output}`)
  }
})

test('a configuration with wrong doors is refused, naming each setting', async () => {
  const folder = await newFolder()
  const file = join(folder, 'sallyport.config.mjs')
  const refresh = { idle: 0, rotation: 'lazy', grace: 99, format: 'jwt' }
  const door = {
    kind: 'people',
    id: 'a',
    path: '/a',
    shape: 'detail',
    accessLifetime: 0,
    refresh,
    minPasswordLength: 4,
    attempts: { limit: 1, window: 1 },
    plan: 'Free',
  }
  await writeFile(
    file,
    `export default { platforms: [{ name: 'x', doors: ${JSON.stringify([door, door])}, api: async () => [] }] }`,
  )
  const { code, output } = await runCommand(['start', '--config', file], {
    SALLYPORT_DATA: join(folder, 'data'),
  })
  assert.equal(code, 1)
  for (const named of [
    'two doors have the id a',
    'refresh.idle',
    'refresh.grace',
    'accessLifetime',
    'minPasswordLength',
  ])
    assert.ok(output.includes(named), `${named} in ${output}`)
})

test('a port in use is told in words, and the demonstration of the server that has it stays as it was', async () => {
  const [folder, port] = [join(await newFolder(), 'data'), await freePort()]
  const server = await startDemo(folder, port)
  const before = await readFile(join(folder, 'demo.json'), 'utf8')
  const { code, output } = await runCommand(['start', '--demo'], {
    PORT: String(port),
    SALLYPORT_BASE_URL: 'http://localhost:1',
    SALLYPORT_DATA: folder,
  })
  assert.equal(code, 1)
  assert.equal(output, `sallyport: port ${port} is in use: stop what listens there, or set PORT to another\n`)
  assert.equal(await readFile(join(folder, 'demo.json'), 'utf8'), before)
  await server.stop()
})

test('a demonstration is refused for a public address', async () => {
  const { code, output } = await runCommand(['start', '--demo'], {
    SALLYPORT_BASE_URL: 'https://login.example.com',
    SALLYPORT_DATA: await newFolder(),
  })
  assert.equal(code, 1)
  assert.match(output, /demonstration/)
})

test('one command adds a signing key, and a running server takes it up', async () => {
  const [folder, port] = [join(await newFolder(), 'data'), await freePort()]
  const server = await startDemo(folder, port)
  const kids = async () =>
    (
      (await send(`http://127.0.0.1:${port}/.well-known/jwks.json`)).json['keys'] as {
        readonly kid: string
      }[]
    ).map(({ kid }) => kid)
  const before = await kids()
  const { code, output } = await runCommand(['keys', 'rotate'], {
    SALLYPORT_DATA: folder,
    PORT: String(port),
  })
  assert.equal(code, 0, output)
  const added = /signing key (\S+)\./.exec(output)?.[1] ?? ''
  const deadline = performance.now() + 2000
  let now = before
  while (now.length === before.length && performance.now() < deadline) now = await kids()
  assert.deepEqual(now.toSorted(), [...before, added].toSorted())
  await server.stop()
})
