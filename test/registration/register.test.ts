import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  administer,
  approve,
  authorizePath,
  call,
  exchange,
  getCode,
  newPerson,
  newPkce,
  signedInBrowser,
} from '../support/actors.ts'
import { createBrowser } from '../support/browser.ts'
import { text } from '../support/http.ts'
import { confidentialApp, publicApp, register } from '../support/registration.ts'
import { startServer, storeBytes, type TestServer } from '../support/server.ts'

const generous = { limit: 1_000_000, window: 60 }

let server: TestServer
before(async () => {
  server = await startServer({
    doors: { 'osir-oauth': { registration: 'open', registrationLimit: generous, credentialLimit: generous } },
  })
})
after(() => server.close())

/** The flow of a client as its registration answered. */
function flowOf(registered: Readonly<Record<string, unknown>>) {
  const [redirectUri] = registered['redirect_uris'] as readonly string[]
  const app = { clientId: String(registered['client_id']), secret: String(registered['client_secret'] ?? '') }
  return {
    app,
    redirectUri: redirectUri ?? '',
    authorize: '/oauth/authorize',
    scope: 'domains:read',
    pkce: newPkce(),
    more: { state: 's' },
  }
}

const newBrowser = async () => signedInBrowser(server, await newPerson(server))

describe('201', () => {
  test('RFC 7591 §3.2.1: the answer says all that was registered, the secret, and how to manage it', async () => {
    const metadata = confidentialApp({
      client_uri: 'https://notes.example/',
      contacts: ['ops@notes.example'],
    })
    const answer = await register(server, metadata)
    assert.equal(answer.status, 201, answer.text)
    assert.equal(answer.headers['cache-control'], 'no-store')
    const { client_secret: secret, registration_access_token: token, ...rest } = answer.json
    const id = text(answer, 'client_id')
    assert.match(String(secret), /^sps_/)
    assert.match(String(token), /^spr_/)
    assert.deepEqual(rest, {
      ...metadata,
      client_id: id,
      client_id_issued_at: server.now(),
      client_secret_expires_at: 0,
      response_types: ['code'],
      registration_client_uri: `${server.base}/oauth/register/${id}`,
    })
    const bytes = await storeBytes(server)
    for (const kept of [secret, token]) {
      assert.equal(bytes.includes(String(kept)), false, 'only a hash is on the disk')
      assert.equal(server.log().includes(String(kept)), false)
    }
    const { data } = (await administer(server, 'GET', '/audit?type=client.registered&limit=1')).json as {
      readonly data: readonly Record<string, unknown>[]
    }
    assert.deepEqual(data[0]?.['clientId'], id)
  })

  test('RFC 7591 §3.1, OpenID Connect Registration §3.1: an app that registered itself gets its tokens, and the page says where it comes from', async () => {
    const registered = (await register(server, confidentialApp())).json
    const browser = await newBrowser()
    const flow = flowOf(registered)
    const page = await browser.settle(await browser.open(authorizePath(flow)))
    assert.match(page.text, /This app registered itself/)
    assert.match(page.text, /Your answer goes to <strong><bdi>notes\.example<\/bdi>/)
    assert.doesNotMatch(page.text, /your own computer/)
    const code = await getCode(browser, flow)
    const tokens = await exchange(server, '/oauth/token', flow, code)
    assert.equal(tokens.status, 200, tokens.text)
    assert.equal((await call(server, '/v1/domains', { bearer: text(tokens, 'access_token') })).status, 200)
  })

  test('of an app on the person’s own machine the page says so', async () => {
    const browser = await newBrowser()
    const flow = flowOf((await register(server, publicApp())).json)
    const page = await browser.settle(await browser.open(authorizePath(flow)))
    assert.match(page.text, /127\.0\.0\.1:3000<\/bdi><\/strong>, a program on your own computer/)
  })

  test('the pages before that, on which it is named as well, say it too', async () => {
    const flow = flowOf((await register(server, publicApp())).json)
    const stranger = createBrowser(server.base)
    const signIn = await stranger.settle(await stranger.open(authorizePath(flow)))
    const choose = authorizePath({ ...flow, more: { ...flow.more, prompt: 'select_account' } })
    const known = await newBrowser()
    for (const page of [signIn, await known.settle(await known.open(choose))]) {
      assert.match(page.text, /to continue to/)
      assert.match(page.text, /This app registered itself/)
      assert.match(page.text, /127\.0\.0\.1:3000<\/bdi><\/strong>, a program on your own computer/)
    }
  })

  test('an address that is not the app’s own does not get its name shown on the sign-in page', async () => {
    const registered = (await register(server, publicApp())).json
    const address = authorizePath({ ...flowOf(registered), redirectUri: 'https://elsewhere.example/cb' })
    const page = await call(server, `/sign-in?${new URLSearchParams({ return: address })}`)
    assert.equal(page.status, 200)
    assert.doesNotMatch(page.text, /to continue to/)
  })

  test('an app that an administrator registered is shown as before', async () => {
    const app = { door: 'osir-oauth', name: 'Known', redirect_uris: ['https://known.example/cb'] }
    const known = (await administer(server, 'POST', '/clients', app)).json
    for (const browser of [await newBrowser(), createBrowser(server.base)]) {
      const page = await browser.settle(await browser.open(authorizePath(flowOf(known))))
      assert.match(page.text, /Known/)
      assert.doesNotMatch(page.text, /registered itself/)
    }
  })

  test('a public client that says the same again is the same client, however its lists are ordered', async () => {
    const redirects = ['http://127.0.0.1:3000/callback', 'com.example.notes:/cb']
    const metadata = publicApp({ redirect_uris: redirects })
    const first = await register(server, metadata)
    const again = await register(server, { ...metadata, redirect_uris: [...redirects].reverse() })
    assert.equal(again.status, 201)
    assert.equal(text(again, 'client_id'), text(first, 'client_id'))
    const other = await register(server, { ...metadata, client_name: 'Another' })
    assert.notEqual(text(other, 'client_id'), text(first, 'client_id'))
  })

  test('of 20 public clients that say the same at once one is made, and all are answered with it', async () => {
    const metadata = publicApp()
    const answers = await Promise.all(Array.from({ length: 20 }, () => register(server, metadata)))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201])
    assert.equal(new Set(answers.map((answer) => text(answer, 'client_id'))).size, 1)
  })

  test('nobody can manage a client that anybody can share', async () => {
    const { json } = await register(server, publicApp())
    for (const name of ['registration_access_token', 'registration_client_uri', 'client_secret'])
      assert.equal(name in json, false, name)
  })

  test('a confidential client that says the same again is another client with its own secret', async () => {
    const metadata = confidentialApp()
    const [one, two] = [await register(server, metadata), await register(server, metadata)]
    assert.notEqual(text(one, 'client_id'), text(two, 'client_id'))
    assert.notEqual(text(one, 'client_secret'), text(two, 'client_secret'))
  })

  test('RFC 7591 §3: discovery names the endpoint where the door has it, and only there', async () => {
    const at = async (path: string) =>
      (await call(server, `/.well-known/${path}`)).json['registration_endpoint']
    assert.equal(await at('oauth-authorization-server/oauth'), `${server.base}/oauth/register`)
    assert.equal(await at('openid-configuration'), undefined)
    assert.equal((await call(server, '/o/register', { json: publicApp() })).status, 404)
  })
})

