import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { administer, adminToken, call, fresh, newPerson, type Person } from '../support/actors.ts'
import { exampleOrigins, newCharacter, startSession } from '../support/characters.ts'
import { type Answer, text } from '../support/http.ts'
import { openKept } from '../support/kept.ts'
import { newCode, newScene, newTokens, redeem } from '../support/ocs.ts'
import { connectRemoteGuard, until } from '../support/remote-guard.ts'
import {
  refusalToStart,
  type ServerOptions,
  startServer,
  type TestServer,
  testSecret,
} from '../support/server.ts'
import { type SignerMode, startSigner, type TestSigner } from '../support/signer.ts'
import { newVendor, refreshVendor, vendorTokens } from '../support/vendors.ts'

const started: { close(): Promise<void> }[] = []
after(async () => {
  for (const one of started.reverse()) await one.close()
})
async function signer(kid: string): Promise<TestSigner> {
  const made = await startSigner(kid)
  started.push(made)
  return made
}
async function start(options: ServerOptions): Promise<TestServer> {
  const server = await startServer(options)
  started.push(server)
  return server
}

const kidOf = (token: string) =>
  (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { readonly kid: string }).kid
async function kidsOf(server: TestServer): Promise<readonly string[]> {
  const { json } = await call(server, '/.well-known/jwks.json')
  return (json['keys'] as { readonly kid: string }[]).map(({ kid }) => kid)
}
const askForKey = async () =>
  call(server, '/admin/signing-keys', { method: 'POST', bearer: await adminToken(server) })
const login = (server: TestServer, { email, password }: Pick<Person, 'email' | 'password'>) =>
  call(server, '/api/auth/login/', { json: { email, password } })

const forwardAuth = [{ path: '/me/*', shape: 'detail', rule: { doors: ['oshara'] }, token: true }] as const
afterEach(() => keys.change({ mode: 'works' }))
const keys = await signer('kms/keys/1')
const server = await start({ signerUrl: keys.url, forwardAuth })

