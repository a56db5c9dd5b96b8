/** The guard's own manner: how refusals are worded, what reaches the log, and the adapters' edges. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { GuardRequest } from '@sallyport/guard'
import { expressGuard, principalOf } from '@sallyport/guard/express'
import { fetchGuard } from '@sallyport/guard/fetch'
import type { Refusal, Shape } from '@sallyport/protocol'
import express from 'express'
import { allCallers, bearer, coreCaller, guardOf, ways } from './support/callers.ts'
import { credentials } from './support/credentials.ts'
import { addKey, createFacts } from './support/world.ts'

const bodies: Readonly<Record<Shape, object>> = {
  detail: { detail: 'Given token not valid for any token type', code: 'token_not_valid' },
  oauth: { error: 'invalid_token', error_description: 'The access token is missing or not valid.' },
  message: { error: 'unauthorized', message: 'Invalid or missing API key' },
}

for (const shape of ['detail', 'oauth', 'message'] as const) {
  test(`expired, revoked, tampered and of another door are worded alike: ${shape}`, async () => {
    for (const [, make] of credentials) {
      const answers = []
      for (const how of ['expire', 'revoke', 'tamper', 'door'] as const) {
        const one = await make()
        if (how === 'expire' || how === 'revoke') one[how]()
        const secret = how === 'tamper' ? one.tampered() : one.secret
        const guard = coreCaller(guardOf(one.facts, { shape }))
        const doors = how === 'door' ? ['elsewhere'] : [one.door]
        answers.push(await guard.ask({ doors }, { headers: [bearer(secret)] }))
      }
      for (const answer of answers) assert.deepEqual(answer, answers[0])
      assert.deepEqual(answers[0]?.body, bodies[shape])
    }
  })
}

test('why a request was refused goes to the log and not to the caller', async () => {
  const facts = createFacts()
  const key = addKey(facts, { revokedAt: 1 })
  const heard: [Refusal, GuardRequest][] = []
  const guard = guardOf(facts, { refused: (refusal, request) => heard.push([refusal, request]) })
  for (const caller of await allCallers(guard)) {
    const answer = await caller.ask({ doors: ['servers'] }, { headers: [bearer(key)], path: '/v1/vps?x=1' })
    assert.doesNotMatch(JSON.stringify(answer), /revoked/)
    await caller.close()
  }
  assert.deepEqual(
    heard.map(([{ reason, detail }]) => `${reason}: ${detail}`),
    ways.map(() => 'revoked: key revoked'),
  )
  assert.deepEqual(
    heard.slice(1).map(([, { path }]) => path),
    ways.slice(1).map(() => '/v1/vps'),
  )
})

test('realm and resource metadata are part of every challenge', async () => {
  const guard = guardOf(createFacts(), {
    realm: 'api.osir',
    resourceMetadata: 'https://api.example/.well-known/x',
  })
  const { headers } = await coreCaller(guard).ask({ doors: [] }, {})
  assert.equal(
    headers['www-authenticate'],
    'Bearer realm="api.osir", resource_metadata="https://api.example/.well-known/x"',
  )
})

test('an unknown path is 401 for strangers and 404 for callers: the routes are nobody’s business', async () => {
  const facts = createFacts()
  const key = addKey(facts)
  const app = express()
  const protect = expressGuard(guardOf(facts))
  app.get('/v1/domains', protect({ doors: ['servers'] }), (_request, response) => void response.json([]))
  app.use(protect({ doors: ['servers'] }), (_request, response) => void response.status(404).json({}))
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const ask = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).status
  assert.deepEqual([await ask('/v1/domains'), await ask('/v1/nothing')], [401, 401])
  const known = { 'x-api-key': key }
  assert.deepEqual([await ask('/v1/domains', known), await ask('/v1/nothing', known)], [200, 404])
  server.close()
  server.closeAllConnections()
})

const nodeRequest = (rawHeaders: readonly string[]) => ({
  method: 'GET',
  url: '/v1/domains?x=1',
  rawHeaders,
  socket: { remoteAddress: '127.0.0.9' },
})
const nodeResponse = () => ({ statusCode: 0, setHeader() {}, end() {} })

test('without an option the address is the other end of the connection', async () => {
  const facts = createFacts()
  const key = addKey(facts, { ipList: ['127.0.0.9/32'] })
  const request = nodeRequest(['X-API-Key', key, 'X-Forwarded-For', '10.0.0.1'])
  let passed = 0
  await expressGuard(guardOf(facts))({ doors: ['servers'] })(request, nodeResponse(), () => passed++)
  assert.equal(passed, 1)
  assert.equal(principalOf(request).kind, 'api-key')
  assert.throws(() => Object.assign(request, { principal: undefined }), TypeError)
})

test('a refused request goes no further', async () => {
  const request = nodeRequest([])
  const response = nodeResponse()
  await expressGuard(guardOf(createFacts()))({ doors: ['servers'] })(request, response, () =>
    assert.fail('let in'),
  )
  assert.equal(response.statusCode, 401)
  assert.throws(() => principalOf(request), TypeError)
})

test('a handler that no guard protects has no principal to ask for', () => {
  assert.throws(() => principalOf(nodeRequest([])), /no guard let this request in/)
})

test('a bug in the application’s own option goes to its error handler, and the request no further', async () => {
  const broken = new Error('no such proxy')
  const protect = expressGuard(guardOf(createFacts()), {
    ipOf: () => {
      throw broken
    },
  })
  const errors: unknown[] = []
  await protect({ doors: [] })(nodeRequest([]), nodeResponse(), (error) => errors.push(error))
  assert.deepEqual(errors, [broken])
})

test('the handler’s own answer is kept, whatever kind it is, with the limits added', async () => {
  const facts = createFacts()
  facts.spent = { allowed: true, limit: 1, remaining: 0, resetAt: 1, retryAfter: 1, style: 'unix' }
  const request = new Request('https://api.example/', { headers: { 'x-api-key': addKey(facts) } })
  const rule = { doors: ['servers'], limits: ['api'] }
  const protect = fetchGuard(guardOf(facts))
  const moved = await protect(rule, () => Response.redirect('https://api.example/there', 302))(request, {
    ip: '',
  })
  assert.deepEqual([moved.status, moved.headers.get('x-ratelimit-limit')], [302, '1'])
  const empty = await protect(rule, () => new Response(null, { status: 204 }))(request, { ip: '' })
  assert.deepEqual([empty.status, empty.headers.get('x-ratelimit-limit')], [204, '1'])
  const made = await protect(rule, () => Response.json({ id: 1 }, { status: 201 }))(request, { ip: '' })
  assert.deepEqual([made.status, await made.json()], [201, { id: 1 }])
})
