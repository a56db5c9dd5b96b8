import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import type { Store } from '../../src/store/contract/index.ts'
import { openSqlStore } from '../../src/store/sql/open.ts'
import { openSqlite, type SqliteOptions } from '../../src/store/sqlite.ts'
import { storeContract } from './contract.ts'
import { addAccount, addClient, event, family, now, range } from './samples.ts'

const folders: string[] = []
after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

async function newPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-store-'))
  folders.push(folder)
  return join(folder, 'data', 'sallyport.db')
}

function open(path: string, more: Partial<SqliteOptions> = {}): Promise<Store> {
  const fail = (error: unknown) => assert.fail(String(error))
  return openSqlStore(openSqlite({ path, onFatal: fail, ...more }))
}

storeContract('sqlite', async () => {
  const store = await open(await newPath())
  return { store, close: () => store.close() }
})

/** A sync that the test lets through. */
function heldSync() {
  let begun = 0
  let holding = false
  let release: (() => void) | undefined
  return {
    begun: () => begun,
    hold: () => void (holding = true),
    release() {
      holding = false
      release?.()
    },
    async sync(): Promise<void> {
      begun += 1
      if (holding) await new Promise<void>((resolve) => (release = resolve))
    },
  }
}

const turns = async (count: number) => {
  for (const _ of range(count)) await new Promise((resolve) => setImmediate(resolve))
}

describe('durable before answered', () => {
  test('a write is answered only when a sync that began after its commit has returned', async () => {
    const held = heldSync()
    const store = await open(await newPath(), { sync: held.sync })
    const before = held.begun()
    held.hold()
    let answered = 0
    const made = family()
    const write = store.families.create(made, event(), now).then(() => (answered += 1))
    const settled = turns(3)
      .then(() => store.durable())
      .then(() => (answered += 10))
    await turns(20)
    assert.equal(held.begun(), before + 1, 'the sync has begun')
    assert.equal((await store.families.find(made.familyId))?.gen, 1, 'it is committed and can be read')
    assert.equal(answered, 0, 'and nobody has been answered')
    held.release()
    await Promise.all([write, settled])
    assert.equal(answered, 11)
    await store.close()
  })

  test('writes of one turn share one commit and one sync', async () => {
    const store = await open(await newPath())
    const before = store.counts()
    await Promise.all(range(40).map(() => store.families.create(family(), event(), now)))
    const spent = {
      commits: store.counts().commits - before.commits,
      syncs: store.counts().syncs - before.syncs,
      writes: store.counts().writes - before.writes,
    }
    assert.deepEqual(spent, { commits: 1, syncs: 1, writes: 40 })
    await store.close()
  })

  test('every write that was answered one after another had its own sync', async () => {
    const store = await open(await newPath())
    const before = store.counts().syncs
    for (const _ of range(5)) await store.families.create(family(), event(), now)
    assert.equal(store.counts().syncs - before, 5)
    await store.close()
  })

  test('a failed sync is fatal: nobody is answered, then or later', async () => {
    let failing = false
    const fatal: unknown[] = []
    const sync = async () => {
      if (failing) throw new Error('disk is gone')
    }
    const store = await open(await newPath(), { sync, onFatal: (error) => fatal.push(error) })
    failing = true
    let answered = 0
    const answer = () => (answered += 1)
    void store.families.create(family(), event(), now).then(answer, answer)
    await turns(20)
    failing = false
    void store.families.create(family(), event(), now).then(answer, answer)
    void store.durable().then(answer, answer)
    await turns(20)
    assert.equal(fatal.length, 1)
    assert.equal(answered, 0)
  })

  test('a job that loses or fails half-way undoes what it had done', async () => {
    const path = await newPath()
    const db = openSqlite({ path, onFatal: (error) => assert.fail(String(error)) })
    await db.batch([{ sql: 'CREATE TABLE t (id TEXT PRIMARY KEY)', params: [] }])
    const insert = (id: string) => ({ sql: 'INSERT INTO t (id) VALUES ($1)', params: [id] })
    const loses = { sql: 'UPDATE t SET id = id WHERE id = $1', params: ['nobody'], mustTouch: true } as const
    const results = await Promise.allSettled([
      db.batch([insert('kept-1')]),
      db.batch([insert('lost'), loses]),
      db.batch([insert('failed'), { sql: 'INSERT INTO t (id) VALUES (NULL), ($1)', params: ['kept-1'] }]),
      db.batch([insert('kept-2'), insert('kept-3')]),
    ])
    assert.deepEqual(
      results.map((one) => (one.status === 'fulfilled' ? one.value.done : 'failed')),
      [true, false, 'failed', true],
    )
    const rows = await db.query('SELECT id FROM t ORDER BY id', [])
    assert.deepEqual(
      rows.map(({ id }) => id),
      ['kept-1', 'kept-2', 'kept-3'],
    )
    await db.close()
  })

  test('what another process committed is made durable before it is rested upon', async () => {
    const path = await newPath()
    const held = heldSync()
    const here = await open(path, { sync: held.sync })
    const there = await open(path)
    await here.durable()
    const before = held.begun()
    await there.families.create(family(), event(), now)
    await here.durable()
    assert.equal(held.begun(), before + 1)
    await here.durable()
    assert.equal(held.begun(), before + 1, 'once')
    await here.close()
    await there.close()
  })

  test('a write waits while another process holds the lock, and reads go on', async () => {
    const path = await newPath()
    const store = await open(path)
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    let answered = false
    const made = family()
    const write = store.families.create(made, event(), now).then(() => (answered = true))
    await turns(50)
    assert.equal(await store.families.find(made.familyId), undefined)
    assert.equal(answered, false)
    other.exec('COMMIT')
    await write
    assert.equal((await store.families.find(made.familyId))?.gen, 1)
    other.close()
    await store.close()
  })

  test('a job that fails undoes itself and no other of its turn', async () => {
    const store = await open(await newPath())
    const one = family()
    await store.families.create(one, event(), now)
    const results = await Promise.allSettled([
      store.families.create(family(), event(), now),
      store.families.create(one, event('twice'), now),
      store.families.create(family(), event(), now),
    ])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.equal((await store.audit.list({ limit: 10, type: 'twice' })).length, 0)
    await store.close()
  })
})

