import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { type App, call, newApp } from '../support/actors.ts'
import { accessTokenType, credentials, grantType, startWith } from '../support/grants.ts'
import { type Answer, text } from '../support/http.ts'
import { callback, newCode, newScene, type Scene } from '../support/ocs.ts'
import type { TestServer } from '../support/server.ts'

// RFC 8705 §3, RFC 8693 §5: a token that is bound to a certificate is worth nothing to who found it, nor what it is exchanged for.
let server: TestServer
let scene: Scene
let back: App
before(async () => {
  server = await startWith(
    [grantType.exchange],
    { certificateBoundTokens: true },
    { trustedProxies: 1, clientCertificate: { header: 'Client-Cert', format: 'rfc9440' } },
  )
  scene = await newScene(server, { tls_client_certificate_bound_access_tokens: true })
  back = await newApp(server, {
    door: 'openchatstudio',
    grant_types: [grantType.exchange],
    scope: 'chatbot:read',
  })
})
after(() => server.close())

/** A certificate as a proxy that is trusted tells it; what is in it does not matter for a binding. */
const newCertificate = () =>
  `:${Buffer.concat([Buffer.from([0x30, 0x20]), randomBytes(32)]).toString('base64')}:`
const [mine, other] = [newCertificate(), newCertificate()]
const ask = (form: Readonly<Record<string, string>>, certificate?: string): Promise<Answer> =>
  call(server, '/o/token', {
    form,
    ...(certificate !== undefined && { headers: { 'Client-Cert': certificate } }),
  })

async function boundToken(): Promise<string> {
  const { flow, code } = await newCode(scene)
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: callback,
    code_verifier: flow.pkce?.verifier ?? '',
    ...credentials(scene.app),
  }
  return text(await ask(form, mine), 'access_token')
}
const exchange = (subject: string, certificate?: string, more: Readonly<Record<string, string>> = {}) =>
  ask(
    {
      grant_type: grantType.exchange,
      subject_token: subject,
      subject_token_type: accessTokenType,
      ...credentials(back),
      ...more,
    },
    certificate,
  )

test('it is exchanged on a connection with that certificate alone, and what comes of it is bound to it', async () => {
  const subject = await boundToken()
  for (const certificate of [undefined, other]) {
    const refused = await exchange(subject, certificate)
    assert.deepEqual([refused.status, refused.json['error']], [400, 'invalid_request'])
  }
  const answer = await exchange(subject, mine)
  assert.equal(answer.status, 200, answer.text)
  const handedOn = text(answer, 'access_token')
  assert.deepEqual(decodeJwt(handedOn)['cnf'], decodeJwt(subject)['cnf'])
  const api = async (headers: Readonly<Record<string, string>>) =>
    (await call(server, '/api/user/me/', { bearer: handedOn, headers })).status
  assert.deepEqual([await api({}), await api({ 'Client-Cert': other })], [401, 401])
  assert.equal(await api({ 'Client-Cert': mine }), 200)
})

test('nor does it lend its name to who acts without that certificate', async () => {
  const subject = await boundToken()
  const bound = await newApp(server, {
    door: 'openchatstudio',
    redirect_uris: [callback],
    grant_types: ['authorization_code', grantType.exchange],
    scope: 'chatbot:read',
    tls_client_certificate_bound_access_tokens: true,
  })
  const { flow, code } = await newCode({ ...scene, app: bound })
  const own = await ask(
    {
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      code_verifier: flow.pkce?.verifier ?? '',
      ...credentials(bound),
    },
    other,
  )
  const actor = { actor_token: text(own, 'access_token'), actor_token_type: accessTokenType }
  const refused = await exchange(subject, mine, { ...actor, ...credentials(bound) })
  assert.deepEqual([refused.status, refused.json['error']], [400, 'invalid_request'])
  assert.match(refused.text, /actor_token/)
})
