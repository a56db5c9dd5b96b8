import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { generateKeyPair, exportJWK, SignJWT } from 'jose'
import { administer, adminToken, call } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { confidentialApp, publicApp, register } from '../support/registration.ts'
import { startServer, type TestServer } from '../support/server.ts'

const publisher = 'https://publisher.example'
const generous = { limit: 1_000_000, window: 60 }
const keys = await generateKeyPair('ES256')

let server: TestServer
before(async () => {
  const softwareStatements = { issuers: { [publisher]: [await exportJWK(keys.publicKey)] } }
  server = await startServer({
    doors: {
      'osir-oauth': { registration: 'token', registrationLimit: generous, softwareStatements },
      openchatstudio: {
        registration: 'open',
        registrationLimit: { limit: 3, window: 3600 },
        softwareStatements: { ...softwareStatements, required: true },
      },
    },
  })
})
after(() => server.close())

async function newToken(more: object = {}): Promise<Answer> {
  return administer(server, 'POST', '/registration-tokens', { door: 'osir-oauth', name: 'ci', ...more })
}

const by = async (bearer: string | undefined, metadata: object = confidentialApp()) =>
  register(server, metadata, bearer === undefined ? {} : { bearer })

function assertRefused(answer: Answer): void {
  assert.equal(answer.status, 401, answer.text)
  assert.equal(answer.json['error'], 'invalid_token')
  assert.equal(answer.headers['www-authenticate'], 'Bearer error="invalid_token"')
}

describe('initial access tokens', () => {
  test('without one nothing is registered, and no other credential stands for it', async () => {
    assertRefused(await by(undefined))
    assertRefused(await by('spi_made-up'))
    assertRefused(await by(await adminToken(server)))
  })

  test('one for two uses registers two, of twenty at once', async () => {
    const token = text(await newToken({ uses: 2 }), 'token')
    const answers = await Promise.all(Array.from({ length: 20 }, () => by(token)))
    assert.equal(answers.filter(({ status }) => status === 201).length, 2)
    for (const refused of answers.filter(({ status }) => status !== 201)) assertRefused(refused)
  })

  test('what is refused for another reason spends no use', async () => {
    const token = text(await newToken(), 'token')
    assert.equal((await by(token, confidentialApp({ scope: 'admin' }))).status, 400)
    assert.equal((await by(token)).status, 201)
    assertRefused(await by(token))
  })

  test('a public client that says the same again spends no use', async () => {
    const token = text(await newToken({ uses: 2 }), 'token')
    const metadata = publicApp()
    for (const _ of [1, 2, 3]) assert.equal((await by(token, metadata)).status, 201)
    assert.equal((await by(token)).status, 201, 'one use is left')
    assertRefused(await by(token))
  })

  test('one ends when it expires and when it is taken back', async () => {
    const [old, taken] = [await newToken({ lifetime_seconds: 60, uses: 9 }), await newToken({ uses: 9 })]
    assert.equal((await by(text(old, 'token'))).status, 201)
    await server.advance(60)
    assertRefused(await by(text(old, 'token')))
    const { data } = (await administer(server, 'GET', '/registration-tokens')).json as {
      readonly data: readonly Record<string, unknown>[]
    }
    const listed = data.find(({ id }) => id === taken.json['id'])
    assert.equal(listed?.['uses_left'], 9)
    assert.equal('token' in (listed ?? {}), false, 'shown once')
    assert.equal(
      data.some(({ id }) => id === old.json['id']),
      false,
    )
    await administer(server, 'DELETE', `/registration-tokens/${text(taken, 'id')}`)
    assertRefused(await by(text(taken, 'token')))
  })

  test('they are made by administrators, for doors that want them', async () => {
    const ask = { door: 'osir-oauth', name: 'x' }
    assert.equal((await call(server, '/admin/registration-tokens', { json: ask })).status, 401)
    const refuse = async (json: object) => {
      const bearer = await adminToken(server)
      return (await call(server, '/admin/registration-tokens', { bearer, json })).status
    }
    assert.equal(await refuse({ ...ask, door: 'openchatstudio' }), 400)
    assert.equal(await refuse({ ...ask, uses: 0 }), 400)
    assert.equal(await refuse({ ...ask, uses: 1.5 }), 400)
    assert.equal(await refuse({ ...ask, lifetime_seconds: 366 * 24 * 3600 }), 400)
  })
})

