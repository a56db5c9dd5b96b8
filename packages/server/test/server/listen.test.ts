import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolError } from '@sallyport/protocol'
import { pino } from 'pino'
import type { Door, Handler } from '../../src/doors/door.ts'
import { refuseMessage } from '../../src/doors/refuse.ts'
import { createHttpServer, listen } from '../../src/server/listen.ts'

/** A server with one endpoint, whose durability the test holds. */
async function serve(handler: Handler, durable: () => Promise<void> = async () => undefined) {
  const door: Door = {
    id: 'd',
    prefixes: ['/'],
    endpoints: [{ path: '/x', methods: { GET: handler, POST: handler } }],
    refuse: refuseMessage,
  }
  const refused: ProtocolError[] = []
  const app = createHttpServer({
    doors: [door],
    mounts: [],
    log: pino({ level: 'silent' }),
    baseUrl: 'http://localhost',
    trustedProxies: 0,
    maxBody: 1000,
    durable,
    refused: (error) => refused.push(error),
  })
  const port = await listen(app, 0, '127.0.0.1')
  return { url: `http://127.0.0.1:${port}/x`, refused, close: () => app.close() }
}

test('an answer waits until what it rests on is durable, a refusal too', async () => {
  for (const handler of [
    () => ({ status: 200, body: { done: true } }),
    () => Promise.reject(new ProtocolError('invalid_grant', 'no')),
  ]) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const server = await serve(handler, () => promise)
    let answered = false
    const answer = fetch(server.url).then((response) => {
      answered = true
      return response
    })
    await new Promise((wait) => setTimeout(wait, 100))
    assert.equal(answered, false)
    resolve()
    assert.ok((await answer).status < 500)
    await server.close()
  }
})

test('a bug is a 500 that says nothing, and a hashing queue that is full is a 503', async () => {
  const bug = await serve(() => Promise.reject(new TypeError('the password was hunter2')))
  const answer = await fetch(bug.url)
  assert.equal(answer.status, 500)
  assert.deepEqual(await answer.json(), { error: 'server_error', message: 'unexpected error' })
  await bug.close()
  const full = await serve(() => Promise.reject(Object.assign(new Error('full'), { name: 'Overloaded' })))
  const busy = await fetch(full.url)
  assert.equal(busy.status, 503)
  assert.equal(busy.headers.get('retry-after'), '5')
  await full.close()
})

test('a body that is too large or no UTF-8 is refused before anybody reads it', async () => {
  let read = 0
  const server = await serve(() => {
    read += 1
    return { status: 204 }
  })
  assert.equal((await fetch(server.url, { method: 'POST', body: 'x'.repeat(1001) })).status, 413)
  assert.equal((await fetch(server.url, { method: 'POST', body: new Uint8Array([0xff, 0xfe]) })).status, 400)
  assert.equal(read, 0)
  assert.equal((await fetch(server.url, { method: 'POST', body: 'fine' })).status, 204)
  assert.equal(read, 1)
  await server.close()
})

test('HEAD is answered as GET without a body, other methods with Allow', async () => {
  const server = await serve(() => ({ status: 200, body: { a: 1 } }))
  const head = await fetch(server.url, { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal(await head.text(), '')
  const put = await fetch(server.url, { method: 'PUT' })
  assert.equal(put.status, 405)
  assert.equal(put.headers.get('allow'), 'GET, POST')
  await server.close()
})