test('what was acknowledged is there after kill -9 in the middle of a write storm', async () => {
  const path = await newPath()
  const child = fork(join(import.meta.dirname, 'storm.ts'), [path], {
    execArgv: ['--conditions=source'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const acknowledged: string[] = []
  child.on('message', (id) => acknowledged.push(String(id)))
  while (acknowledged.length < 500) await once(child, 'message')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const store = await open(path)
  const missing = (
    await Promise.all(acknowledged.map(async (id) => ((await store.families.find(id)) ? [] : [id])))
  ).flat()
  assert.ok(acknowledged.length >= 500)
  assert.deepEqual(missing, [])
  await store.close()
})

test('another connection on the same file hears of changes within a second', async () => {
  const path = await newPath()
  const [here, there] = [await open(path), await open(path)]
  const heard: string[] = []
  here.follow(({ id }) => heard.push(id))
  const { accountId } = await addAccount(there)
  const deadline = performance.now() + 1000
  while (!heard.includes(accountId) && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 10))
  assert.ok(heard.includes(accountId))
  await here.close()
  await there.close()
})

test('a connection that is asked to reach a change of another tells it at once', async () => {
  const path = await newPath()
  const [here, there] = [await open(path), await open(path)]
  const heard: string[] = []
  here.follow(({ id }) => heard.push(id))
  const { accountId } = await addAccount(there)
  assert.equal(await here.reach(await there.lastChange()), true)
  assert.ok(heard.includes(accountId))
  await here.close()
  await there.close()
})

const bytesOf = async (path: string) =>
  (await Promise.all([path, `${path}-wal`].map((file) => readFile(file, 'latin1')))).join('')

test('what a secret was is in no file once it is erased; while another reads it stays to be done', async () => {
  const path = await newPath()
  const store = await open(path, { busyTimeoutMs: 20 })
  // Longer than what comes after it, so that some of it is left where it was.
  const value = await store.signing.secret('seal', 'the old value '.repeat(20))
  await addAccount(store)
  const change = { kind: 'server-secret', name: 'seal', value, next: 'next' } as const
  await store.signing.replaceKept([change], false, event(), now)
  assert.ok((await bytesOf(path)).includes('the old value'))
  const reader = new DatabaseSync(path, { readOnly: true })
  reader.exec('BEGIN')
  reader.prepare('SELECT * FROM server_secret').all()
  await assert.rejects(store.signing.eraseTraces())
  reader.close()
  await store.close()

  const again = await open(path)
  await addAccount(again)
  await again.signing.eraseTraces()
  assert.equal((await bytesOf(path)).includes('the old value'), false)
  assert.equal(await again.signing.secret('seal', 'x'), 'next')
  // Nothing is done twice.
  const before = (await stat(path)).mtimeMs
  await again.signing.eraseTraces()
  assert.equal((await stat(path)).mtimeMs, before)
  await again.close()
})

test('what was in the clear is erased wherever it once was', async () => {
  const path = await newPath()
  const store = await open(path)
  // So long that most of it lies on pages which are free afterwards.
  const value = await store.signing.secret('seal', 'the old value '.repeat(2000))
  const change = { kind: 'server-secret', name: 'seal', value, next: 'next' } as const
  await store.signing.replaceKept([change], true, event(), now)
  await store.signing.eraseTraces()
  assert.equal((await bytesOf(path)).includes('the old value'), false)
  assert.equal(await store.signing.secret('seal', 'x'), 'next')
  await addAccount(store)
  await store.close()
})

test('the data belongs to the owner alone', async () => {
  const path = await newPath()
  const store = await open(path)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.equal((await stat(join(path, '..'))).mode & 0o777, 0o700)
  await store.close()
})

test('a browser session that a server of before has made goes on, and its end tells its clients', async () => {
  const path = await newPath()
  const store = await open(path)
  const { accountId } = await addAccount(store)
  const database = new DatabaseSync(path)
  database
    .prepare(
      'INSERT INTO browser_session (hash, session_id, account_id, authenticated_at, expires_at) VALUES (?, ?, ?, ?, ?)',
    )
    .run('old', 'ses_old', accountId, now, now + 100)
  database.close()
  assert.equal((await store.accounts.findSession('old', now))?.presenceId, 'ses_old')
  assert.equal(await store.accounts.isPresent('ses_old', now), true)
  const logout = {
    postLogoutRedirectUris: [],
    backchannelUri: 'https://app.example/out',
    backchannelSessionRequired: false,
    frontchannelUri: undefined,
    frontchannelSessionRequired: false,
  }
  const clientId = await addClient(store, { logout })
  const presence = { presenceId: 'ses_old', endsWithIt: false }
  await store.families.create(family({ accountId, clientId, scope: ['openid'], presence }), event(), now)
  await store.accounts.endSession('old', event(), now)
  const [notice] = await store.logouts.due({ most: 1, perClient: 1, perAccount: 1 }, now)
  assert.equal(notice?.presenceId, 'ses_old')
  assert.equal(notice?.clientId, clientId)
  await store.close()
})

test('a database newer than the program is refused', async () => {
  const path = await newPath()
  const store = await open(path)
  await store.tables('x', [
    'CREATE TABLE x_one (id TEXT PRIMARY KEY)',
    'CREATE TABLE x_two (id TEXT PRIMARY KEY)',
  ])
  await assert.rejects(
    store.tables('x', ['CREATE TABLE x_one (id TEXT PRIMARY KEY)']),
    /start a newer program/,
  )
  await store.close()
})
