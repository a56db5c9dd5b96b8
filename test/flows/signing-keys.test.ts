import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type SigningAlgorithm, signingAlgorithms } from '@sallyport/protocol'
import { importJWK, type JWK, jwtVerify } from 'jose'
import { administer, fresh } from '../support/actors.ts'
import { send, text } from '../support/http.ts'
import { connectRemoteGuard, type RemoteGuard, until } from '../support/remote-guard.ts'
import { type ServerOptions, startServer, type TestServer } from '../support/server.ts'

const started: { close(): Promise<void> }[] = []
after(async () => {
  for (const one of started.reverse()) await one.close()
})
async function start(options: ServerOptions = {}): Promise<TestServer> {
  const server = await startServer(options)
  started.push(server)
  return server
}
async function connect(server: TestServer): Promise<RemoteGuard> {
  const guard = await connectRemoteGuard(server)
  started.push(guard.source)
  return guard
}

interface Header {
  readonly alg: string
  readonly kid: string
}
const headerOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as Header

async function keySet(server: TestServer): Promise<readonly JWK[]> {
  return (await send(`${server.address}/.well-known/jwks.json`)).json['keys'] as JWK[]
}
const kidsOf = async (server: TestServer) => (await keySet(server)).map(({ kid }) => kid)

async function newToken(server: TestServer): Promise<string> {
  const person = { email: `${fresh('person')}@example.com`, password: 'correct horse battery' }
  return text(await send(`${server.address}/api/auth/signup/`, { json: person }), 'access')
}

/** Every guard there is lets the token in. */
async function isGood(token: string, servers: readonly TestServer[], guard: RemoteGuard): Promise<void> {
  for (const server of servers)
    assert.equal((await send(`${server.address}/api/auth/me/`, { bearer: token })).status, 200)
  assert.equal(await guard.status({ doors: ['oshara'] }, token), 200)
}

/** Waits until that many keys are published, and no more. */
async function publishes(server: TestServer, count: number): Promise<readonly (string | undefined)[]> {
  const kids = await until(
    () => kidsOf(server),
    (found) => found.length >= count,
    10_000,
  )
  assert.equal(kids.length, count)
  return kids
}

const day = 86_400

test('keys are replaced by themselves, by one of two servers, and no token is refused on the way', async () => {
  const here = await start()
  const there = await start({ dataFolder: here.dataFolder, baseUrl: here.base, seed: false })
  const servers = [here, there]
  const advance = (seconds: number) => Promise.all(servers.map((server) => server.advance(seconds)))
  const guard = await connect(here)
  const [first] = await publishes(here, 1)

  await advance(90 * day - 660)
  const early = await newToken(here)
  assert.equal(headerOf(early).kid, first)
  await advance(60)
  // Both see at the same second that it is time.
  const [kids, seenThere] = [await publishes(here, 2), await publishes(there, 2)]
  assert.deepEqual(kids.toSorted(), seenThere.toSorted())
  const second = kids.find((kid) => kid !== first)
  const publishedAt = here.now()

  await advance(599)
  const during = await Promise.all(servers.map(newToken))
  for (const token of during) assert.equal(headerOf(token).kid, first, 'not yet')
  await advance(1)
  const later = await Promise.all(servers.map(newToken))
  for (const token of later) assert.equal(headerOf(token).kid, second)
  const { headers } = await send(`${here.address}/.well-known/jwks.json`)
  const maxAge = Number(/max-age=(\d+)/.exec(headers['cache-control'] ?? '')?.[1])
  assert.ok(maxAge > 0 && publishedAt + maxAge < here.now(), 'no cache is without it when it is first used')
  for (const token of [early, ...during, ...later]) await isGood(token, servers, guard)

  await advance(9 * day)
  for (const token of [early, ...during]) await isGood(token, servers, guard)
  await advance(day)
  assert.deepEqual(await kidsOf(here), [second])
  assert.deepEqual(await kidsOf(there), [second])
  for (const token of [await newToken(here), await newToken(there)]) await isGood(token, servers, guard)
})

test('a server that was off when a key was due publishes the next one before it signs', async () => {
  const before = await start()
  const [first] = await publishes(before, 1)
  await before.stop()
  const { dataFolder } = before
  const server = await start({ dataFolder, seed: false, startAt: before.now() + 400 * day })
  const kids = await publishes(server, 2)
  assert.equal(headerOf(await newToken(server)).kid, first)
  await server.advance(600)
  assert.equal(
    headerOf(await newToken(server)).kid,
    kids.find((kid) => kid !== first),
  )
})

test('administrators who ask for a key at the same moment get one and the same', async () => {
  const server = await start()
  await publishes(server, 1)
  const asked = await Promise.all(
    Array.from({ length: 8 }, () => administer(server, 'POST', '/signing-keys')),
  )
  const kids = new Set(asked.map((answer) => text(answer, 'kid')))
  for (const { status } of asked) assert.equal(status, 201)
  assert.deepEqual(
    [...(await kidsOf(server))].toSorted().filter((kid) => kids.has(kid ?? '')),
    [...kids].toSorted(),
  )
  await server.advance(600)
  const signs = headerOf(await newToken(server)).kid
  assert.ok(kids.has(signs) && (await kidsOf(server)).includes(signs))
})

const discover = async (server: TestServer) =>
  (await send(`${server.address}/.well-known/openid-configuration`)).json[
    'id_token_signing_alg_values_supported'
  ]

const others = signingAlgorithms.filter((alg): alg is SigningAlgorithm => alg !== 'ES256')
for (const algorithm of others) {
  test(`a server that is told to sign with ${algorithm} does, ten minutes later; tokens of before stay good`, async () => {
    const before = await start()
    const old = await newToken(before)
    assert.deepEqual(await discover(before), ['ES256'])
    await before.stop()
    const { dataFolder, base, demo } = before
    const port = Number(new URL(base).port)
    const server = await start({ dataFolder, port, seed: false, signing: { algorithm } })
    // Its administrator is the one that the first start has made.
    const guard = await connect(Object.create(server, { demo: { value: demo } }) as TestServer)
    await publishes(server, 2)
    assert.deepEqual(await discover(server), ['ES256', algorithm])
    assert.equal(headerOf(await newToken(server)).alg, 'ES256')
    await server.advance(600)
    const token = await newToken(server)
    assert.equal(headerOf(token).alg, algorithm)
    assert.deepEqual(await discover(server), [algorithm, 'ES256'])
    for (const one of [old, token]) await isGood(one, [server], guard)
    const jwk = (await keySet(server)).find(({ kid }) => kid === headerOf(token).kid)
    assert.ok(jwk)
    await jwtVerify(token, await importJWK(jwk), {
      algorithms: [algorithm],
      currentDate: new Date(server.now() * 1000),
    })
    // The same again is no reason for another key.
    await server.stop()
    await server.restart()
    await publishes(server, 2)
  })
}
