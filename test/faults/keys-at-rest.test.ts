import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { call, newPerson } from '../support/actors.ts'
import { send } from '../support/http.ts'
import { runCommand } from '../support/command.ts'
import { makeClear, openKept } from '../support/kept.ts'
import {
  type ServerOptions,
  startServer,
  storeBytes,
  type TestServer,
  testSecret,
} from '../support/server.ts'

const folders: string[] = []
const servers: TestServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})
after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-keys-'))
  folders.push(folder)
  return folder
}
async function start(options: ServerOptions): Promise<TestServer> {
  const server = await startServer(options)
  servers.push(server)
  return server
}
const newSecret = () => randomBytes(32).toString('base64')

/** What gives each value away: a line from the middle of a PEM, which no two keys share, or the secret itself. */
const tellTales = (dataFolder: string, secret: string) =>
  openKept(dataFolder, secret).map(({ text }) => text.split('\n')[1] ?? text)

const me = (server: TestServer, bearer: string) => send(`${server.address}/api/auth/me/`, { bearer })
const refresh = (server: TestServer, token: string) =>
  send(`${server.address}/api/auth/refresh/`, { json: { refresh: token } })
const signUp = (server: TestServer) => {
  const person = { email: `${randomBytes(4).toString('hex')}@example.com`, password: 'correct horse battery' }
  return send(`${server.address}/api/auth/signup/`, { json: person })
}

test('no private key and no secret of the server is in the bytes of its store', async () => {
  const dataFolder = await newFolder()
  const server = await start({ dataFolder })
  await newPerson(server)
  const [kept, bytes] = [tellTales(dataFolder, testSecret), await storeBytes(server)]
  assert.ok(kept.length >= 2, 'a signing key and the sealing secret')
  assert.ok(bytes.includes('sealed:1:'), 'these are the bytes')
  for (const one of kept) assert.equal(bytes.includes(one), false)
  assert.equal(bytes.includes('PRIVATE KEY'), false)
  for (const place of [bytes, server.log()]) assert.equal(place.includes(testSecret), false)
})

test('a store from before there was a secret is encrypted at its first start, and goes on', async () => {
  const dataFolder = await newFolder()
  const server = await start({ dataFolder })
  const person = await newPerson(server)
  const kept = tellTales(dataFolder, testSecret)
  await server.stop()
  makeClear(dataFolder, testSecret)
  const before = await storeBytes(server)
  for (const one of kept) assert.ok(before.includes(one), 'it is as it was then')

  const secret = newSecret()
  const taken = await start({ dataFolder, secret, seed: false, baseUrl: server.base })
  const bytes = await storeBytes(taken)
  for (const one of kept) assert.equal(bytes.includes(one), false, 'free pages and the log included')
  assert.deepEqual(tellTales(dataFolder, secret), kept)
  assert.equal((await me(taken, person.access)).status, 200)
  assert.equal((await refresh(taken, person.refresh)).status, 200)
})

test('a wrong secret is told in words, and changes nothing', async () => {
  const dataFolder = await newFolder()
  const server = await start({ dataFolder })
  await server.stop()
  const [before, wrong] = [openKept(dataFolder, testSecret), newSecret()]
  const env = {
    SALLYPORT_DATA: dataFolder,
    SALLYPORT_BASE_URL: 'http://localhost:1',
    SALLYPORT_SECRET: wrong,
    SALLYPORT_PREVIOUS_SECRET: newSecret(),
    PORT: '0',
  }
  for (const command of [['serve'], ['start'], ['keys', 'rotate'], ['keys', 'reencrypt']]) {
    const { code, output } = await runCommand(command, env)
    assert.equal(code, 1, output)
    assert.match(output, /SALLYPORT_SECRET is not the secret .* nothing was changed/)
    assert.doesNotMatch(output, /\bat .*\.ts:\d+/)
    assert.equal(output.includes(wrong) || output.includes(env.SALLYPORT_PREVIOUS_SECRET), false)
  }
  assert.deepEqual(openKept(dataFolder, testSecret), before)
  // One key of many is enough: half a key set would sign what others can't verify.
  await server.restart()
  assert.equal((await call(server, '/readyz')).status, 200)
})

