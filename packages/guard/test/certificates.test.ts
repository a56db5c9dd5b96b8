/** Tokens that are bound to a certificate, on real TLS connections and behind proxies. The sections are those of RFC 8705. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener } from 'node:http'
import { Agent, createServer, request } from 'node:https'
import { after, before, test } from 'node:test'
import type { CertificateHeader, Guard, GuardOptions } from '@sallyport/guard'
import { expressGuard } from '@sallyport/guard/express'
import { fastifyGuard } from '@sallyport/guard/fastify'
import { fetchGuard } from '@sallyport/guard/fetch'
import { nodeGuard } from '@sallyport/guard/node'
import { certificateThumbprint } from '@sallyport/protocol'
import express from 'express'
import Fastify from 'fastify'
import {
  type Authority,
  hasOpenssl,
  type MadeCertificate,
  newAuthority,
} from '../../../test/support/certificates.ts'
import { allCallers, coreCaller, guardOf } from './support/callers.ts'
import { newProofKey, proofOf } from './support/proofs.ts'
import { addFamily, addOpaqueToken, createFacts, type Facts, signToken } from './support/world.ts'

const skip = !hasOpenssl && 'openssl is not on this machine'
const doors = ['apps']
const header: CertificateHeader = { header: 'X-Client-Cert', format: 'escaped-pem' }

let authority: Authority
let server: MadeCertificate
let mine: MadeCertificate
let thiefs: MadeCertificate

before(async () => {
  if (skip) return
  authority = await newAuthority()
  server = await authority.issue({ subject: '/CN=api', names: ['IP:127.0.0.1'] })
  mine = await authority.issue({ subject: '/CN=client' })
  thiefs = await authority.selfSigned({ subject: '/CN=client' })
})
after(() => (skip ? undefined : authority.close()))

const derOf = ({ cert }: MadeCertificate) => new X509Certificate(cert).raw
const thumbprint = (made: MadeCertificate) => certificateThumbprint(derOf(made))
const boundTo = (facts: Facts, cnf: unknown) => ({
  ...addFamily(facts, 'apps', { accountId: 'acc_1', clientId: 'app_1' }),
  cnf,
})
const tokenFor = (facts: Facts, made: MadeCertificate) =>
  signToken(boundTo(facts, { 'x5t#S256': thumbprint(made) }))
const told = (made: MadeCertificate): readonly [string, string] => [
  header.header,
  encodeURIComponent(made.cert),
]
const bearer = (token: string): readonly [string, string] => ['Authorization', `Bearer ${token}`]

/** A request over TLS, with a certificate or without; its status. */
async function askOver(port: number, token: string, by?: MadeCertificate): Promise<number | undefined> {
  const options = {
    ca: authority.cert,
    agent: new Agent({ keepAlive: false, maxCachedSessions: 0 }),
    headers: { Authorization: `Bearer ${token}` },
    ...(by && { cert: by.cert, key: by.key }),
  }
  const asked = request(`https://127.0.0.1:${port}/v1/domains`, options)
  asked.end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  response.resume()
  return response.statusCode
}

/** TLS that asks for certificates and believes nobody: whose they are is for the token to say. */
const tls = () => ({ cert: server.cert, key: server.key, requestCert: true, rejectUnauthorized: false })

async function listening(listener: RequestListener) {
  const https = createServer(tls(), listener)
  https.listen(0, '127.0.0.1')
  await once(https, 'listening')
  const address = https.address()
  return { port: typeof address === 'object' && address ? address.port : 0, close: () => https.close() }
}

const mounts: [
  name: string,
  mount: (guard: Guard) => Promise<{ readonly port: number; close(): unknown }>,
][] = [
  [
    'node:http',
    (guard) => {
      const protect = nodeGuard(guard)
      return listening((asked, response) => {
        void protect({ doors }, asked, response).then((principal) => principal && response.end('in'))
      })
    },
  ],
  [
    'Express',
    (guard) => {
      const app = express()
      app.use(expressGuard(guard)({ doors }))
      app.use((_asked, response) => void response.end('in'))
      return listening(app)
    },
  ],
  [
    'Fastify',
    async (guard) => {
      const app = Fastify({ https: tls() })
      app.get('/v1/domains', { onRequest: fastifyGuard(guard)({ doors }) }, () => 'in')
      const address = await app.listen({ port: 0, host: '127.0.0.1' })
      return { port: Number(new URL(address).port), close: () => app.close() }
    },
  ],
]
for (const [name, mount] of mounts) {
  test(`§3: ${name} with TLS of its own lets the token in with its certificate alone`, { skip }, async () => {
    const facts = createFacts()
    const token = await tokenFor(facts, mine)
    const plain = await signToken(addFamily(facts, 'apps', { accountId: 'acc_1', clientId: 'app_1' }))
    const { port, close } = await mount(guardOf(facts))
    assert.equal(await askOver(port, token, mine), 200)
    assert.equal(await askOver(port, token, thiefs), 401)
    assert.equal(await askOver(port, token), 401)
    assert.equal(await askOver(port, plain), 200, 'a token that is bound to nothing needs none')
    assert.equal(await askOver(port, plain, thiefs), 200)
    await close()
  })
}

