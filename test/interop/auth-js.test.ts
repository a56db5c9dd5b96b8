/** A site that signs people in with Auth.js, for which this server is an OpenID provider found by discovery. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as oauth from 'oauth4webapi'
import { type App, call, newApp, newPerson, type Person } from '../support/actors.ts'
import { authJsListener } from '../support/auth-js.ts'
import { type ClientSite, openClientSite } from '../support/client-site.ts'
import type { Answer } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { newVisitor, type Visitor } from '../support/visitor.ts'

/** What Auth.js asks for by itself, and a call. OpenChatStudio has no `email`: the address comes with `profile`. */
const scope = 'openid profile email chatbot:read'
const methods = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'none',
] as const
type Method = (typeof methods)[number]

let server: TestServer
let site: ClientSite
let person: Person
let keys: oauth.CryptoKeyPair
before(async () => {
  server = await startServer({
    // The library verifies by its own clock.
    startAt: Math.floor(Date.now() / 1000),
    // Auth.js writes both the issuer and the token endpoint into its assertions, and can't be told otherwise.
    doors: { openchatstudio: { clientAuth: methods, insecureEndpointAudience: true } },
  })
  site = await openClientSite()
  person = await newPerson(server)
  keys = await oauth.generateKeyPair('ES256', { extractable: true })
})
after(async () => {
  await site.close()
  await server.close()
})

type Facts = Readonly<Record<string, unknown>>
interface JwtCall {
  readonly token: Facts
  /** What the provider said; at the sign-in alone. */
  readonly account?: Facts
}
interface SessionCall {
  readonly session: Facts
  readonly token: Facts
}

/** The documented way to refresh: in the callback that makes the session. */
async function refresh({ clientId, secret }: App, token: string): Promise<Facts> {
  const form = {
    client_id: clientId,
    client_secret: secret,
    grant_type: 'refresh_token',
    refresh_token: token,
  }
  const response = await fetch(`${server.base}/o/token`, { method: 'POST', body: new URLSearchParams(form) })
  return (await response.json()) as Facts
}

/** Mounts the site; the causes of what it logs as wrong. */
function serveSite(app: App, method: Method): readonly Facts[] {
  const wrong: Facts[] = []
  const config = {
    secret: 'of this site',
    trustHost: true,
    basePath: '/auth',
    logger: {
      error: ({ cause }: Error) => void wrong.push((cause ?? {}) as Facts),
      warn() {},
      // Where the answer was a refusal, the error itself forgets what it was told.
      debug: (what: string, told: Facts) => void (what === 'OAuthCallbackError' && wrong.push(told)),
    },
    providers: [
      {
        id: 'sallyport',
        name: 'Sallyport',
        type: 'oidc',
        issuer: server.base,
        clientId: app.clientId,
        ...(method !== 'none' && { clientSecret: app.secret }),
        client: { token_endpoint_auth_method: method },
        ...(method === 'private_key_jwt' && {
          token: { clientPrivateKey: { key: keys.privateKey, kid: 'one' } },
        }),
        authorization: { params: { scope, prompt: 'consent' } },
        checks: ['pkce', 'state', 'nonce'],
      },
    ],
    callbacks: {
      async jwt({ token, account }: JwtCall) {
        if (account)
          return {
            ...token,
            sub: account['providerAccountId'],
            access: account['access_token'],
            refresh: account['refresh_token'],
          }
        const fresh = await refresh(app, String(token['refresh']))
        return { ...token, access: fresh['access_token'], error: fresh['error'] }
      },
      session: ({ session, token }: SessionCall) => ({ ...session, ...token }),
    },
  }
  site.serve(authJsListener(site.origin, config))
  return wrong
}

async function newSiteApp(method: Method): Promise<App> {
  const jwk = { ...(await crypto.subtle.exportKey('jwk', keys.publicKey)), kid: 'one', alg: 'ES256' }
  return newApp(server, {
    door: 'openchatstudio',
    redirect_uris: [`${site.origin}/auth/callback/sallyport`],
    scope: 'openid profile chatbot:read',
    ...(method === 'none' ? { type: 'public' } : { token_endpoint_auth_method: method }),
    ...(method === 'private_key_jwt' && { jwks: { keys: [jwk] } }),
  })
}

/** Presses the button on the site's own page, and goes where that leads. */
async function signIn(visitor: Visitor, decision?: 'approve' | 'deny', stopAt?: string) {
  const page = await visitor.browser.open(`${site.origin}/auth/signin`)
  const pressed = await visitor.browser.submit(page, {})
  return visitor.visit(pressed.headers.location ?? '', decision, stopAt)
}

const sessionOf = ({ browser }: Visitor): Promise<Answer> => browser.open(`${site.origin}/auth/session`)

for (const method of methods) {
  test(`somebody signs in at a site that proves itself by ${method}`, async () => {
    const wrong = serveSite(await newSiteApp(method), method)
    const visitor = newVisitor(server, person)
    assert.equal((await signIn(visitor)).url.href, `${site.origin}/`, String(wrong[0]?.['err']))
    const { json } = await sessionOf(visitor)
    assert.equal(json['sub'], person.id)
    assert.deepEqual(json['user'], { name: person.email.split('@')[0], email: person.email })
  })
}

test('the site refreshes, and is told when its tokens have ended', async () => {
  const app = await newSiteApp('client_secret_post')
  serveSite(app, 'client_secret_post')
  const visitor = newVisitor(server, person)
  await signIn(visitor)
  const bearer = String((await sessionOf(visitor)).json['access'])
  assert.equal((await call(server, '/api/chatbots/', { bearer })).status, 200)
  const form = { token: bearer, client_id: app.clientId, client_secret: app.secret }
  await call(server, '/o/revoke_token', { form })
  assert.equal((await sessionOf(visitor)).json['error'], 'invalid_grant')
})

describe('Auth.js understands', () => {
  test('that the person said no', async () => {
    const wrong = serveSite(await newSiteApp('client_secret_basic'), 'client_secret_basic')
    const { url } = await signIn(newVisitor(server, person), 'deny')
    assert.equal(url.searchParams.get('error'), 'OAuthCallbackError', url.href)
    assert.equal(wrong[0]?.['error'], 'access_denied')
  })

  test('a wrong secret', async () => {
    const app = await newSiteApp('client_secret_post')
    const wrong = serveSite({ ...app, secret: 'wrong' }, 'client_secret_post')
    const { url } = await signIn(newVisitor(server, person))
    assert.equal(url.pathname, '/auth/error', url.href)
    const err = wrong[0]?.['err']
    assert.ok(err instanceof Error && err.name === 'WWWAuthenticateChallengeError', String(err))
    assert.match(JSON.stringify(err.cause), /"invalid_client"/)
  })

  test('a code that was used before', async () => {
    const wrong = serveSite(await newSiteApp('client_secret_post'), 'client_secret_post')
    const visitor = newVisitor(server, person)
    const callback = `${site.origin}/auth/callback`
    const first = await signIn(visitor, 'approve', callback)
    await visitor.visit(first.url)
    const second = await signIn(visitor, 'approve', callback)
    second.url.searchParams.set('code', first.url.searchParams.get('code') ?? '')
    const { url } = await visitor.visit(second.url)
    assert.equal(url.pathname, '/auth/error', url.href)
    assert.equal(wrong[0]?.['error'], 'invalid_grant')
  })
})
