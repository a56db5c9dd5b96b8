import assert from 'node:assert/strict'
import { createHmac, createPublicKey } from 'node:crypto'
import { test } from 'node:test'
import { administer, adminToken, call, newPerson } from '../support/actors.ts'
import type { Answer } from '../support/http.ts'
import { startServer, storeBytes, type TestServer } from '../support/server.ts'
import { signedBy, signingKeyOf, strangersKey } from '../support/signing.ts'
import { changeVendor, newVendor, refreshVendor, type Vendor, vendorTokens } from '../support/vendors.ts'

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const readPart = (value = '') =>
  JSON.parse(Buffer.from(value, 'base64url').toString()) as Record<string, unknown>
const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

/** Tokens that look like a good one, by what is wrong with them; those in `signed` are signed by the server's own key. */
async function forgeries(server: TestServer, access: string, secret: string) {
  const [head = '', body = '', signature = ''] = access.split('.')
  const [header, claims] = [readPart(head), readPart(body)]
  const [jwk] = (await call(server, '/.well-known/jwks.json')).json['keys'] as Record<string, string>[]
  const publicKey = createPublicKey({ format: 'jwk', key: jwk ?? {} })
  const hs = (key: string | Buffer) => {
    const input = `${part({ ...header, alg: 'HS256' })}.${body}`
    return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
  }
  const own = signingKeyOf(server)
  const [{ exp: _exp, ...withoutExp }, other] = [
    claims,
    readPart((await vendorTokens(server)).access.split('.')[1]),
  ]
  const unsigned = {
    'none, no signature': `${part({ ...header, alg: 'none' })}.${body}.`,
    'none, a signature': `${part({ ...header, alg: 'none' })}.${body}.${signature}`,
    'None, a signature': `${part({ ...header, alg: 'None' })}.${body}.${signature}`,
    'HS256 with "secret"': hs('secret'),
    'HS256 with the client secret': hs(secret),
    'HS256 with the public key in PEM': hs(publicKey.export({ type: 'spki', format: 'pem' })),
    'HS256 with the public key in DER': hs(publicKey.export({ type: 'spki', format: 'der' })),
    'HS256 with the public key as JWK': hs(JSON.stringify(jwk)),
    'another vendor’s claims': `${head}.${part(other)}.${signature}`,
    'a stranger’s key': signedBy(strangersKey('x').key, header, claims),
    'a stranger’s key in the header': signedBy(
      strangersKey('x').key,
      { ...header, jwk: strangersKey('x').jwk },
      claims,
    ),
  }
  const signed = {
    'exp removed': signedBy(own, header, withoutExp),
    'exp as text': signedBy(own, header, { ...claims, exp: '9999999999' }),
    'another issuer': signedBy(own, header, { ...claims, iss: 'https://evil.example' }),
    'the issuer of another door': signedBy(own, header, { ...claims, iss: server.base }),
    'another audience': signedBy(own, header, { ...claims, aud: 'https://evil.example' }),
    'a type of another purpose': signedBy(own, { ...header, typ: 'JWT' }, claims),
    'no family': signedBy(own, header, { ...claims, fam: undefined }),
  }
  return { unsigned, signed, unchanged: signedBy(own, header, claims) }
}

test('CHARP-26 forged tokens are refused', async () => {
  const server = await startServer()
  try {
    const { access, secret } = await vendorTokens(server)
    const { unsigned, signed, unchanged } = await forgeries(server, access, secret)
    const person = await newPerson(server)
    for (const [name, bearer] of Object.entries({ ...unsigned, ...signed, 'a person’s': person.access })) {
      const answer = await call(server, '/brands', { bearer })
      assert.equal(answer.status, 401, name)
      assert.equal(answer.json['error'], 'invalid_token', name)
      assert.equal(answer.headers['www-authenticate'], 'Bearer error="invalid_token"', name)
    }
    // What was refused was refused for what is wrong with it: signing alone does no harm, and the person's is good at home.
    for (const bearer of [access, unchanged])
      assert.equal((await call(server, '/brands', { bearer })).status, 200)
    assert.equal((await call(server, '/api/auth/me/', { bearer: person.access })).status, 200)
  } finally {
    await server.close()
  }
})