const problems: [name: string, env: Readonly<Record<string, string>>, told: RegExp][] = [
  ['none is set', {}, /SALLYPORT_SECRET .*must be set.*openssl rand -base64 32/],
  ['it is short', { SALLYPORT_SECRET: 'hunter2' }, /SALLYPORT_SECRET must be at least 128 random bits/],
  [
    'the one before is short',
    { SALLYPORT_SECRET: testSecret, SALLYPORT_PREVIOUS_SECRET: 'hunter2' },
    /SALLYPORT_PREVIOUS_SECRET must be at least 128 random bits/,
  ],
  [
    'the one before is the same',
    { SALLYPORT_SECRET: testSecret, SALLYPORT_PREVIOUS_SECRET: testSecret },
    /SALLYPORT_PREVIOUS_SECRET must be another one/,
  ],
  [
    'its file is not there',
    { SALLYPORT_SECRET_FILE: '/no/such/file' },
    /SALLYPORT_SECRET_FILE names a file that can't be read/,
  ],
  [
    'it is given twice',
    { SALLYPORT_SECRET: testSecret, SALLYPORT_SECRET_FILE: '/dev/null' },
    /SALLYPORT_SECRET and SALLYPORT_SECRET_FILE are both set/,
  ],
]
for (const [name, env, told] of problems) {
  test(`production does not start when ${name}`, async () => {
    const dataFolder = join(await newFolder(), 'data')
    const more = { SALLYPORT_DATA: dataFolder, SALLYPORT_BASE_URL: 'http://localhost:1' }
    const { code, output } = await runCommand(['serve'], { ...more, ...env })
    assert.equal(code, 1)
    assert.match(output, told)
    assert.match(output, /has 1 problem:/)
    assert.equal(output.includes('hunter2'), false)
    await assert.rejects(stat(dataFolder), 'nothing was made')
  })
}

test('a start for trying things out makes a secret of its own, for the owner alone, and production takes it', async () => {
  const folder = join(await newFolder(), 'data')
  const port = { PORT: '0', SALLYPORT_DATA: folder }
  // It ends by itself: the port is good for the data folder and bad for listening.
  const { output } = await runCommand(['start'], { ...port, SALLYPORT_HOST: '192.0.2.1' })
  assert.match(output, /not an address of this machine/)
  const file = join(folder, 'secret')
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  const secret = (await readFile(file, 'utf8')).trim()
  assert.ok(openKept(folder, secret).length >= 2)
  const added = await runCommand(['keys', 'rotate'], port)
  assert.equal(added.code, 0, added.output)
  const production = { ...port, SALLYPORT_BASE_URL: 'http://localhost:1', SALLYPORT_HOST: '192.0.2.1' }
  const without = await runCommand(['serve'], production)
  assert.match(without.output, /SALLYPORT_SECRET .*must be set/)
  const served = await runCommand(['serve'], { ...production, SALLYPORT_SECRET_FILE: file })
  assert.match(served.output, /not an address of this machine/, 'all was well up to there')
  await writeFile(file, '')
  const broken = await runCommand(['start'], port)
  assert.match(broken.output, /secret does not hold the secret/)
})

test('a secret is replaced while two servers run, in steps that can be done twice', async () => {
  const dataFolder = await newFolder()
  const [old, next] = [testSecret, newSecret()]
  // The new one is told to every server before anything is encrypted with it.
  const first = await start({ dataFolder, secret: old, previousSecret: next })
  const second = await start({
    dataFolder,
    secret: next,
    previousSecret: old,
    baseUrl: first.base,
    seed: false,
  })
  const person = await newPerson(first)
  const env = { SALLYPORT_DATA: dataFolder, PORT: '0', SALLYPORT_LOG_LEVEL: 'silent' }
  const both = { ...env, SALLYPORT_SECRET: next, SALLYPORT_PREVIOUS_SECRET: old }
  const kept = [...openKept(dataFolder, old)].map(({ name, text }) => ({ name, text }))
  for (const count of [kept.length, 0]) {
    const { code, output } = await runCommand(['keys', 'reencrypt'], both)
    assert.equal(code, 0, output)
    assert.match(output, new RegExp(`Encrypted ${count} values`))
    assert.doesNotMatch(output, /may still be/)
  }
  assert.deepEqual(
    openKept(dataFolder, next).map(({ name, text }) => ({ name, text })),
    kept,
  )
  for (const server of [first, second]) {
    assert.equal((await me(server, person.access)).status, 200)
    assert.equal((await signUp(server)).status, 201)
  }
  assert.equal((await refresh(second, person.refresh)).status, 200)
  await first.stop()
  await first.restart()
  assert.equal((await me(first, person.access)).status, 200)
  // The old one opens nothing any more.
  const late = await runCommand(['keys', 'rotate'], { ...env, SALLYPORT_SECRET: old })
  assert.equal(late.code, 1)
  assert.match(late.output, /is not the secret/)
})
