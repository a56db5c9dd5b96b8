import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  createTokens,
  memoryStorage,
  type Tokens,
  type TokensOptions,
  type TokenStorage,
  vendors,
  webStorage,
} from '@sallyport/client'
import { fileStorage } from '@sallyport/client/file'
import { call } from '../support/actors.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { newVendor, type Vendor } from '../support/vendors.ts'
import { until } from '../support/until.ts'
import { bodyOf, startWireTap, type WireTap } from '../support/wire-tap.ts'

// Clients that share a storage, and storages that fail, against a real server.
let server: TestServer
let tap: WireTap
let folder: string
before(async () => {
  server = await startServer()
  tap = await startWireTap(server.address)
  folder = await mkdtemp(join(tmpdir(), 'sallyport-client-'))
})
after(async () => {
  await tap.close()
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const hour = 3600
let files = 0
const freshPath = () => join(folder, `tokens-${(files += 1)}.json`)
function tokensOf({ client_id, client_secret }: Vendor, more: Partial<TokensOptions>): Tokens {
  const door = vendors({ server: tap.url, clientId: client_id, clientSecret: client_secret })
  return createTokens({ door, now: server.now, ...more })
}
const refreshes = (since: number) =>
  tap.requests.slice(since).filter((request) => request.startsWith('POST /auth/refresh '))
const refreshIn = (stored: string | undefined) =>
  (JSON.parse(stored ?? '{}') as { tokens?: { refresh?: string } }).tokens?.refresh
const opens = async (access: string) => (await call(server, '/brands', { bearer: access })).status === 200

describe('a file', () => {
  test('is readable by its owner alone, leaves no draft behind, and goes with the tokens', async () => {
    const path = freshPath()
    const tokens = tokensOf(await newVendor(server), { storage: fileStorage(path) })
    await tokens.access()
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.endsWith('.tmp')),
      [],
    )
    await tokens.revoke()
    await assert.rejects(stat(path), { code: 'ENOENT' })
  })

  test('that others may read is refused, and stays as it is', async () => {
    const path = freshPath()
    const vendor = await newVendor(server)
    await tokensOf(vendor, { storage: fileStorage(path) }).access()
    await chmod(path, 0o640)
    const since = tap.requests.length
    await assert.rejects(tokensOf(vendor, { storage: fileStorage(path) }).access(), {
      code: 'storage_failed',
    })
    assert.equal(tap.requests.length, since)
    await chmod(path, 0o600)
  })

  test('a later process goes on with what an earlier one left', async () => {
    const path = freshPath()
    const vendor = await newVendor(server)
    const first = await tokensOf(vendor, { storage: fileStorage(path) }).access()
    const since = tap.requests.length
    assert.equal(await tokensOf(vendor, { storage: fileStorage(path) }).access(), first)
    assert.equal(tap.requests.length, since)
  })

  test('with the tokens of another client, or with anything else in it, is one without tokens', async () => {
    const path = freshPath()
    const [one, other] = [await newVendor(server), await newVendor(server)]
    const first = await tokensOf(one, { storage: fileStorage(path) }).access()
    assert.notEqual(await tokensOf(other, { storage: fileStorage(path) }).access(), first)
    await writeFile(path, '<html>')
    assert.ok(await opens(await tokensOf(one, { storage: fileStorage(path) }).access()))
  })
})

