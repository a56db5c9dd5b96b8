import assert from 'node:assert/strict'
import { createHmac, createPublicKey } from 'node:crypto'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { call, newPerson, type Person } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { signedBy, signingKeyOf, strangersKey } from '../support/signing.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

const hour = 3600
const day = 24 * hour
const stranger = strangersKey('stranger')
const me = (bearer: string) => call(server, '/api/auth/me/', { bearer })
const refreshWith = (refresh: unknown) => call(server, '/api/auth/refresh/', { json: { refresh } })

function claims(token: string): Record<string, number> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

function assertTokenNotValid(answer: Answer): void {
  assert.equal(answer.status, 401, answer.text)
  assert.equal(answer.json['code'], 'token_not_valid')
  assert.equal(typeof answer.json['detail'], 'string')
}

test('OSHARA-03 access lives exactly 10 days, refresh exactly 30', async () => {
  const { access, refresh } = await second(await newPerson(server))
  assert.equal((claims(access)['exp'] ?? 0) - (claims(access)['iat'] ?? 0), 864_000)
  assert.equal((claims(refresh)['exp'] ?? 0) - (claims(refresh)['iat'] ?? 0), 2_592_000)
})

test('OSHARA-06 a refresh answers a new access token that works', async () => {
  const { access, refresh } = await newPerson(server)
  const answer = await refreshWith(refresh)
  assert.equal(answer.status, 200)
  assert.notEqual(text(answer, 'access'), access)
  assert.equal((await me(text(answer, 'access'))).status, 200)
  assert.match(answer.headers['cache-control'] ?? '', /no-store/)
})

test('OSHARA-07 a refresh token works for 30 days and no longer', async () => {
  const [young, old] = [await newPerson(server), await newPerson(server)]
  await server.advance(29 * day + 23 * hour)
  assert.equal((await refreshWith(young.refresh)).status, 200)
  await server.advance(hour + 1)
  assertTokenNotValid(await refreshWith(old.refresh))
  assertTokenNotValid(await refreshWith(young.refresh))
})

test('OSHARA-08 an access token works for 10 days and no longer', async () => {
  const { access } = await newPerson(server)
  await server.advance(9 * day + 23 * hour)
  assert.equal((await me(access)).status, 200)
  await server.advance(hour + 1)
  const late = await me(access)
  assertTokenNotValid(late)
  assert.match(late.headers['www-authenticate'] ?? '', /^Bearer .*error="invalid_token"/)
})

test('OSHARA-30 without credentials me says so', async () => {
  const answer = await call(server, '/api/auth/me/')
  assert.equal(answer.status, 401)
  assert.deepEqual(answer.json, { detail: 'Authentication credentials were not provided.' })
  assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer/)
  assert.doesNotMatch(answer.headers['www-authenticate'] ?? '', /error=/)
})

test('OSHARA-31 headers that are no bearer credential are refused', async () => {
  const { access } = await newPerson(server)
  for (const value of [
    'Bearer garbage',
    'Bearer',
    'Bearer ',
    'Bearer a b',
    `Token ${access}`,
    `Basic ${access}`,
    access,
  ]) {
    const answer = await call(server, '/api/auth/me/', { headers: { Authorization: value } })
    assert.equal(answer.status, 401, value)
    assert.equal(typeof answer.json['detail'], 'string')
    assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer/)
  }
})

test('OSHARA-32 an access token is no refresh token and a refresh token no access token', async () => {
  const { access, refresh } = await newPerson(server)
  assertTokenNotValid(await me(refresh))
  assertTokenNotValid(await refreshWith(access))
})

/** Copies of a valid token, each forged in one way; where only a header is wrong, the signature over it is good. */
async function forgeries(access: string, elsewhere: string): Promise<Readonly<Record<string, string>>> {
  const [head = '', body = '', signature = ''] = access.split('.')
  const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const [published] = (await call(server, '/.well-known/jwks.json')).json['keys'] as Record<string, string>[]
  const pem = createPublicKey({ format: 'jwk', key: published ?? {} }).export({ type: 'spki', format: 'pem' })
  const hs = `${part({ ...header, alg: 'HS256' })}.${body}`
  const flipped = Buffer.from(signature, 'base64url')
  flipped[5] = (flipped[5] ?? 0) ^ 1
  const ours = signingKeyOf(server)
  const resigned = (change: object) => signedBy(ours, { ...header, ...change }, claims(access))
  const byStranger = (change: object) => signedBy(stranger.key, { ...header, ...change }, claims(access))
  assert.equal((await me(resigned({}))).status, 200, 'a good signature is made here')
  return {
    'alg none': `${part({ ...header, alg: 'none' })}.${body}.`,
    'alg none, signature kept': `${part({ ...header, alg: 'none' })}.${body}.${signature}`,
    'flipped signature': `${head}.${body}.${flipped.toString('base64url')}`,
    'no signature': `${head}.${body}.`,
    'HS256 with the public key': `${hs}.${createHmac('sha256', pem).update(hs).digest('base64url')}`,
    'unknown kid': resigned({ kid: 'unknown' }),
    'no kid': resigned({ kid: undefined }),
    'changed typ': resigned({ typ: 'JWT' }),
    'the type of another token': resigned({ typ: 'widget+jwt' }),
    'no typ': resigned({ typ: undefined }),
    'crit header': resigned({ crit: ['exp'] }),
    'injected jwk': byStranger({ jwk: stranger.jwk }),
    'injected jwk with its own kid': byStranger({ jwk: stranger.jwk, kid: 'stranger' }),
    'injected jku': byStranger({ jku: `${elsewhere}/jwks.json`, kid: 'stranger' }),
    'injected x5u': byStranger({ x5u: `${elsewhere}/chain.pem`, kid: 'stranger' }),
    'another subject': `${head}.${part({ ...claims(access), sub: 'acc_other' })}.${signature}`,
  }
}