test('CHARP-28 guessing a secret stops after fifteen tries a minute', async () => {
  const limited = await startServer({ realLimits: true })
  try {
    const { client_id = '', client_secret = '' } = limited.demo.vendors['free'] ?? {}
    const ask = (secret: string, from: string) =>
      call(limited, '/auth/token', { json: { client_id, client_secret: secret }, from })
    for (let tries = 0; tries < 15; tries += 1) assert.equal((await ask('wrong', '127.0.0.1')).status, 401)
    for (const secret of ['wrong', client_secret]) {
      const sixteenth = await ask(secret, '127.0.0.1')
      assert.equal(sixteenth.status, 429)
      assert.equal(sixteenth.json['error'], 'rate_limited')
      assert.equal(sixteenth.headers['retry-after'], '60')
    }
    assert.equal((await ask(client_secret, '127.0.0.2')).status, 200)
    await limited.advance(60)
    assert.equal((await ask(client_secret, '127.0.0.1')).status, 200)
  } finally {
    await limited.close()
  }
})

/** Calls that remember every secret that comes back. */
function remembering(server: TestServer) {
  const secrets = new Set<string>()
  const keep = (answer: Answer): Answer => {
    for (const name of ['access_token', 'refresh_token', 'client_secret', 'access', 'refresh']) {
      const value = answer.json[name]
      if (typeof value === 'string') secrets.add(value)
    }
    return answer
  }
  const post = async (path: string, ask: Parameters<typeof call>[2]) =>
    keep(await call(server, path, { method: 'POST', ...ask }))
  return { secrets, keep, post }
}

/** Everything that can happen to a vendor's credentials, well and badly. Returns every secret there was. */
async function fullRun(server: TestServer, vendor: Vendor): Promise<ReadonlySet<string>> {
  const { secrets, keep, post } = remembering(server)
  const { client_id, client_secret } = vendor
  const credentials = { client_id, client_secret }
  const header = basic(client_id, client_secret)
  secrets
    .add(client_secret)
    .add(header.slice('Basic '.length))
    .add(await adminToken(server))
  const refresh = async (token: unknown) => keep(await refreshVendor(server, token))

  const first = await post('/auth/token', { json: credentials })
  await post('/auth/token', { form: credentials })
  await post('/auth/token', { headers: { Authorization: header } })
  // Secrets where none belong: a wrong type of body, a broken one, the query, the API's own header.
  await post('/auth/token', { headers: { 'Content-Type': 'text/plain' }, body: client_secret })
  await post('/auth/token', { headers: { 'Content-Type': 'application/json' }, body: `{"${client_secret}` })
  await post(`/auth/token?client_secret=${client_secret}`, { json: credentials })
  await post('/auth/token', { json: { client_id: client_secret, client_secret: client_id } })
  await post('/auth/token', { json: { ...credentials, client_secret: `${client_secret}x` } })
  await post('/auth/token', { json: { ...credentials, grant_type: client_secret } })
  await call(server, '/brands', { headers: { Authorization: header } })

  const { access_token: access, refresh_token: old } = first.json
  const second = await refresh(old)
  await refresh(old)
  await refresh(access)
  for (const bearer of [String(access), String(old), `${String(access)}x`])
    await call(server, '/brands', { bearer })
  await call(server, `/brands?access_token=${String(access)}`)
  await refresh((await refresh(second.json['refresh_token'])).json['refresh_token'])
  await refresh(old)
  await call(server, '/brands', { bearer: String(access) })

  const ended = await post('/auth/token', { json: credentials })
  await post('/auth/revoke', { json: { token: ended.json['refresh_token'] } })
  await refresh(ended.json['refresh_token'])
  keep(await administer(server, 'POST', `/clients/${client_id}/secrets`, { overlap_seconds: 60 }))
  const left = await post('/auth/token', { json: credentials })
  await changeVendor(server, vendor, { status: 'suspended' })
  await post('/auth/token', { json: credentials })
  await refresh(left.json['refresh_token'])
  await call(server, '/brands', { bearer: String(left.json['access_token']) })
  await changeVendor(server, vendor, { status: 'active' })
  await server.advance(3601)
  await call(server, '/brands', { bearer: String(left.json['access_token']) })
  await refresh(left.json['refresh_token'])
  return secrets
}

test('CHARP-29 no secret or token is in the store or the log', async () => {
  const server = await startServer()
  try {
    const vendor = await newVendor(server)
    const secrets = await fullRun(server, vendor)
    assert.ok(secrets.size >= 20, `${secrets.size} secrets`)
    const running = await storeBytes(server)
    await server.stop()
    const kept = running + (await storeBytes(server)) + server.log()
    for (const real of [vendor.client_id, 'token.reuse', '"path":"/auth/refresh"'])
      assert.ok(kept.includes(real), `what is looked through is the real thing: ${real}`)
    for (const secret of secrets) {
      assert.equal(kept.includes(secret), false, secret)
      // The part of a token that could be used by itself.
      assert.equal(kept.includes(secret.slice(-40)), false, secret)
    }
  } finally {
    await server.close()
  }
})
