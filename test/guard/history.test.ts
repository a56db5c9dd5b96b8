import assert from 'node:assert/strict'
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { administer, call, newPerson } from '../support/actors.ts'
import { text } from '../support/http.ts'
import { startRelay } from '../support/relay.ts'
import { connectRemoteGuard, until } from '../support/remote-guard.ts'
import { startServer, type TestServer } from '../support/server.ts'

// A guard that stays connected, or comes back, while what it knows becomes untrue without a change in the log.
let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

test('a signing key ends on a connected guard when it ends at the server', async () => {
  const guard = await connectRemoteGuard(server)
  const { access } = await newPerson(server)
  const header = JSON.parse(Buffer.from(access.split('.')[0] ?? '', 'base64url').toString()) as {
    kid: string
  }
  const known = async () => (await guard.source.signingKey(header.kid, server.now())) !== undefined
  await administer(server, 'POST', '/signing-keys', {})
  assert.equal(await known(), true)
  await server.advance(40 * 24 * 3600)
  const ended = await until(known, (one) => !one, 5000)
  assert.equal(ended, false)
  assert.equal(guard.source.isFresh(), true, 'and it was connected all the time')
  await guard.source.close()
})

test('a database that was put back from a copy starts every guard anew, however far its log has come since', async () => {
  const rule = { doors: ['osir'] }
  const person = await newPerson(server)
  const newKey = async () => {
    const made = await call(server, '/v1/api-keys', { bearer: person.access, json: { name: 'k' } })
    return { id: text(made, 'id'), key: text(made, 'key') }
  }
  const kept = await newKey()
  const relay = await startRelay(server.address)
  const guard = await connectRemoteGuard(server, { server: relay.address })
  const path = join(server.dataFolder, 'sallyport.db')
  const database = new DatabaseSync(path)
  database.exec(`VACUUM INTO '${path}.copy'`)
  database.close()
  const gone = await newKey()
  for (const { key } of [kept, gone])
    assert.equal(
      await until(
        () => guard.status(rule, key),
        (one) => one === 200,
        5000,
      ),
      200,
    )
  relay.hold()
  await server.stop()
  for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true })
  copyFileSync(`${path}.copy`, path)
  await server.restart()
  await call(server, `/v1/api-keys/${kept.id}`, { method: 'DELETE', bearer: person.access })
  // The new log overtakes the old one before the guard comes back.
  for (let count = 0; count < 10; count += 1) await newPerson(server)
  await until(
    async () => guard.source.isFresh(),
    (fresh) => !fresh,
    10_000,
  )
  relay.mend()
  assert.equal(
    await until(
      async () => guard.source.isFresh(),
      (fresh) => fresh,
      15_000,
    ),
    true,
  )
  for (const { key } of [kept, gone]) assert.equal(await guard.status(rule, key), 401)
  await guard.source.close()
  await relay.close()
})
