import assert from 'node:assert/strict'
import { get, type IncomingMessage } from 'node:http'
import { after, before, test } from 'node:test'
import { administer, call, newPerson } from '../support/actors.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

let server: TestServer
let authorization: string
let clientId: string
before(async () => {
  server = await startServer()
  const { json } = await administer(server, 'POST', '/guards', { name: 'reader' })
  clientId = String(json['client_id'])
  authorization = `Basic ${Buffer.from(`${clientId}:${String(json['client_secret'])}`).toString('base64')}`
})
after(() => server.close())

interface Told {
  readonly position: string
  readonly id: number
  readonly event: string
  readonly data: { readonly kind?: string; readonly id?: string }
}

interface Reader {
  readonly told: Told[]
  readonly response: IncomingMessage
  /** Resolves once an event that `test` says yes to was told. */
  until(test: (told: Told) => boolean): Promise<Told>
  close(): void
}

/** Reads the feed as it comes over the wire. */
function openFeed(position?: string): Promise<Reader> {
  const headers = { authorization, ...(position !== undefined && { 'last-event-id': position }) }
  return new Promise((resolve, reject) => {
    const request = get(`${server.base}/guard/feed`, { headers, agent: false }, (response) => {
      const told: Told[] = []
      let text = ''
      let wake: (() => void) | undefined
      response.on('data', (piece: Buffer) => {
        text += piece.toString()
        const blocks = text.split('\n\n')
        text = blocks.pop() ?? ''
        for (const block of blocks) {
          const [, at, id, event, data] = /^id: ((\d+)-[\w-]*)\nevent: (\w+)\ndata: (.*)$/.exec(block) ?? []
          if (data !== undefined)
            told.push({
              position: at ?? '',
              id: Number(id),
              event: event ?? '',
              data: JSON.parse(data),
            })
        }
        wake?.()
      })
      response.on('error', () => undefined)
      async function comes(isIt: (one: Told) => boolean): Promise<Told> {
        for (;;) {
          const found = told.find(isIt)
          if (found) return found
          await new Promise<void>((next) => (wake = next))
        }
      }
      resolve({ told, response, until: comes, close: () => request.destroy() })
    })
    request.on('error', reject)
  })
}

async function signOutSomebody(): Promise<void> {
  const { refresh } = await newPerson(server)
  assert.equal((await call(server, '/api/auth/logout/', { json: { refresh } })).status, 204)
}

test('a first visit starts now, and what happens is told in order, each once', async () => {
  await signOutSomebody()
  const feed = await openFeed()
  assert.match(feed.response.headers['content-type'] ?? '', /^text\/event-stream/)
  const ready = await feed.until(({ event }) => event === 'ready')
  assert.equal(feed.told.length, 1, 'the past is not told')
  for (let count = 0; count < 5; count += 1) await signOutSomebody()
  await feed.until(() => feed.told.filter(({ data }) => data.kind === 'family').length === 5)
  const ids = feed.told.map(({ id }) => id)
  assert.deepEqual(
    ids.slice(1),
    ids.slice(1).toSorted((a, b) => a - b),
  )
  assert.equal(new Set(ids.slice(1)).size, ids.length - 1)
  assert.ok(ids.slice(1).every((id) => id > ready.id))
  feed.close()
})

test('whoever was away is told exactly what they missed', async () => {
  const first = await openFeed()
  const { id, position } = await first.until(({ event }) => event === 'ready')
  first.close()
  for (let count = 0; count < 3; count += 1) await signOutSomebody()
  const again = await openFeed(position)
  await again.until(({ event }) => event === 'ready')
  const missed = again.told.filter(({ event }) => event === 'change')
  assert.equal(missed.filter(({ data }) => data.kind === 'family').length, 3)
  assert.ok(missed.every((one) => one.id > id))
  again.close()
})

test('a position of another database, or one that was swept away, begins anew', async () => {
  const future = await openFeed('999999999-abcdefgh')
  await future.until(({ event }) => event === 'ready')
  assert.deepEqual(
    future.told.map(({ event }) => event),
    ['reset', 'ready'],
  )
  future.close()
})

test('a guard whose credential is taken away hears nothing more', async () => {
  const { json } = await administer(server, 'POST', '/guards', { name: 'short-lived' })
  const mine = authorization
  authorization = `Basic ${Buffer.from(`${String(json['client_id'])}:${String(json['client_secret'])}`).toString('base64')}`
  const feed = await openFeed()
  await feed.until(({ event }) => event === 'ready')
  const ended = new Promise<void>((resolve) => feed.response.once('close', () => resolve()))
  await administer(server, 'DELETE', `/clients/${String(json['client_id'])}`)
  await ended
  assert.equal(
    (await call(server, '/guard/metadata', { headers: { Authorization: authorization } })).status,
    401,
  )
  authorization = mine
})

test('RFC 9110 §9.3.2: whoever asks for the head alone has it at once, and holds no feed', async () => {
  const { status, headers, text } = await call(server, '/guard/feed', {
    method: 'HEAD',
    headers: { authorization },
  })
  assert.deepEqual([status, headers['content-type'], text], [200, 'text/event-stream', ''])
  await until(async () => (await call(server, '/metrics')).text.includes('sallyport_guard_feeds 0\n'))
})

test('malformed questions are refused', async () => {
  const headers = { Authorization: authorization }
  for (const facts of [
    undefined,
    'x',
    [['account']],
    [['account', 1]],
    [['nonsense', 'x']],
    Array.from({ length: 501 }, () => ['team', 'x']),
  ]) {
    assert.equal((await call(server, '/guard/facts', { headers, json: { facts } })).status, 400)
  }
  const none = await call(server, '/guard/facts', {
    headers,
    json: {
      facts: [
        ['team', 'unknown'],
        ['membership', 'x'],
      ],
    },
  })
  assert.deepEqual(none.json['facts'], [null, null])
})

test('a server that stops ends its feeds', async () => {
  const feed = await openFeed()
  await feed.until(({ event }) => event === 'ready')
  const ended = new Promise<void>((resolve) => feed.response.once('close', () => resolve()))
  await server.stop()
  await ended
  await server.restart()
  assert.equal((await call(server, '/livez')).status, 200)
})