describe('400', () => {
  const wrong: [name: string, members: object, error: string][] = [
    [
      'a redirect address that is not https',
      { redirect_uris: ['http://notes.example/'] },
      'invalid_redirect_uri',
    ],
    ['no redirect address', { redirect_uris: [] }, 'invalid_redirect_uri'],
    ['a scope that the door has not', { scope: 'admin' }, 'invalid_client_metadata'],
    ['a grant type for machines', { grant_types: ['client_credentials'] }, 'invalid_client_metadata'],
    [
      'tokens bound to certificates, where the door has none,',
      { tls_client_certificate_bound_access_tokens: true },
      'invalid_client_metadata',
    ],
    ['a method that the door has not', { token_endpoint_auth_method: 'x' }, 'invalid_client_metadata'],
  ]
  for (const [name, members, error] of wrong) {
    test(`RFC 7591 §3.2.2, OpenID Connect Registration §3.3: ${name} is ${error}`, async () => {
      const answer = await register(server, confidentialApp(members))
      assert.equal(answer.status, 400, answer.text)
      assert.equal(answer.json['error'], error)
      assert.equal(answer.headers['cache-control'], 'no-store')
    })
  }

  test('a body that is no JSON object registers nothing', async () => {
    for (const body of ['[]', '{', '{"redirect_uris":[],"redirect_uris":[]}']) {
      const headers = { 'Content-Type': 'application/json' }
      const answer = await register(server, {}, { json: undefined, body, headers })
      assert.equal(answer.status, 400)
      assert.equal(answer.json['error'], 'invalid_request')
    }
    assert.equal((await register(server, {}, { json: undefined, form: { a: 'b' } })).status, 415)
  })
})

