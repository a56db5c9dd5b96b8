/** `simple-oauth2` at OSIR's door, whose addresses are the ones that it expects by itself. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { AuthorizationCode, ClientCredentials, type ModuleOptions } from 'simple-oauth2'
import {
  type App,
  call,
  fresh,
  newApp,
  newMachine,
  newPerson,
  newPkce,
  type Person,
} from '../support/actors.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { newVisitor } from '../support/visitor.ts'

const redirect_uri = 'https://client.example/callback'
const scope = 'domains:read'

let server: TestServer
let person: Person
let app: App
before(async () => {
  server = await startServer()
  person = await newPerson(server)
  app = await newApp(server, { door: 'osir-oauth', redirect_uris: [redirect_uri], scope })
})
after(() => server.close())

type How = 'header' | 'body'

const optionsFor = ({ clientId: id, secret }: App, authorizationMethod: How): ModuleOptions => ({
  client: { id, secret },
  auth: { tokenHost: server.base },
  options: { authorizationMethod },
})

async function authorize(client: AuthorizationCode, decision: 'approve' | 'deny' = 'approve') {
  const { verifier, challenge } = newPkce()
  const state = fresh('state')
  const pkce = { code_challenge: challenge, code_challenge_method: 'S256', prompt: 'consent' }
  const address = client.authorizeURL({ redirect_uri, scope, state, ...pkce })
  const { url } = await newVisitor(server, person).visit(address, decision)
  assert.equal(url.searchParams.get('state'), state)
  const code = url.searchParams.get('code') ?? ''
  const request = { code, redirect_uri, code_verifier: verifier }
  return { url, redeem: (by = client) => by.getToken(request) }
}

const read = (bearer: unknown) => call(server, '/v1/domains', { bearer: String(bearer) })

/** What the library makes of a refusal: an error with the status, whose data are the answer. */
const refused = (status: number, error: string) => (thrown: unknown) => {
  const { output, data } = thrown as {
    readonly output?: { readonly statusCode: number }
    readonly data?: { readonly payload?: { readonly error?: string } }
  }
  assert.deepEqual([output?.statusCode, data?.payload?.error], [status, error])
  return true
}

for (const how of ['header', 'body'] as const) {
  describe(`with its secret in the ${how}`, () => {
    test('code with PKCE, refresh, and revocation of both tokens', async () => {
      const client = new AuthorizationCode(optionsFor(app, how))
      const token = await (await authorize(client)).redeem()
      assert.equal(token.expired(), false)
      assert.equal((await read(token.token['access_token'])).status, 200)
      const refreshed = await token.refresh()
      assert.equal((await read(refreshed.token['access_token'])).status, 200)
      await refreshed.revokeAll()
      assert.equal((await read(refreshed.token['access_token'])).status, 401)
      await assert.rejects(refreshed.refresh(), refused(400, 'invalid_grant'))
    })

    test('a wrong secret is told, and costs no code', async () => {
      const wrong = new AuthorizationCode(optionsFor({ ...app, secret: 'wrong' }, how))
      const right = new AuthorizationCode(optionsFor(app, how))
      const { redeem } = await authorize(wrong)
      await assert.rejects(redeem(), refused(401, 'invalid_client'))
      assert.ok((await redeem(right)).token['access_token'])
    })

    test('a machine’s token', async () => {
      const machine = await newMachine(server)
      const options = optionsFor(machine, how)
      const auth = { ...options.auth, tokenPath: '/o/token', revokePath: '/o/revoke_token' }
      const token = await new ClientCredentials({ ...options, auth }).getToken({ scope: 'chatbot:read' })
      const list = () => call(server, '/api/chatbots/', { bearer: String(token.token['access_token']) })
      assert.equal((await list()).status, 200)
      await token.revoke('access_token')
      assert.equal((await list()).status, 401)
    })
  })
}

test('that the person said no comes back to the app', async () => {
  const { url } = await authorize(new AuthorizationCode(optionsFor(app, 'header')), 'deny')
  assert.equal(url.searchParams.get('error'), 'access_denied')
})

test('a code that was used before is told, and ends what it bought', async () => {
  const { redeem } = await authorize(new AuthorizationCode(optionsFor(app, 'header')))
  const token = await redeem()
  await assert.rejects(redeem(), refused(400, 'invalid_grant'))
  assert.equal((await read(token.token['access_token'])).status, 401)
})