describe('two clients on one storage', () => {
  test('that refresh at the same moment both get in, and end with one refresh token', async (t) => {
    const path = freshPath()
    const vendor = await newVendor(server)
    const clients = [1, 2].map(() => tokensOf(vendor, { storage: fileStorage(path) }))
    await Promise.all(clients.map((client) => client.access()))
    for (let round = 0; round < 3; round += 1) {
      await server.advance(hour)
      const since = tap.requests.length
      // Held, so that each has asked before either is answered.
      const release = tap.holdAnswers()
      t.after(release)
      const both = Promise.all(clients.map((client) => client.access()))
      await until(() => refreshes(since).length === 2)
      release()
      const presented = refreshes(since).map((request) => bodyOf(request))
      assert.equal(presented[0], presented[1])
      for (const access of await both) assert.ok(await opens(access))
      assert.notEqual(refreshIn(await readFile(path, 'utf8')), JSON.parse(presented[0] ?? '{}').refresh_token)
    }
  })

  test('in processes of their own get in, round after round', async (t) => {
    const path = freshPath()
    const { client_id: clientId, client_secret: clientSecret } = await newVendor(server)
    const given = JSON.stringify({ path, server: tap.url, clientId, clientSecret })
    const processes = [1, 2, 3].map(() =>
      fork(join(import.meta.dirname, '../support/client-process.ts'), [given], {
        execArgv: ['--conditions=source'],
      }),
    )
    t.after(() => processes.forEach((one) => one.kill()))
    await Promise.all(processes.map((one) => once(one, 'message')))
    for (let round = 0; round < 4; round += 1) {
      const answers = processes.map((one) => once(one, 'message'))
      for (const one of processes) one.send(server.now())
      for (const [told] of (await Promise.all(answers)) as [{ access?: string; error?: string }][]) {
        assert.equal(told.error, undefined)
        assert.ok(await opens(told.access ?? ''))
      }
      await server.advance(hour)
    }
  })

  test('the later one finds what the earlier one has stored, and asks nobody', async () => {
    const path = freshPath()
    const vendor = await newVendor(server)
    const [early, late] = [1, 2].map(() => tokensOf(vendor, { storage: fileStorage(path) })) as [
      Tokens,
      Tokens,
    ]
    await early.access()
    await late.access()
    await server.advance(hour)
    const fresh = await early.access()
    const since = tap.requests.length
    assert.equal(await late.access(), fresh)
    assert.equal(tap.requests.length, since)
  })

  test('one that waits to try again takes what the other got meanwhile', async () => {
    const storage = memoryStorage()
    const vendor = await newVendor(server)
    const other = tokensOf(vendor, { storage })
    let fresh = ''
    const held = tokensOf(vendor, {
      storage,
      sleep: async () => {
        fresh = await other.access()
      },
    })
    await held.access()
    await server.advance(hour)
    tap.dropAnswers(1)
    const since = tap.requests.length
    assert.equal(await held.access(), fresh)
    assert.equal(refreshes(since).length, 2, 'its own that was lost, and the other’s')
  })

  test('a refused token is not believed when the storage has a newer one', async () => {
    const storage = memoryStorage()
    const vendor = await newVendor(server)
    const other = tokensOf(vendor, { storage })
    await other.access()
    const old = await storage.load()
    // The other refreshes twice while this one still holds what it read before.
    for (let round = 0; round < 2; round += 1) {
      await server.advance(hour)
      await other.access()
    }
    const fresh = await other.access()
    let reads = 0
    const stale: TokenStorage = { ...storage, load: () => ((reads += 1) === 1 ? old : storage.load()) }
    const ended: unknown[] = []
    const tokens = tokensOf(vendor, { storage: stale, onEnded: (error) => ended.push(error) })
    assert.equal(await tokens.access(), fresh)
    assert.deepEqual(ended, [])
  })

  test('with a lock in the storage one refreshes for both', async () => {
    const area = new Map<string, string>()
    let last: Promise<unknown> = Promise.resolve()
    const storage: TokenStorage = {
      ...webStorage(
        {
          getItem: (name) => area.get(name) ?? null,
          setItem: (name, value) => void area.set(name, value),
          removeItem: (name) => void area.delete(name),
        },
        'tokens',
      ),
      lock<T>(work: () => Promise<T>) {
        const mine = last.then(work, work)
        last = mine
        return mine
      },
    }
    const vendor = await newVendor(server)
    const clients = [1, 2].map(() => tokensOf(vendor, { storage }))
    const since = tap.requests.length
    const [one, two] = await Promise.all(clients.map((client) => client.access()))
    assert.equal(one, two)
    assert.equal(tap.requests.length, since + 1)
    assert.deepEqual([...area.keys()], ['tokens'])
  })

  test('signing out in one is not undone by an answer that was under way in the other', async (t) => {
    const storage = memoryStorage()
    const vendor = await newVendor(server)
    const clients = [1, 2].map(() => tokensOf(vendor, { storage })) as [Tokens, Tokens]
    await clients[0].access()
    await server.advance(hour)
    const since = tap.requests.length
    const release = tap.holdAnswers()
    t.after(release)
    const under = clients[0].access()
    await until(() => refreshes(since).length === 1)
    await clients[1].forget()
    release()
    await assert.rejects(under, { code: 'sign_in_required' })
    assert.equal(await storage.load(), undefined)
  })
})

describe('a storage that fails', () => {
  test('hands out nothing that is not stored, and forgets nothing that was answered', async () => {
    const storage = memoryStorage()
    let full = false
    const failing: TokenStorage = {
      ...storage,
      save(text) {
        if (full) throw new Error('no space left')
        return storage.save(text)
      },
    }
    const tokens = tokensOf(await newVendor(server), { storage: failing })
    const first = await tokens.access()
    const kept = await storage.load()
    await server.advance(hour)
    full = true
    const since = tap.requests.length
    await assert.rejects(tokens.access(), { code: 'storage_failed' })
    await assert.rejects(tokens.access(), { code: 'storage_failed' })
    assert.equal(await storage.load(), kept, 'the old refresh token is where it was')
    assert.equal(refreshes(since).length, 1, 'a token that was answered is not asked for again')

    // Past the ten seconds in which the old one would be answered once more.
    await server.advance(60)
    full = false
    const second = await tokens.access()
    assert.equal(refreshes(since).length, 1)
    assert.notEqual(second, first)
    assert.ok(await opens(second))
    await server.advance(hour)
    assert.ok(await opens(await tokens.access()), 'and its refresh token is the right one')
  })

  test('that can not be read or locked is an error with its cause, and the server is not asked', async () => {
    const vendor = await newVendor(server)
    const since = tap.requests.length
    const broken = new Error('the disk is gone')
    const failing = [
      { ...memoryStorage(), load: () => Promise.reject(broken) },
      { ...memoryStorage(), lock: () => Promise.reject(broken) },
    ]
    for (const storage of failing)
      await assert.rejects(tokensOf(vendor, { storage }).access(), {
        code: 'storage_failed',
        temporary: true,
        cause: broken,
      })
    assert.equal(tap.requests.length, since)
  })

  test('a process that dies before it has stored the answer is answered the same', async () => {
    const storage = memoryStorage()
    const vendor = await newVendor(server)
    await tokensOf(vendor, { storage }).access()
    await server.advance(hour)
    const dying: TokenStorage = { ...storage, save: () => Promise.reject(new Error('the process is gone')) }
    await assert.rejects(tokensOf(vendor, { storage: dying }).access(), { code: 'storage_failed' })
    const ended: unknown[] = []
    const next = tokensOf(vendor, { storage, onEnded: (error) => ended.push(error) })
    assert.ok(await opens(await next.access()))
    assert.deepEqual(ended, [])
  })
})