test('OSHARA-33 forged tokens are refused and nothing is fetched', async () => {
  let fetched = 0
  const elsewhere = createServer((_request, response) => {
    fetched += 1
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ keys: [stranger.jwk] }))
  }).listen(0, '127.0.0.1')
  try {
    const { access } = await newPerson(server)
    assert.equal((await me(access)).status, 200)
    const address = elsewhere.address()
    const base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
    for (const [name, token] of Object.entries(await forgeries(access, base))) {
      const answer = await me(token)
      assert.equal(answer.status, 401, name)
      assert.equal(typeof answer.json['detail'], 'string', name)
    }
    assert.equal(fetched, 0)
  } finally {
    elsewhere.close()
  }
})

test('OSHARA-34 the scheme is read in any case', async () => {
  const { access } = await newPerson(server)
  assert.equal(
    (await call(server, '/api/auth/me/', { headers: { Authorization: `bearer ${access}` } })).status,
    200,
  )
})

test('OSHARA-35 a missing refresh is a field error, an unknown one is not valid', async () => {
  const missing = await call(server, '/api/auth/refresh/', { json: {} })
  assert.equal(missing.status, 400)
  assert.deepEqual(missing.json, { refresh: ['This field is required.'] })
  assertTokenNotValid(await refreshWith('x'))
})

test('OSHARA-36 a changed password ends every session at once', async () => {
  const person = await newPerson(server)
  const other = await call(server, '/api/auth/login/', {
    json: { email: person.email, password: person.password },
  })
  const change = { old_password: person.password, new_password: 'a different password' }
  const changed = await call(server, '/api/auth/password/change/', { bearer: person.access, json: change })
  assert.equal(changed.status, 200, changed.text)
  for (const { access, refresh } of [
    person,
    { access: text(other, 'access'), refresh: text(other, 'refresh') },
  ]) {
    assertTokenNotValid(await me(access))
    assertTokenNotValid(await refreshWith(refresh))
  }
  assert.equal((await me(text(changed, 'access'))).status, 200)
  assert.equal(
    (await call(server, '/api/auth/login/', { json: { email: person.email, password: person.password } }))
      .status,
    401,
  )
})

async function second(person: Person): Promise<{ readonly access: string; readonly refresh: string }> {
  const answer = await call(server, '/api/auth/login/', {
    json: { email: person.email, password: person.password },
  })
  return { access: text(answer, 'access'), refresh: text(answer, 'refresh') }
}

test('OSHARA-38 logging out ends this session and no other', async () => {
  const person = await newPerson(server)
  const other = await second(person)
  const out = await call(server, '/api/auth/logout/', { json: { refresh: person.refresh } })
  assert.equal(out.status, 204)
  assert.equal(out.text, '')
  assertTokenNotValid(await refreshWith(person.refresh))
  assertTokenNotValid(await me(person.access))
  assert.equal((await me(other.access)).status, 200)
  assert.equal((await refreshWith(other.refresh)).status, 200)
})

test('OSHARA-39 a client that never adopts the rotated token is served for 30 days', async () => {
  const { refresh } = await newPerson(server)
  for (const days of [9, 9, 9, 2]) {
    await server.advance(days * day)
    const answer = await refreshWith(refresh)
    assert.equal(answer.status, 200)
    assert.equal((await me(text(answer, 'access'))).status, 200)
  }
})

test('OSHARA-40 once the successor was used the old token ends the whole family', async () => {
  const { access, refresh } = await newPerson(server)
  const first = await refreshWith(refresh)
  const successor = text(first, 'refresh')
  const next = await refreshWith(successor)
  assert.equal(next.status, 200)
  assertTokenNotValid(await refreshWith(refresh))
  for (const dead of [successor, text(next, 'refresh')]) assertTokenNotValid(await refreshWith(dead))
  for (const dead of [access, text(first, 'access'), text(next, 'access')])
    assertTokenNotValid(await me(dead))
})