describe('software statements (RFC 7591 §2.3, §3.1.1)', () => {
  const sign = (claims: object, issuer = publisher, key = keys.privateKey, typ?: string) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', ...(typ !== undefined && { typ }) })
      .setIssuer(issuer)
      .setIssuedAt(server.now())
      .setExpirationTime(server.now() + 600)
      .sign(key)
  const withStatement = async (statement: string, more: object = {}) => {
    const token = text(await newToken(), 'token')
    return by(token, confidentialApp({ software_statement: statement, ...more }))
  }

  test('what a trusted issuer says of the software wins over what it says itself', async () => {
    const statement = await sign({ client_name: 'Vouched', scope: 'domains:read', software_id: 'notes' })
    const answer = await withStatement(statement, { client_name: 'Something Else' })
    assert.equal(answer.status, 201, answer.text)
    const { client_name: name, scope, software_id: id, software_statement: told } = answer.json
    assert.deepEqual(
      { name, scope, id, told },
      { name: 'Vouched', scope: 'domains:read', id: 'notes', told: statement },
    )
  })

  test('RFC 7519 §4.1.3, RFC 8725 §3.11: what its issuer signed for something else vouches for nothing', async () => {
    const here = `${server.base}/oauth`
    for (const [aud, typ, status] of [
      ['https://an.app.example', undefined, 400],
      [['https://an.app.example'], 'JWT', 400],
      [undefined, 'at+jwt', 400],
      [here, 'JWT', 201],
      [['https://an.app.example', here], 'application/jwt', 201],
    ] as const) {
      const answer = await withStatement(await sign({ aud, sub: 'u1' }, publisher, keys.privateKey, typ))
      assert.equal(answer.status, status, answer.text)
      if (status === 400) assert.equal(answer.json['error'], 'invalid_software_statement')
    }
  })

  test('what a trusted issuer says is held to the same rules', async () => {
    assert.equal(
      (await withStatement(await sign({ scope: 'admin' }))).json['error'],
      'invalid_client_metadata',
    )
  })

  test('a statement that is not good is refused whole', async () => {
    const foreign = await generateKeyPair('ES256')
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(`{"iss":"${publisher}"}`).toString('base64url')}.`
    const cases: [statement: string, error: string][] = [
      [await sign({}, publisher, foreign.privateKey), 'invalid_software_statement'],
      [await sign({}, 'https://other.example'), 'unapproved_software_statement'],
      [await sign({}, '__proto__'), 'unapproved_software_statement'],
      [unsigned, 'invalid_software_statement'],
      [`${part({ alg: 'ES256' })}.${part({ iss: { toString: 1 } })}.AA`, 'unapproved_software_statement'],
      ['not a token', 'invalid_software_statement'],
    ]
    for (const [statement, error] of cases) {
      const answer = await withStatement(statement)
      assert.equal(answer.status, 400, answer.text)
      assert.equal(answer.json['error'], error, statement)
    }
    const ahead = (seconds: number) =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuer(publisher)
        .setIssuedAt(server.now() + seconds)
        .setNotBefore(server.now() + seconds)
        .sign(keys.privateKey)
    assert.equal((await withStatement(await ahead(60))).status, 201, 'a clock that is a little ahead')
    const far = new SignJWT({})
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer(publisher)
      .setIssuedAt(server.now() + 61)
      .sign(keys.privateKey)
    assert.equal((await withStatement(await far)).json['error'], 'invalid_software_statement')
    const early = await sign({})
    await server.advance(601)
    assert.equal((await withStatement(early)).json['error'], 'invalid_software_statement')
  })

  test('a door that requires one refuses software without, and counts what it refuses', async () => {
    const ask = () => call(server, '/o/register', { json: { redirect_uris: ['https://a.example/'] } })
    for (const _ of [1, 2, 3]) {
      const answer = await ask()
      assert.equal(answer.status, 400)
      assert.equal(answer.json['error'], 'unapproved_software_statement')
    }
    const limited = await ask()
    assert.equal(limited.status, 429)
    assert.ok(Number(limited.headers['retry-after']) > 0)
  })
})
