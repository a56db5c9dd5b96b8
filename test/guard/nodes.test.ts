import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { administer, call, newPerson } from '../support/actors.ts'
import { text } from '../support/http.ts'
import { connectRemoteGuard, type RemoteGuard, until } from '../support/remote-guard.ts'
import { startServer, type TestServer } from '../support/server.ts'

// Two server processes on one database, and between them and the guard something that sends the feed to one and every
// question to the other, as a load balancer may.
let feeding: TestServer
let answering: TestServer
let guard: RemoteGuard
let close: () => void

before(async () => {
  feeding = await startServer()
  answering = await startServer({ dataFolder: feeding.dataFolder, baseUrl: feeding.base, seed: false })
  const balancer = createServer((incoming, outgoing) => {
    const { port } = new URL(incoming.url === '/guard/feed' ? feeding.address : answering.address)
    const { method, url, headers } = incoming
    const forwarded = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers).flushHeaders()
      answer.pipe(outgoing)
    })
    outgoing.on('close', () => forwarded.destroy())
    forwarded.on('error', () => outgoing.destroy())
    incoming.pipe(forwarded)
  })
  balancer.listen(0, '127.0.0.1')
  await once(balancer, 'listening')
  close = () => {
    balancer.close()
    balancer.closeAllConnections()
  }
  guard = await connectRemoteGuard(feeding, {
    server: `http://127.0.0.1:${(balancer.address() as AddressInfo).port}`,
  })
})
after(async () => {
  await guard.source.close()
  close()
  await answering.stop()
  await feeding.close()
})

test('a change heard from one server is never undone by a fact from another that has not heard of it', async () => {
  const person = await newPerson(feeding)
  const made = await call(feeding, '/v1/api-keys', { bearer: person.access, json: { name: 'k' } })
  const [id, key] = [text(made, 'id'), text(made, 'key')]
  const rule = { doors: ['osir'] }
  const set = (active: boolean) =>
    call(feeding, `/v1/api-keys/${id}`, {
      method: 'PATCH',
      bearer: person.access,
      json: { is_active: active },
    })
  for (let count = 0; count < 10; count += 1) {
    for (const active of [false, true]) {
      assert.equal((await set(active)).status, 200)
      const status = active ? 200 : 401
      // The guard asks the moment it hears of the change, long before the other server looks at the database by itself.
      assert.equal(
        await until(
          () => guard.status(rule, key),
          (one) => one === status,
          1000,
        ),
        status,
      )
      assert.equal(await guard.status(rule, key), status)
    }
  }
})

test('a new signing key is known although another server is asked for it', async () => {
  const kids = async () =>
    ((await call(answering, '/.well-known/jwks.json')).json['keys'] as { readonly kid: string }[]).map(
      ({ kid }) => kid,
    )
  const old = await kids()
  assert.equal((await administer(feeding, 'POST', '/signing-keys', {})).status, 201)
  const known = async () => {
    const found = await Promise.all((await kids()).map((kid) => guard.source.signingKey(kid)))
    return found.filter((one) => one !== undefined).length
  }
  assert.equal(await until(known, (count) => count === old.length + 1, 2000), old.length + 1)
})

test('a server that does not know of a change says so, and does not guess', async () => {
  const { json } = await administer(feeding, 'POST', '/guards', { name: 'asks' })
  const credentials = `${String(json['client_id'])}:${String(json['client_secret'])}`
  const headers = {
    Authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    'Last-Event-ID': '999999999',
  }
  const answer = await call(answering, '/guard/facts', { headers, json: { facts: [['team', 'x']] } })
  assert.equal(answer.status, 503)
  assert.equal((await call(answering, '/guard/metadata', { headers })).status, 503)
})
