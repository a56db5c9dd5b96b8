import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { guard, secretHash } from '@sallyport/guard'
import { administer, call, newPerson, type Person } from '../support/actors.ts'
import { text } from '../support/http.ts'
import { asksWhenKnown, connectRemoteGuard, type RemoteGuard, until } from '../support/remote-guard.ts'
import { startServer, type TestServer } from '../support/server.ts'

// Two guards elsewhere: what one of them sees, the other and the server have to know where it matters.
let server: TestServer
let first: RemoteGuard
let other: RemoteGuard
before(async () => {
  server = await startServer({
    limits: { few: { style: 'unix', plans: { Free: [{ limit: 3, window: 60 }] }, otherwise: [] } },
  })
  first = await connectRemoteGuard(server)
  other = await connectRemoteGuard(server)
})
after(async () => {
  await first.source.close()
  await other.source.close()
  await server.close()
})

const rule = { doors: ['osir'] }

async function newKey(person: Person): Promise<{ readonly id: string; readonly key: string }> {
  const made = await call(server, '/v1/api-keys', { bearer: person.access, json: { name: 'k' } })
  return { id: text(made, 'id'), key: text(made, 'key') }
}
async function newSessionToken(person?: Person): Promise<{ readonly token: string; readonly keyId: string }> {
  const { id, key } = await newKey(person ?? (await newPerson(server)))
  const made = await call(server, '/v1/session-tokens', { bearer: key, json: {} })
  return { token: text(made, 'token'), keyId: id }
}

test('a session token that is known is checked without a request to the server', async () => {
  const { token } = await newSessionToken()
  const check = async () => assert.equal(await first.status(rule, token), 200)
  assert.equal(await asksWhenKnown(server, check, 50), 0)
})

test('a session token ends on every guard within a second of its key having been revoked', async () => {
  const person = await newPerson(server)
  const { token, keyId } = await newSessionToken(person)
  for (const guarded of [first, other]) assert.equal(await guarded.status(rule, token), 200)
  await call(server, `/v1/api-keys/${keyId}`, { method: 'DELETE', bearer: person.access })
  for (const guarded of [first, other])
    assert.equal(
      await until(
        () => guarded.status(rule, token),
        (status) => status === 401,
        1000,
      ),
      401,
    )
})

test('a session token used at one guard is not idle at another', async () => {
  const { token } = await newSessionToken()
  for (const guarded of [first, other]) assert.equal(await guarded.status(rule, token), 200)
  // Thirty minutes of idleness end it; it is used every twenty, at one of them alone.
  for (let count = 0; count < 3; count += 1) {
    await server.advance(20 * 60)
    assert.equal(await first.status(rule, token), 200)
  }
  // The server is told within a second or two, and the guard that knows nothing of those uses asks it.
  const status = await until(
    () => other.status(rule, token),
    (one) => one === 200,
    5000,
  )
  assert.equal(status, 200)
  await server.advance(31 * 60)
  for (const guarded of [first, other]) assert.equal(await guarded.status(rule, token), 401)
})

test('a use that is told late counts from when it was, and one of the future from now', async () => {
  const { token } = await newSessionToken()
  const { json } = await administer(server, 'POST', '/guards', { name: 'tells' })
  const credentials = `${String(json['client_id'])}:${String(json['client_secret'])}`
  const headers = { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
  const tell = (at: number) =>
    call(server, '/guard/uses', { headers, json: { uses: [['session-token', secretHash(token), at]] } })
  const lastUse = async () =>
    (await first.source.sessionToken(secretHash(token), server.now() + 3600))?.lastUsedAt
  const made = server.now()
  await server.advance(100)
  assert.equal((await tell(made + 50)).status, 204)
  assert.equal(await lastUse(), made + 50)
  assert.equal((await tell(made + 20)).status, 204)
  assert.equal(await lastUse(), made + 50)
  assert.equal((await tell(made + 9999)).status, 204)
  assert.equal(await lastUse(), made + 100)
})

test('the last use of a key is told to the server', async () => {
  const person = await newPerson(server)
  const { id, key } = await newKey(person)
  await server.advance(100)
  assert.equal(await other.status(rule, key), 200)
  const lastUsed = async () => {
    const listed = await call(server, '/v1/api-keys', { bearer: person.access })
    const keys = JSON.parse(listed.text) as readonly {
      readonly id: string
      readonly last_used_at: string | null
    }[]
    return keys.find((each) => each.id === id)?.last_used_at
  }
  const moment = new Date(server.now() * 1000).toISOString()
  assert.equal(Date.parse((await until(lastUsed, Boolean, 5000)) ?? ''), Date.parse(moment))
})

test('a limit is counted over all guards and all keys of a customer, and a refused call costs nothing', async () => {
  const person = await newPerson(server)
  const keys = [(await newKey(person)).key, (await newKey(person)).key]
  const limited = { ...rule, limits: ['few'] }
  assert.equal(await first.status({ ...limited, scopes: ['nobody:has'] }, keys[0] ?? ''), 403)
  const statuses = []
  for (const [guarded, key] of [
    [first, keys[0]],
    [other, keys[1]],
    [first, keys[1]],
    [other, keys[0]],
  ] as const)
    statuses.push(await guarded.status(limited, key ?? ''))
  assert.deepEqual(statuses, [200, 200, 200, 429])
  await server.advance(61)
  assert.equal(await other.status(limited, keys[0] ?? ''), 200)
})

test('a limit that the server does not know lets nobody in', async () => {
  const { key } = await newKey(await newPerson(server))
  assert.equal(await first.status({ ...rule, limits: ['no-such'] }, key), 503)
})

test('one line makes a guard of a server’s address and a credential', async () => {
  const { json } = await administer(server, 'POST', '/guards', { name: 'five minutes' })
  const [clientId, clientSecret] = [String(json['client_id']), String(json['client_secret'])]
  const now = () => server.now()
  const made = await guard({ issuer: server.address, clientId, clientSecret, now })
  const header = (name: string) => (name === 'x-api-key' ? [server.demo.keys['live'] ?? ''] : [])
  const request = { method: 'GET', path: '/', ip: '127.0.0.1' }
  assert.equal((await made.check({ ...request, header }, rule)).outcome, 'allow')
  assert.equal(made.isFresh(), true)
  const refused = await made.check({ ...request, header: () => [] }, rule)
  assert.equal(refused.outcome === 'refuse' && refused.body['error'], 'invalid_token')
  await made.close()
  await assert.rejects(
    guard({ issuer: server.address, clientId, clientSecret: 'wrong', now }),
    /refuses this client id/,
  )
})
