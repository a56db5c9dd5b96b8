/** RFC 7523 §2.1, and identity assertion grants: somebody who is trusted vouches for whom a client acts. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeJwt, generateKeyPair } from 'jose'
import { administer, type App, call, fresh, newApp, newTeam } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { credentials, grantType, somebody, type Somebody, startWith } from '../support/grants.ts'
import { storeBytes, type TestServer } from '../support/server.ts'
import { startVoucher, type Voucher } from '../support/vouching.ts'

let server: TestServer
let who: Somebody
let app: App
/** Speak of accounts by id, of clients, of people by address; and one that sends identity assertion grants. */
let plain: Voucher
let machines: Voucher
let mail: Voucher
let jags: Voucher

const newClient = (more: object = {}): Promise<App> =>
  newApp(server, {
    door: 'openchatstudio',
    grant_types: [grantType.assertion],
    scope: 'openid chatbot:read session:read',
    ...more,
  })

before(async () => {
  const now = () => server.now()
  ;[plain, machines, mail, jags] = (await Promise.all([now, now, now, now].map(startVoucher))) as [
    Voucher,
    Voucher,
    Voucher,
    Voucher,
  ]
  server = await startWith([grantType.assertion], {
    trusts: [
      {
        issuer: plain.issuer,
        jwks: plain.jwks,
        profile: 'assertion',
        subject: 'account',
        scope: ['chatbot:read'],
      },
      { issuer: machines.issuer, jwks: machines.jwks, profile: 'assertion', subject: 'client' },
      { issuer: mail.issuer, jwksUri: mail.jwksUri, profile: 'assertion', subject: 'email' },
      { issuer: jags.issuer, jwks: jags.jwks, profile: 'id-jag', subject: 'account' },
    ],
  })
  who = await somebody(server)
  app = await newClient()
})
after(async () => {
  for (const voucher of [plain, machines, mail, jags]) voucher.close()
  await server.close()
})

const refusal = ({ status, json }: Answer) => [status, json['error']]
const invalid = [400, 'invalid_grant']
const redeem = (assertion: string, by: App = app, more: Readonly<Record<string, string>> = {}) =>
  call(server, '/o/token', {
    form: { grant_type: grantType.assertion, assertion, ...credentials(by), ...more },
  })
const good = (more: Readonly<Record<string, unknown>> = {}) => ({
  sub: who.person.id,
  aud: server.base,
  ...more,
})

test('RFC 7523 §2.1: an assertion buys an access token for the person it speaks of, and nothing to stay with', async () => {
  const answer = await redeem(await plain.sign(good()))
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual(
    { ...answer.json, access_token: '' },
    { access_token: '', token_type: 'Bearer', expires_in: 3600, scope: 'chatbot:read' },
  )
  const me = await call(server, '/api/user/me/', { bearer: text(answer, 'access_token') })
  assert.equal(me.json['id'], who.person.id)
})

test('the audit log tells who vouched for whom', async () => {
  await redeem(await plain.sign(good()))
  const { json } = await administer(server, 'GET', '/audit?type=token.issued&limit=1')
  const [event] = json['data'] as readonly Record<string, unknown>[]
  assert.deepEqual([event?.['clientId'], event?.['accountId']], [app.clientId, who.person.id])
  assert.equal(event?.['detail'], `${plain.issuer} says ${who.person.id}`)
})

