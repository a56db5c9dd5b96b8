import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { call } from '../support/actors.ts'
import { startServer } from '../support/server.ts'

test('a connection that never asks for anything does not hold up a stop', async () => {
  const server = await startServer()
  const { hostname, port } = new URL(server.address)
  const silent = connect(Number(port), hostname)
  await once(silent, 'connect')
  // Answered after the silent connection was accepted, so that the server knows of it.
  assert.equal((await call(server, '/livez')).status, 200)
  const ended = once(silent, 'close')
  const gaveUp = AbortSignal.timeout(20_000)
  await Promise.race([
    server.stop(),
    once(gaveUp, 'abort').then(() => assert.fail('the server waits for a connection that is not used')),
  ])
  await ended
  await server.close()
})
