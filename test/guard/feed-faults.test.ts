import assert from 'node:assert/strict'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, afterEach, before, test } from 'node:test'
import { administer, call, newPerson, type Person } from '../support/actors.ts'
import { connectRemoteGuard, type RemoteGuard, until } from '../support/remote-guard.ts'
import { type Relay, startRelay } from '../support/relay.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let relay: Relay
const guards: RemoteGuard[] = []
before(async () => {
  server = await startServer()
  relay = await startRelay(server.address)
})
afterEach(async () => {
  for (const { source } of guards.splice(0)) await source.close()
})
after(async () => {
  await relay.close()
  await server.close()
})

const rule = { doors: ['oshara'] }
const signOut = ({ refresh }: Person) => call(server, '/api/auth/logout/', { json: { refresh } })

/** A guard that has let this person in, over a network that can be broken. */
async function guardThatKnows(person: Person, options: object = {}): Promise<RemoteGuard> {
  const guard = await connectRemoteGuard(server, { server: relay.address, timeoutMs: 1000, ...options })
  guards.push(guard)
  assert.equal(await guard.status(rule, person.access), 200)
  return guard
}

/** Waits for the guard to notice that it hears nothing; up to then it judges by what it knows. */
async function untilLost({ source }: RemoteGuard): Promise<boolean> {
  return !(await until(
    async () => source.isFresh(),
    (fresh) => !fresh,
    10_000,
  ))
}

/** Writes so many changes at once, as another process on the same database would. */
function writeChanges(count: number): number {
  const database = new DatabaseSync(join(server.dataFolder, 'sallyport.db'), { timeout: 5000 })
  database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    INSERT INTO change_log (kind, id, at) SELECT 'team', 'team-' || i, ${server.now()} FROM n`)
  const row = database.prepare('SELECT MAX(change_id) AS last FROM change_log').get()
  database.close()
  return Number(row?.['last'])
}

async function openFeeds(): Promise<number> {
  const metrics = await fetch(`${server.address}/metrics`)
  return Number(/^sallyport_guard_feeds (\d+)$/m.exec(await metrics.text())?.[1])
}

for (const whenLost of ['ask', 'refuse'] as const) {
  test(`partitioned, a guard that would ${whenLost} lets nobody in, and judges by what happened once it is back`, async () => {
    const [leaves, stays] = [await newPerson(server), await newPerson(server)]
    const guard = await guardThatKnows(leaves, { whenLost, lostAfterMs: 1000 })
    assert.equal(await guard.status(rule, stays.access), 200)
    relay.hold()
    await signOut(leaves)
    assert.equal(await untilLost(guard), true)
    for (const { access } of [leaves, stays]) assert.equal(await guard.status(rule, access), 503)
    relay.mend()
    const seen = new Set<number>()
    const status = await until(
      async () => {
        const one = await guard.status(rule, leaves.access)
        seen.add(one)
        return one
      },
      (one) => one === 401,
      10_000,
    )
    assert.equal(status, 401)
    assert.equal(seen.has(200), false, 'never by what it knew before')
    assert.equal(
      await until(
        () => guard.status(rule, stays.access),
        (one) => one === 200,
        5000,
      ),
      200,
    )
  })
}

test('a connection that is cut again and again loses no change', async () => {
  const people = await Promise.all(Array.from({ length: 12 }, () => newPerson(server)))
  const [first] = people
  if (!first) assert.fail('nobody there')
  const guard = await guardThatKnows(first)
  for (const { access } of people) assert.equal(await guard.status(rule, access), 200)
  for (const person of people) {
    relay.cut()
    await signOut(person)
    assert.equal(
      await until(
        () => guard.status(rule, person.access),
        (one) => one === 401,
        5000,
      ),
      401,
    )
  }
})

/** Reads the feed from `position` to `last`; how many ids came, whether each was larger, and how often it was cut off. */
async function readFeed(
  authorization: string,
  position: number,
  last: number,
): Promise<{ readonly count: number; readonly inOrder: boolean; readonly connections: number }> {
  let [at, count, inOrder, connections] = [position, 0, true, 0]
  const isBehind = () => at < last
  while (isBehind()) {
    connections += 1
    await new Promise<void>((resolve, reject) => {
      const headers = { authorization, 'last-event-id': String(at) }
      const asked = get(`${server.address}/guard/feed`, { headers, agent: false }, (response) => {
        let rest = ''
        response.setEncoding('utf8')
        response.on('data', (piece: string) => {
          const lines = (rest + piece).split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines) {
            // Each event of a change is three lines; its id comes first.
            if (!line.startsWith('id: ')) continue
            const id = Number(line.slice(4))
            if (id === at) continue
            inOrder &&= id > at
            count += 1
            at = id
          }
          if (!isBehind()) asked.destroy()
        })
        response.on('close', resolve)
        response.on('error', () => resolve())
      })
      asked.on('error', reject)
    })
  }
  return { count, inOrder, connections }
}

test('a million changes behind: each is told once, in order, to a guard that takes its time', async () => {
  const { json } = await administer(server, 'POST', '/guards', { name: 'far behind' })
  const credentials = `${String(json['client_id'])}:${String(json['client_secret'])}`
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
  const person = await newPerson(server)
  const guard = await guardThatKnows(person)
  const first = writeChanges(1) - 1
  relay.hold()
  await signOut(person)
  await server.stop()
  const last = writeChanges(1_000_000)
  assert.equal(await untilLost(guard), true)
  await server.restart()
  relay.mend()
  const seen = new Set<number>()
  const status = await until(
    async () => {
      const one = await guard.status(rule, person.access)
      seen.add(one)
      return one
    },
    (one) => one === 401,
    60_000,
  )
  assert.equal(status, 401)
  assert.equal(seen.has(200), false, 'never by what it knew before')
  const read = await readFeed(authorization, first, last)
  assert.equal(read.inOrder, true)
  assert.equal(read.count, last - first)
  assert.equal(read.connections, 1, 'who is behind is not cut off')
  assert.equal(
    await until(
      async () => guard.source.isFresh(),
      (fresh) => fresh,
      60_000,
    ),
    true,
  )
})

test('a reader that takes nothing is cut off while much happens, and told the rest when it comes back', async () => {
  const { json } = await administer(server, 'POST', '/guards', { name: 'slow' })
  const credentials = `${String(json['client_id'])}:${String(json['client_secret'])}`
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
  const first = writeChanges(1)
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(
      `${server.address}/guard/feed`,
      { headers: { authorization, 'last-event-id': String(first) }, agent: false },
      resolve,
    ).on('error', reject)
  })
  response.on('error', () => undefined)
  response.pause()
  assert.equal(await until(openFeeds, (count) => count === 1, 5000), 1)
  const last = writeChanges(200_000)
  // Cut off by the server: here it is paused, so that nothing else could end it.
  assert.equal(await until(openFeeds, (count) => count === 0, 30_000), 0)
  response.destroy()
  const read = await readFeed(authorization, first, last)
  assert.equal(read.inOrder, true)
  assert.ok(read.count >= last - first)
})
