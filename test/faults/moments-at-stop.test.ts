import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { secretHash } from '../../packages/server/src/crypto/secret.ts'
import { createServer, openStore, type SallyportServer } from '../../packages/server/src/server/create.ts'
import { sow } from '../../packages/server/src/server/seed.ts'
import config from '../../sallyport.config.ts'
import { testSecret } from '../support/server.ts'
import { until } from '../support/until.ts'

// Last-used moments are gathered in memory and written each second. What is used and stopped in one turn of the event loop was
// never written by that, so only the stop itself can have.
const settings = {
  baseUrl: 'http://localhost:1',
  port: 0,
  host: '127.0.0.1',
  secret: testSecret,
  trustedProxies: 0,
  logLevel: 'silent',
  debug: false,
  google: undefined,
} as const

interface Running {
  readonly server: SallyportServer
  readonly port: number
  /** The one stop; asked again it is the same. */
  stop(): Promise<void>
  readonly dataFolder: string
  readonly hash: string
}

async function start(t: TestContext): Promise<Running> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sallyport-moments-'))
  const server = await createServer({
    settings: { ...settings, dataFolder },
    platforms: config.platforms,
    log: pino({ level: 'silent' }),
  })
  let stopping: Promise<void> | undefined
  const stop = () => (stopping ??= server.close())
  t.after(() => stop().finally(() => rm(dataFolder, { recursive: true })))
  const port = await server.listen()
  assert.ok(config.demo)
  const { keys } = await sow(config.demo, server.services)
  return { server, port, stop, dataFolder, hash: secretHash(keys['live'] ?? '') }
}

const use = ({ hash }: Running) => ({ kind: 'api-key', hash, id: 'key' }) as const

const lastUsed = async ({ server, hash }: Running) =>
  (await server.services.store.keys.findByHash(hash))?.lastUsedAt

/** What is on the disk after the stop. */
async function kept({ dataFolder, hash }: Running): Promise<number | undefined> {
  const store = await openStore({ dataFolder }, (error) => assert.fail(String(error)))
  const key = await store.keys.findByHash(hash)
  await store.close()
  return key?.lastUsedAt
}

test('a stop writes what was used a moment before', async (t) => {
  const running = await start(t)
  running.server.services.facts.used(use(running), 1000)
  await running.stop()
  assert.equal(await kept(running), 1000)
})

test('a stop that waits for a slow request has written before, and what is used meanwhile in the end', async (t) => {
  const running = await start(t)
  const { server, port } = running
  const slow = connect(port, '127.0.0.1')
  slow.on('error', () => undefined)
  let cut = false
  slow.once('close', () => (cut = true))
  await once(slow, 'connect')
  // Answered, so that the server knows the connection; half of the next request keeps the stop waiting.
  slow.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /livez HTTP/1.1\r\nHost:')
  await once(slow, 'data')
  server.services.facts.used(use(running), 1000)
  const stopped = running.stop()
  await until(async () => cut || (await lastUsed(running)) === 1000)
  assert.equal(cut, false, 'whoever kills a server that is slow to stop takes no moments with it')
  server.services.facts.used(use(running), 2000)
  slow.destroy()
  await stopped
  assert.equal(await kept(running), 2000)
})
