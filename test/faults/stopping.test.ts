import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { call } from '../support/actors.ts'
import { startServer, type TestServer } from '../support/server.ts'

async function open(server: TestServer): Promise<Socket> {
  const { hostname, port } = new URL(server.address)
  const socket = connect(Number(port), hostname)
  // A server that cuts a connection may do so with a reset.
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

async function assertStops(server: TestServer, socket: Socket): Promise<void> {
  const ended = new Promise((resolve) => socket.once('close', resolve))
  const gaveUp = AbortSignal.timeout(20_000)
  await Promise.race([
    server.stop(),
    once(gaveUp, 'abort').then(() => assert.fail('the server waits for a connection')),
  ])
  socket.resume()
  await ended
}

const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`

test('a connection that never asks for anything does not hold up a stop', async (t) => {
  const server = await startServer()
  t.after(() => server.kill())
  const silent = await open(server)
  // Answered after the silent connection was accepted, so that the server knows of it.
  assert.equal((await call(server, '/livez')).status, 200)
  await assertStops(server, silent)
  await server.close()
})

test('a connection that has sent half of a second request does not hold up a stop', async (t) => {
  const server = await startServer()
  t.after(() => server.kill())
  const half = await open(server)
  // In one packet: once the first is answered the server has seen the half as well.
  half.write(`${request('/livez')}GET /livez HTTP/1.1\r\nHost:`)
  const [answer] = await once(half, 'data')
  assert.match(String(answer), /^HTTP\/1\.1 200 /)
  await assertStops(server, half)
  await server.close()
})

test('a connection that does not read its answers does not hold up a stop', async (t) => {
  const server = await startServer()
  t.after(() => server.kill())
  const deaf = await open(server)
  // Together more than the buffers on the way hold.
  deaf.write(request('/widget.js').repeat(5000))
  // Something has arrived, of which nothing is ever read.
  await once(deaf, 'readable')
  await assertStops(server, deaf)
  assert.ok(deaf.bytesRead < 5000 * 4096, 'the rest was never sent')
  await server.close()
})