test('§3: behind a proxy the header is asked, however the guard is mounted', { skip }, async () => {
  const facts = createFacts()
  const token = await tokenFor(facts, mine)
  for (const caller of await allCallers(guardOf(facts, { clientCertificate: header }))) {
    const ask = async (...headers: readonly (readonly [string, string])[]) =>
      (await caller.ask({ doors }, { headers: [bearer(token), ...headers] })).status
    assert.equal(await ask(told(mine)), 200, caller.way)
    assert.equal(await ask(told(thiefs)), 401, caller.way)
    assert.equal(await ask(), 401, caller.way)
    assert.equal(
      await ask(told(thiefs), told(mine)),
      401,
      `${caller.way}: two headers, one of them a caller's`,
    )
    await caller.close()
  }
})

test('a header is nothing to a guard that was told of none', { skip }, async () => {
  const facts = createFacts()
  const token = await tokenFor(facts, mine)
  for (const caller of await allCallers(guardOf(facts))) {
    const answer = await caller.ask({ doors }, { headers: [bearer(token), told(mine)] })
    assert.equal(answer.status, 401, caller.way)
    await caller.close()
  }
})

test('where a proxy tells it, the proxy’s own connection is not asked', { skip }, async () => {
  const facts = createFacts()
  const token = await tokenFor(facts, mine)
  const guard = guardOf(facts, { clientCertificate: header })
  const asked = { method: 'GET', path: '/', ip: '127.0.0.1', certificate: () => derOf(mine) }
  const headers: Readonly<Record<string, string>> = { authorization: `Bearer ${token}` }
  const check = await guard.check(
    { ...asked, header: (name) => (headers[name] === undefined ? [] : [headers[name]]) },
    { doors },
  )
  assert.equal(check.outcome, 'refuse')
})

async function answerOf(
  cnf: unknown,
  options: Partial<GuardOptions>,
  headers: readonly (readonly [string, string])[],
) {
  const facts = createFacts()
  const token = await signToken(boundTo(facts, cnf))
  return coreCaller(guardOf(facts, { clientCertificate: header, ...options })).ask(
    { doors },
    { headers: [bearer(token), ...headers] },
  )
}

test('§3: the refusal is 401 invalid_token', { skip }, async () => {
  const { status, headers } = await answerOf({ 'x5t#S256': thumbprint(mine) }, {}, [told(thiefs)])
  assert.equal(status, 401)
  assert.match(String(headers['www-authenticate']), /^Bearer error="invalid_token"/)
})

const malformed: [name: string, cnf: (good: string) => unknown][] = [
  ['RFC 7800 §3.1: a binding by other means beside it', (good) => ({ 'x5t#S256': good, jwk: {} })],
  ['an empty binding', () => ({})],
  ['a thumbprint that is none', () => ({ 'x5t#S256': 'x' })],
  ['a SHA-1 thumbprint', (good) => ({ x5t: good })],
  ['a list', (good) => [{ 'x5t#S256': good }]],
]
for (const [name, cnf] of malformed) {
  test(`refused with its certificate too: ${name}`, { skip }, async () => {
    assert.equal((await answerOf(cnf(thumbprint(mine)), {}, [told(mine)])).status, 401)
  })
}

test('§3: opaque tokens are bound like all others', { skip }, async () => {
  const facts = createFacts()
  const token = addOpaqueToken(facts, boundTo(facts, { 'x5t#S256': thumbprint(mine) }))
  const caller = coreCaller(guardOf(facts, { clientCertificate: header }))
  assert.equal((await caller.ask({ doors }, { headers: [bearer(token), told(mine)] })).status, 200)
  assert.equal((await caller.ask({ doors }, { headers: [bearer(token), told(thiefs)] })).status, 401)
})

test('a token that is bound to a key and a certificate needs both', { skip }, async () => {
  const facts = createFacts()
  const key = await newProofKey()
  const url = 'https://api.example/v1/domains'
  const token = await signToken(boundTo(facts, { jkt: key.jkt, 'x5t#S256': thumbprint(mine) }))
  const caller = coreCaller(guardOf(facts, { clientCertificate: header, resource: 'https://api.example' }))
  const ask = async (made: MadeCertificate | undefined, proves: boolean) => {
    const proof = await proofOf(key, { url, now: facts.now, token })
    const headers: [string, string][] = proves
      ? [
          ['Authorization', `DPoP ${token}`],
          ['DPoP', proof],
        ]
      : [['Authorization', `Bearer ${token}`]]
    const all = [...headers, ...(made ? [told(made)] : [])]
    return (await caller.ask({ doors }, { headers: all, path: '/v1/domains' })).status
  }
  assert.equal(await ask(mine, true), 200)
  assert.equal(await ask(mine, false), 401)
  assert.equal(await ask(thiefs, true), 401)
  assert.equal(await ask(undefined, true), 401)
})

test('a fetch handler passes on what its runtime knows of the connection', { skip }, async () => {
  const facts = createFacts()
  const token = await tokenFor(facts, mine)
  const handler = fetchGuard(guardOf(facts))({ doors }, () => new Response('in'))
  const ask = async (made: MadeCertificate) => {
    const asked = new Request('https://api.example/', { headers: { Authorization: `Bearer ${token}` } })
    return (await handler(asked, { ip: '127.0.0.1', certificate: derOf(made) })).status
  }
  assert.deepEqual([await ask(mine), await ask(thiefs)], [200, 401])
})

test('RFC 9728 §2: the metadata of the resource says that such tokens can be used', () => {
  const facts = createFacts()
  const at = (options: Partial<GuardOptions>) =>
    guardOf(facts, { resource: 'https://api.example', ...options }).metadata({
      method: 'GET',
      path: '/.well-known/oauth-protected-resource',
    })?.body
  const name = 'tls_client_certificate_bound_access_tokens'
  assert.equal(at({ clientCertificate: header })?.[name], true)
  assert.ok(!(name in (at({}) ?? {})))
})
