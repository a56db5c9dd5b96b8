import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const setup = fileURLToPath(new URL('../setup.mjs', import.meta.url))
const lock = JSON.stringify({ packages: { '': {}, 'node_modules/a': { version: '1.0.0', integrity: 'x' } } })
/** Stands in for npm: says that it ran, takes its time, and leaves what npm leaves. */
const npm = `import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
appendFileSync('ran', process.argv.slice(2).join(' ') + '\\n')
rmSync('node_modules', { recursive: true, force: true })
await new Promise((resolve) => setTimeout(resolve, 300))
mkdirSync('node_modules')
writeFileSync('node_modules/.package-lock.json', ${JSON.stringify(lock)})
`

/** A repository with the setup script, a lock file and its own npm. */
function repository(t: TestContext, script = npm): string {
  const root = mkdtempSync(join(tmpdir(), 'sallyport-setup-'))
  t.after(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'tools'))
  copyFileSync(setup, join(root, 'tools/setup.mjs'))
  writeFileSync(join(root, 'npm.mjs'), script)
  writeFileSync(join(root, 'package-lock.json'), lock)
  return root
}

async function runSetup(
  root: string,
  ...folder: readonly string[]
): Promise<{ readonly code: number | null; readonly said: string }> {
  const env = {
    ...process.env,
    npm_execpath: join(root, 'npm.mjs'),
    npm_node_execpath: process.execPath,
    npm_config_user_agent: 'npm/11.0.0 node/v24',
  }
  const child = spawn(process.execPath, [join(root, 'tools/setup.mjs'), ...folder], { env })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  return new Promise((resolve) => void child.on('close', (code) => resolve({ code, said })))
}

const runsOf = (root: string): number =>
  existsSync(join(root, 'ran')) ? readFileSync(join(root, 'ran'), 'utf8').trimEnd().split('\n').length : 0

test('a fresh clone is installed once, in one line', async (t) => {
  const root = repository(t)
  const first = await runSetup(root)
  assert.match(first.said, /^sallyport: installed .*\n$/)
  assert.match(readFileSync(join(root, 'ran'), 'utf8'), /^ci /)
  assert.deepEqual(await runSetup(root), { code: 0, said: '' })
  assert.equal(runsOf(root), 1)
})

test('a folder with a lock file of its own is installed by itself', async (t) => {
  const root = repository(t)
  mkdirSync(join(root, 'bench'))
  writeFileSync(join(root, 'bench/package-lock.json'), lock)
  assert.equal((await runSetup(root, 'bench')).code, 0)
  assert.deepEqual([runsOf(root), runsOf(join(root, 'bench'))], [0, 1])
  assert.deepEqual(await runSetup(root, 'bench'), { code: 0, said: '' })
})

test('a changed lock file is installed again', async (t) => {
  const root = repository(t)
  await runSetup(root)
  writeFileSync(join(root, 'package-lock.json'), lock.replace('1.0.0', '1.0.1'))
  await runSetup(root)
  assert.equal(runsOf(root), 2)
})

test('what somebody installed by hand is taken as it is', async (t) => {
  const root = repository(t)
  mkdirSync(join(root, 'node_modules'))
  writeFileSync(join(root, 'node_modules/.package-lock.json'), lock)
  assert.deepEqual(await runSetup(root), { code: 0, said: '' })
  assert.equal(runsOf(root), 0)
})

test('of three at once one installs and the others wait for it', async (t) => {
  const root = repository(t)
  const ended = await Promise.all([runSetup(root), runSetup(root), runSetup(root)])
  assert.deepEqual(
    ended.map(({ code }) => code),
    [0, 0, 0],
  )
  assert.equal(runsOf(root), 1)
})

test('a lock left by a process that died is taken over', async (t) => {
  const root = repository(t)
  const busy = join(root, '.cache/setup.lock')
  mkdirSync(busy, { recursive: true })
  utimesSync(busy, 1, 1)
  assert.equal((await runSetup(root)).code, 0)
  assert.equal(runsOf(root), 1)
  assert.equal(existsSync(busy), false)
})

test('a failed installation says what npm said, and is tried again', async (t) => {
  const root = repository(t, `console.error('npm broke')\nprocess.exit(7)`)
  const failed = await runSetup(root)
  assert.equal(failed.code, 1)
  assert.match(failed.said, /npm broke[\s\S]*npm ci ended with 7/)
  writeFileSync(join(root, 'npm.mjs'), npm)
  assert.equal((await runSetup(root)).code, 0)
})