describe('a client that is gone', () => {
  test('is 401 invalid_client at the token endpoint and told what to do at the authorization endpoint', async () => {
    const registered = await register(server, publicApp())
    const flow = flowOf(registered.json)
    const browser = await newBrowser()
    const code = await getCode(browser, flow)
    const { clientId } = flow.app
    await administer(server, 'DELETE', `/clients/${clientId}`)
    const form = {
      grant_type: 'authorization_code',
      code,
      client_id: clientId,
      redirect_uri: flow.redirectUri,
    }
    const refused = await call(server, '/oauth/token', {
      form: { ...form, code_verifier: flow.pkce.verifier },
    })
    assert.equal(refused.status, 401, refused.text)
    assert.equal(refused.json['error'], 'invalid_client')
    const page = await approve(browser, authorizePath(flow))
    assert.equal(page.status, 400)
    assert.equal(page.headers.location, undefined, 'nothing about it is proven, so it leads nowhere')
    assert.match(page.text, /remove the connection and connect again/)
  })
})

test('registrations that nobody used are swept, and those with a living family stay', async () => {
  const own = await startServer({
    doors: {
      'osir-oauth': {
        registration: 'open',
        refresh: { idle: 9e6, rotation: 'lazy', grace: 0, format: 'opaque' },
      },
    },
  })
  try {
    const [unused, used] = [await register(own, publicApp()), await register(own, publicApp())]
    const flow = flowOf(used.json)
    const browser = await signedInBrowser(own, await newPerson(own))
    const code = await getCode(browser, flow)
    const form = {
      grant_type: 'authorization_code',
      code,
      client_id: flow.app.clientId,
      redirect_uri: flow.redirectUri,
      code_verifier: flow.pkce.verifier,
    }
    const tokens = await call(own, '/oauth/token', { form })
    assert.equal(tokens.status, 200, tokens.text)
    await own.advance(31 * 24 * 3600)
    await own.sweep()
    const gone = await call(own, '/oauth/token', {
      form: { grant_type: 'refresh_token', refresh_token: 'x', client_id: text(unused, 'client_id') },
    })
    assert.equal(gone.json['error'], 'invalid_client')
    const refreshed = await call(own, '/oauth/token', {
      form: {
        grant_type: 'refresh_token',
        refresh_token: text(tokens, 'refresh_token'),
        client_id: flow.app.clientId,
      },
    })
    assert.equal(refreshed.status, 200, refreshed.text)
  } finally {
    await own.close()
  }
})