test('tokens are signed where the key is, every guard takes them, and no key is here', async () => {
  const { access } = await newPerson(server)
  assert.equal(kidOf(access), 'kms/keys/1')
  assert.equal((await call(server, '/api/auth/me/', { bearer: access })).status, 200)
  const guard = await connectRemoteGuard(server)
  started.push(guard.source)
  assert.equal(await guard.status({ doors: ['oshara'] }, access), 200)
  assert.deepEqual(
    openKept(server.dataFolder, testSecret).filter(
      ({ kind, text: kept }) => kind === 'signing-key' && kept !== '',
    ),
    [],
  )
  const { json } = await call(server, '/.well-known/jwks.json')
  for (const jwk of json['keys'] as object[])
    assert.deepEqual(Object.keys(jwk).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
})

test('a signer that is slow is waited for', async () => {
  await keys.change({ mode: 'slow' })
  assert.equal((await login(server, await newPerson(server))).status, 200)
  await keys.change({ mode: 'works' })
})

const refused = (answer: Answer, members: readonly string[]) => {
  assert.equal(answer.status, 503, answer.text)
  assert.deepEqual(Object.keys(answer.json).toSorted(), members)
  assert.equal(answer.headers['retry-after'], '5')
  assert.doesNotMatch(answer.text, /kms|signer/)
}
const oauth = ['error', 'error_description']
const detail = ['available_in', 'detail']

const modes: readonly SignerMode[] = ['fails', 'silent', 'lies', 'der']
for (const mode of modes) {
  test(`a signer that ${mode === 'der' ? 'answers in DER' : mode === 'silent' ? 'is silent' : mode}: 503 in the door's shape, and all can be done again`, async () => {
    const [scene, person, vendor] = [await newScene(server), await newPerson(server), await newVendor(server)]
    const [{ refresh }, held] = [await newTokens(scene), await vendorTokens(server, vendor)]
    const { flow, code } = await newCode(scene)
    const slug = await newCharacter(server, person)
    const newcomer = { email: `${fresh('p')}@example.com`, password: 'correct horse battery' }
    const refreshApp = () =>
      call(server, '/o/token/', {
        form: {
          grant_type: 'refresh_token',
          refresh_token: refresh,
          client_id: scene.app.clientId,
          client_secret: scene.app.secret,
        },
      })
    const proxied = { Authorization: `Bearer ${person.access}` }
    const attempts: readonly (readonly [
      ask: () => Promise<Answer>,
      members: readonly string[],
      status: number,
    ])[] = [
      [() => redeem(server, flow, code), oauth, 200],
      [refreshApp, oauth, 200],
      [() => refreshVendor(server, held.refresh), oauth, 200],
      [() => call(server, '/auth/token', { json: vendor }), oauth, 200],
      [() => login(server, person), detail, 200],
      [() => call(server, '/api/auth/signup/', { json: newcomer }), detail, 201],
      [() => startSession(server, slug, exampleOrigins[0]), detail, 201],
      [
        () =>
          call(server, '/guard/forward-auth', {
            headers: { ...proxied, 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': '/me/x' },
          }),
        detail,
        200,
      ],
    ]
    await keys.change({ mode })
    const answers = await Promise.all(attempts.map(([ask]) => ask()))
    answers.forEach((answer, index) => refused(answer, attempts[index]?.[1] ?? []))
    const asNginx = await call(server, '/guard/forward-auth', {
      headers: { ...proxied, 'X-Original-Method': 'GET', 'X-Original-URI': '/me/x' },
    })
    assert.deepEqual([asNginx.status, asNginx.headers['x-auth-status']], [403, '503'])
    // What needs no signature goes on.
    assert.equal((await call(server, '/api/auth/me/', { bearer: person.access })).status, 200)
    assert.equal((await call(server, '/v1/domains', { bearer: server.demo.keys['live'] ?? '' })).status, 200)

    // Longer than any grace in which an answer is repeated: nothing had been moved.
    await server.advance(30)
    await keys.change({ mode: 'works' })
    for (const [ask, , status] of attempts) {
      const answer = await ask()
      assert.equal(answer.status, status, answer.text)
    }
    const { json } = await administer(server, 'GET', '/audit?type=token.reuse')
    assert.deepEqual(json['data'], [])
  })
}

test('a code with a wrong verifier is burned although the signer is not there, and asks it for nothing', async () => {
  const scene = await newScene(server)
  const { flow, code } = await newCode(scene)
  const before = await keys.change({ mode: 'fails' })
  assert.equal((await redeem(server, flow, code, { code_verifier: 'x'.repeat(43) })).status, 400)
  assert.equal(await keys.change({ mode: 'works' }), before)
  assert.equal((await redeem(server, flow, code)).status, 400)
})

test('a new key of the signer is taken up by itself, and published before it signs', async () => {
  await keys.change({ add: { kid: 'kms/keys/2', activeAt: server.now() } })
  await server.advance(61)
  const kids = await until(
    () => kidsOf(server),
    (found) => found.length === 2,
    5000,
  )
  assert.deepEqual(kids, ['kms/keys/1', 'kms/keys/2'])
  await server.advance(599)
  const early = (await newPerson(server)).access
  assert.equal(kidOf(early), 'kms/keys/1')
  await server.advance(1)
  const late = (await newPerson(server)).access
  assert.equal(kidOf(late), 'kms/keys/2')
  for (const bearer of [early, late])
    assert.equal((await call(server, '/api/auth/me/', { bearer })).status, 200)
  const asked = await askForKey()
  assert.equal(asked.status, 409, 'the signer has no newer one')
  await keys.change({ add: { kid: 'kms/keys/3', activeAt: server.now() } })
  assert.equal(text(await administer(server, 'POST', '/signing-keys'), 'kid'), 'kms/keys/3')
})

test('a key with which the signer does not sign is not published', async () => {
  await keys.change({ add: { kid: 'kms/keys/4', activeAt: server.now() }, mode: 'lies' })
  assert.equal((await askForKey()).status, 503)
  assert.equal((await kidsOf(server)).includes('kms/keys/4'), false)
  await keys.change({ mode: 'works' })
})

test('without its signer a server of no keys does not start, and says why; one that has keys waits for it', async () => {
  const absent = await signer('absent')
  await absent.change({ mode: 'fails' })
  assert.match(
    await refusalToStart({ signerUrl: absent.url }),
    /SignerError: the signer does not tell its keys|signer answered 500/,
  )
  await absent.change({ mode: 'works' })
  const waits = await start({ signerUrl: absent.url })
  const person = await newPerson(waits)
  await waits.stop()
  await absent.change({ mode: 'fails' })
  await waits.restart()
  assert.equal((await call(waits, '/api/auth/me/', { bearer: person.access })).status, 200)
  assert.equal((await login(waits, person)).status, 503)
  await absent.change({ mode: 'works' })
  assert.equal((await login(waits, person)).status, 200)
})

test('a server that had its own keys goes over to a signer and back, ten minutes after each start', async () => {
  const elsewhere = await signer('hsm:1')
  const first = await start({})
  const person = await newPerson(first)
  const own = kidOf(person.access)
  const { dataFolder } = first
  const port = Number(new URL(first.base).port)
  await first.stop()
  const over = await start({ dataFolder, port, seed: false, signerUrl: elsewhere.url })
  assert.equal(kidOf(text(await login(over, person), 'access')), own)
  await over.advance(600)
  const signed = text(await login(over, person), 'access')
  assert.equal(kidOf(signed), 'hsm:1')
  for (const bearer of [person.access, signed])
    assert.equal((await call(over, '/api/auth/me/', { bearer })).status, 200)
  await over.stop()
  const back = await start({ dataFolder, port, seed: false, startAt: over.now() })
  assert.equal(
    (await login(back, person)).status,
    503,
    'that key is elsewhere, and the next not long published',
  )
  await back.advance(600)
  const again = text(await login(back, person), 'access')
  assert.equal([own, 'hsm:1'].includes(kidOf(again)), false)
  for (const bearer of [person.access, signed, again])
    assert.equal((await call(back, '/api/auth/me/', { bearer })).status, 200)
})
