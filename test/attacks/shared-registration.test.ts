import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { newClientKey } from '../support/assertions.ts'
import { text } from '../support/http.ts'
import { publicApp, register } from '../support/registration.ts'
import { startServer, type TestServer } from '../support/server.ts'

// RFC 7591 §3.2.1: who registers as a public app shares a client with those who say the same, and with nobody else.
let server: TestServer
before(async () => {
  server = await startServer({
    doors: {
      'osir-oauth': { registration: 'open', requestObjects: 'optional', certificateBoundTokens: true },
    },
    trustedProxies: 1,
    clientCertificate: { header: 'Client-Cert', format: 'rfc9440' },
  })
})
after(() => server.close())

test('nobody puts their keys into the app of others by being first', async () => {
  const [mine, theirs] = await Promise.all([newClientKey('mine'), newClientKey('theirs')])
  const app = publicApp()
  const first = await register(server, { ...app, jwks: { keys: [theirs.jwk] } })
  const second = await register(server, { ...app, jwks: { keys: [mine.jwk] } })
  assert.deepEqual([first.status, second.status], [201, 201], second.text)
  assert.deepEqual(second.json['jwks'], { keys: [mine.jwk] })
  assert.notEqual(text(first, 'client_id'), text(second, 'client_id'))
})

for (const bound of [true, false])
  test(`nor ${bound ? 'makes' : 'keeps'} it ${bound ? 'need a certificate' : 'from being bound to one'}`, async () => {
    const app = publicApp()
    const member = 'tls_client_certificate_bound_access_tokens'
    await register(server, { ...app, [member]: bound })
    const second = await register(server, { ...app, [member]: !bound })
    assert.equal(second.status, 201, second.text)
    assert.equal(second.json[member] ?? false, !bound)
  })
