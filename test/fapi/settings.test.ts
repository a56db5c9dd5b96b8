/** What the settings do that `fapi` stands for, and that a server with others does not start. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignJWT } from 'jose'
import { call, newMachine } from '../support/actors.ts'
import { newClientKey } from '../support/assertions.ts'
import { fapiDoor } from '../support/fapi.ts'
import { grantType } from '../support/grants.ts'
import { type ServerOptions, startServer } from '../support/server.ts'

/** Starts a server that must not start; ends it if it does. */
async function startInVain(options: ServerOptions): Promise<void> {
  await (await startServer(options)).close()
}

test('a door that contradicts the profile stops the server, with setting and clause', async () => {
  await assert.rejects(
    startInVain({ doors: { openchatstudio: { ...fapiDoor, dpop: 'optional' } } }),
    /door openchatstudio: fapi: dpop must be 'required', .*FAPI 2\.0 Security Profile §5\.3\.2\.1 item 5/,
  )
  await assert.rejects(
    startInVain({ doors: { openchatstudio: fapiDoor }, signing: { algorithm: 'RS256' } }),
    /signing\.algorithm of the configuration must not be RS256/,
  )
})

test('RFC 9700 §2.2.1: where nothing but a certificate binds, a client without one gets nothing and is not registered', async (t) => {
  const server = await startServer({ doors: { openchatstudio: { requireBoundTokens: true } } })
  t.after(() => server.close())
  const app = server.demo.apps['openchatstudio']
  const form = {
    grant_type: 'refresh_token',
    refresh_token: 'whatever',
    client_id: String(app?.client_id),
    client_secret: String(app?.client_secret),
  }
  const answer = await call(server, '/o/token/', { form })
  assert.equal(answer.status, 400)
  assert.match(answer.text, /tokens are bound to a certificate here/)
  await assert.rejects(newMachine(server), /tls_client_certificate_bound_access_tokens must be true/)
})

test('FAPI 2.0 §5.4.1: who vouches for a subject is held to the algorithms of the door as well', async (t) => {
  const key = await newClientKey('k1', 'RS256')
  const issuer = 'https://idp.example'
  const trusts = [{ issuer, jwks: { keys: [key.jwk] }, profile: 'assertion', subject: 'client' }]
  const statusWith = async (signatureAlgorithms: readonly string[]) => {
    const server = await startServer({
      doors: { openchatstudio: { trusts, signatureAlgorithms, grantTypes: [grantType.assertion] } },
    })
    t.after(() => server.close())
    const app = await newMachine(server, { grant_types: [grantType.assertion] })
    const assertion = await new SignJWT({ jti: 'j1' })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .setIssuer(issuer)
      .setSubject(app.clientId)
      .setAudience(server.base)
      .setIssuedAt(server.now())
      .setExpirationTime(server.now() + 60)
      .sign(key.privateKey)
    const form = {
      grant_type: grantType.assertion,
      assertion,
      client_id: app.clientId,
      client_secret: app.secret,
    }
    const answer = await call(server, '/o/token/', { form })
    return [answer.status, answer.json['error']]
  }
  assert.deepEqual(await statusWith(['RS256', 'PS256']), [200, undefined])
  assert.deepEqual(await statusWith(['PS256', 'ES256']), [400, 'invalid_grant'])
})
