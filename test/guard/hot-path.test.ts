import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { after, before, describe, test } from 'node:test'
import { connectFacts, createGuard, type Guard, type RemoteFacts } from '@sallyport/guard'
import { administer, call, newPerson } from '../support/actors.ts'
import { text } from '../support/http.ts'
import { newScene, newTokens } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { vendorTokens } from '../support/vendors.ts'

// What checking a credential that is known costs beyond the processor: counted, not assumed.
const times = 200
const doors = ['oshara', 'oshara-widgets', 'openchatstudio', 'charp', 'osir']
type Headers = Readonly<Record<string, string>>
const bearer = (secret: string): Headers => ({ authorization: `Bearer ${secret}` })

let server: TestServer
let credentials: Readonly<Record<string, Headers>>

async function newWidgetToken(): Promise<string> {
  const owner = await newPerson(server)
  const json = { slug: `w${owner.id.slice(-8)}`, allowed_origins: ['https://a.example'] }
  await call(server, '/api/ai-characters/', { bearer: owner.access, json })
  const headers = { Origin: 'https://a.example' }
  const started = await call(server, '/api/agents/agent-session/', { json: { agent: json.slug }, headers })
  return text(started, 'token')
}

before(async () => {
  server = await startServer({ probe: true })
  const person = await newPerson(server)
  const made = await call(server, '/v1/api-keys', { bearer: person.access, json: { name: 'k' } })
  const key = text(made, 'key')
  const session = await call(server, '/v1/session-tokens', { bearer: key, json: {} })
  credentials = {
    person: bearer(person.access),
    app: bearer((await newTokens(await newScene(server))).access),
    vendor: bearer((await vendorTokens(server)).access),
    widget: { ...bearer(await newWidgetToken()), origin: 'https://a.example' },
    'API key': bearer(key),
    'API key in a header of its own': { 'x-api-key': key },
    'session token': bearer(text(session, 'token')),
  }
})
after(async () => {
  // Not in order: that waits for the connection which `fetch` keeps open in this process.
  await server.kill()
  await server.close()
})

const unnoted = ['person', 'app', 'vendor', 'widget'] as const
/** Kinds whose last use is worth knowing. */
const noted = ['API key', 'API key in a header of its own', 'session token'] as const
type Kind = (typeof unnoted)[number] | (typeof noted)[number]

/** What the server's store has counted: reads, and jobs that write. */
async function storeCounts(): Promise<{ readonly reads: number; readonly writes: number }> {
  const { text: page } = await call(server, '/metrics')
  const valueOf = (name: string) =>
    Number(new RegExp(`^sallyport_store_${name}_total (\\d+)$`, 'm').exec(page)?.[1])
  return { reads: valueOf('reads'), writes: valueOf('writes') }
}

/** Waits until `holds`, for things that happen once a second. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, 'it never came to that')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** Waits until what was done before is written: two beats of a second in which nothing is. */
async function settled(): Promise<void> {
  let [last, since] = [(await storeCounts()).writes, performance.now()]
  await until(async () => {
    const { writes } = await storeCounts()
    if (writes !== last) [last, since] = [writes, performance.now()]
    return performance.now() - since > 2100
  })
}

const repeat = async (check: (kind: Kind) => Promise<void>, kind: Kind): Promise<void> => {
  for (let count = 0; count < times; count += 1) await check(kind)
}

/** At most one batch for each second that has begun. */
const batchesSince = (began: number): number => Math.ceil((performance.now() - began) / 1000) + 1

describe('a guard in a process of its own', () => {
  let source: RemoteFacts
  let guard: Guard
  let requests: string[]
  const note = (message: unknown): void => {
    const { request } = message as { readonly request: { readonly path: string } }
    requests.push(request.path)
  }

  async function check(kind: Kind): Promise<void> {
    const headers = credentials[kind] ?? assert.fail(kind)
    const header = (name: string) => (headers[name] === undefined ? [] : [headers[name]])
    const answer = await guard.check({ method: 'GET', path: '/', ip: '127.0.0.1', header }, { doors })
    assert.equal(answer.outcome, 'allow', kind)
  }

  before(async () => {
    // Everything that this process asks by `fetch`, as the guard does; the tests themselves ask by `node:http`.
    subscribe('undici:request:create', note)
    requests = []
    const { json } = await administer(server, 'POST', '/guards', { name: 'api' })
    const [clientId, clientSecret] = [String(json['client_id']), String(json['client_secret'])]
    source = await connectFacts({ server: server.address, clientId, clientSecret })
    guard = createGuard({ source, now: () => server.now(), shape: 'message' })
    for (const kind of [...unnoted, ...noted]) await check(kind)
    await settled()
  })
  after(async () => {
    await source.close()
    unsubscribe('undici:request:create', note)
  })

  for (const kind of unnoted) {
    test(`${kind}: ${times} checks make no request, no read and no write`, async () => {
      const store = await storeCounts()
      requests = []
      await repeat(check, kind)
      assert.deepEqual(await storeCounts(), store)
      assert.deepEqual(requests, [])
    })
  }

  for (const kind of noted) {
    test(`${kind}: ${times} checks make no request but to tell of the use, in batches`, async () => {
      requests = []
      await repeat(check, kind)
      assert.deepEqual(
        requests.filter((path) => path !== '/guard/uses'),
        [],
      )
    })
  }

  test(`${times} uses of each of them are told and written once a second at most`, async () => {
    await settled()
    const [store, began] = [await storeCounts(), performance.now()]
    requests = []
    for (const kind of noted) await repeat(check, kind)
    const told = () => requests.filter((path) => path === '/guard/uses').length
    await until(async () => told() > 0 && (await storeCounts()).writes > store.writes)
    const [{ writes, reads }, most] = [await storeCounts(), batchesSince(began)]
    assert.ok(told() <= most, `${told()} batches, at most ${most}`)
    assert.ok(writes - store.writes <= most, `${writes - store.writes} writes, at most ${most}`)
    // The guard's own credential is looked up with each of its requests, and nothing else.
    assert.ok(reads - store.reads <= 2 * requests.length, `${reads - store.reads} reads`)
  })
})

describe('the guard of an API that the server mounts', () => {
  async function check(kind: Kind): Promise<void> {
    assert.equal((await call(server, '/probe', { headers: credentials[kind] ?? {} })).status, 200, kind)
  }

  before(async () => {
    for (const kind of [...unnoted, ...noted]) await check(kind)
    await settled()
  })

  for (const kind of unnoted) {
    test(`${kind}: ${times} requests read nothing and write nothing`, async () => {
      const store = await storeCounts()
      await repeat(check, kind)
      assert.deepEqual(await storeCounts(), store)
    })
  }

  for (const kind of noted) {
    test(`${kind}: ${times} requests read nothing, and their use is written once a second at most`, async () => {
      const [store, began] = [await storeCounts(), performance.now()]
      await repeat(check, kind)
      await until(async () => (await storeCounts()).writes > store.writes)
      const { reads, writes } = await storeCounts()
      const most = batchesSince(began)
      assert.equal(reads, store.reads)
      assert.ok(writes - store.writes <= most, `${writes - store.writes} writes, at most ${most}`)
    })
  }
})