describe('RFC 7523 §3, §3.1: what is refused', () => {
  test('rule 7: the second use, also of 30 at once', async () => {
    const assertion = await plain.sign(good())
    const answers = await Promise.all(Array.from({ length: 30 }, () => redeem(assertion)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    for (const answer of answers) if (answer.status !== 200) assert.deepEqual(refusal(answer), invalid)
    assert.deepEqual(refusal(await redeem(assertion)), invalid)
  })
  const wrong: [name: string, claims: () => object, header?: object][] = [
    ['rule 3: another audience', () => good({ aud: 'https://other.example' })],
    ['rule 3: the token endpoint as the audience', () => good({ aud: `${server.base}/o/token` })],
    ['rule 3: one more audience', () => good({ aud: [server.base, 'https://other.example'] })],
    ['rule 4: over', () => good({ exp: server.now(), iat: server.now() - 60 })],
    ['a life of an hour', () => good({ exp: server.now() + 3600 })],
    ['rule 1: an issuer that nobody trusts', () => good({ iss: 'https://evil.example' })],
    ['another trusted issuer’s name', () => good({ iss: machines.issuer })],
    ['rule 2: a subject that nobody knows', () => good({ sub: 'acc_nobody' })],
    ['no jti', () => good({ jti: undefined })],
    ['the type of an access token', () => good(), { typ: 'at+jwt' }],
  ]
  for (const [name, claims, header] of wrong)
    test(name, async () => {
      const assertion = await plain.sign({ ...claims() }, header)
      assert.deepEqual(refusal(await redeem(assertion)), invalid)
    })
  test('rule 9: a signature by another key, no signature, or something else', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    const forged = await plain.sign(good(), {}, privateKey)
    const [, body] = forged.split('.')
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`
    for (const assertion of [
      forged,
      await plain.sign(good(), { kid: 'other' }),
      none,
      `${none}AA`,
      'x',
      'a.b.c',
    ])
      assert.deepEqual(refusal(await redeem(assertion)), invalid, assertion)
    assert.deepEqual(refusal(await redeem('')), [400, 'invalid_request'])
  })
  test('an assertion that was refused can still be used as it was meant', async () => {
    const assertion = await plain.sign(good())
    const other = await newClient({ scope: 'session:read' })
    assert.deepEqual(refusal(await redeem(assertion, other)), [400, 'invalid_scope'])
    assert.equal((await redeem(assertion)).status, 200)
  })
  test('more scopes than the issuer is trusted with', async () => {
    const assertion = await plain.sign(good())
    for (const scope of ['session:read', 'openid', 'chatbot:read session:read'])
      assert.deepEqual(refusal(await redeem(assertion, app, { scope })), [400, 'invalid_scope'])
  })
  test('a client that is public, not registered for it, or not proven', async () => {
    const assertion = await plain.sign(good())
    const open = await newClient({ type: 'public' })
    assert.deepEqual(refusal(await redeem(assertion, open)), [400, 'unauthorized_client'])
    const other = await newClient({
      grant_types: ['authorization_code'],
      redirect_uris: ['https://a.example/cb'],
    })
    assert.deepEqual(refusal(await redeem(assertion, other)), [400, 'unauthorized_client'])
    assert.deepEqual(refusal(await redeem(assertion, { ...app, secret: 'wrong' })), [401, 'invalid_client'])
  })
})

describe('whom it is for', () => {
  test('a person who is disabled, or not in the client’s team, gets nothing', async () => {
    const own = await newClient({ team: await newTeam(server, fresh('closed')) })
    assert.deepEqual(refusal(await redeem(await plain.sign(good()), own)), invalid)
    const ours = await newClient({ team: who.teamId })
    const answer = await redeem(await plain.sign(good()), ours)
    const me = await call(server, '/api/user/me/', { bearer: text(answer, 'access_token') })
    assert.equal(me.json['team'], who.team)
    const leaving = await somebody(server)
    await administer(server, 'PATCH', `/accounts/${leaving.person.id}`, { disabled: true })
    assert.deepEqual(refusal(await redeem(await plain.sign(good({ sub: leaving.person.id })))), invalid)
  })
  test('the client itself, and no other', async () => {
    const own = await newClient({ team: who.teamId })
    const sign = (sub: string) => machines.sign({ sub, aud: server.base })
    const answer = await redeem(await sign(own.clientId), own)
    assert.equal(answer.status, 200, answer.text)
    assert.equal(decodeJwt(text(answer, 'access_token')).sub, own.clientId)
    assert.equal(answer.json['scope'], 'chatbot:read session:read', 'nothing that speaks of a person')
    assert.deepEqual(refusal(await redeem(await sign(who.person.id), own)), invalid)
    assert.deepEqual(refusal(await redeem(await sign(app.clientId))), invalid, 'a client without a team')
  })
  test('an address only when both have verified it', async () => {
    const email = `${fresh('verified')}@example.com`
    await administer(server, 'POST', '/accounts', { email, password: 'correct horse battery' })
    const sign = (more: object) => mail.sign({ sub: 'u1', aud: server.base, email_verified: true, ...more })
    assert.equal((await redeem(await sign({ email }))).status, 200)
    assert.deepEqual(refusal(await redeem(await sign({ email, email_verified: false }))), invalid)
    const unverified = who.person.email
    assert.deepEqual(refusal(await redeem(await sign({ email: unverified }))), invalid)
  })
})

describe('identity assertion grants', () => {
  const typ = 'oauth-id-jag+jwt'
  const sign = (more: object = {}, header: object = { typ }) =>
    jags.sign(good({ client_id: app.clientId, scope: 'chatbot:read session:write', ...more }), header)

  test('§4.4: one for this client buys what it allows and the client may have', async () => {
    const answer = await redeem(await sign())
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.json['scope'], 'chatbot:read')
    assert.equal('refresh_token' in answer.json, false)
    const resource = await redeem(await sign({ resource: server.base }))
    assert.equal(resource.status, 200)
  })
  test('§4.4.1: for another client, without one, of another type, or for another resource it is refused', async () => {
    for (const assertion of [
      await sign({ client_id: 'app_other' }),
      await sign({ client_id: undefined }),
      await sign({}, { typ: 'JWT' }),
      await sign({}, {}),
      await sign({ resource: 'https://api.other.example' }),
      await plain.sign(good({ client_id: app.clientId }), { typ }),
    ])
      assert.deepEqual(refusal(await redeem(assertion)), invalid)
    const other = await newClient()
    assert.deepEqual(refusal(await redeem(await sign(), other)), invalid)
  })
})

describe('keys at an address', () => {
  test('while they can’t be had nobody is told that the assertion is wrong', async () => {
    const lost = await startVoucher(() => server.now())
    lost.close()
    const other = await startWith([grantType.assertion], {
      trusts: [{ issuer: lost.issuer, jwksUri: lost.jwksUri, profile: 'assertion', subject: 'account' }],
    })
    const own = await newApp(other, {
      door: 'openchatstudio',
      grant_types: [grantType.assertion],
      scope: 'chatbot:read',
    })
    const assertion = await lost.sign({ sub: 'acc_x', aud: other.base })
    const answer = await call(other, '/o/token', {
      form: { grant_type: grantType.assertion, assertion, ...credentials(own) },
    })
    assert.deepEqual(refusal(answer), [503, 'unavailable'])
    assert.equal(answer.headers['retry-after'], '30')
    await other.close()
  })
})

test('no assertion is in the store or the log', async () => {
  const assertion = await plain.sign(good())
  await redeem(assertion)
  await redeem(assertion)
  assert.equal((await storeBytes(server)).includes(assertion), false)
  assert.equal(server.log().includes(assertion), false)
})
