/** An Express app that signs people in with `passport` and `passport-oauth2`, with state and PKCE, at OpenChatStudio's door. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import express, { type ErrorRequestHandler } from 'express'
import session from 'express-session'
import { Passport } from 'passport'
import OAuth2Strategy from 'passport-oauth2'
import { type App, call, newApp, newPerson, type Person } from '../support/actors.ts'
import { type ClientSite, openClientSite } from '../support/client-site.ts'
import { text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { newVisitor } from '../support/visitor.ts'

const scope = ['openid', 'profile', 'chatbot:read']

/** What the app remembers of who signed in. */
interface User {
  readonly sub: string
  readonly access: string
  readonly refresh: string
}

let server: TestServer
let site: ClientSite
let person: Person
before(async () => {
  server = await startServer()
  site = await openClientSite()
  person = await newPerson(server)
})
after(async () => {
  await site.close()
  await server.close()
})

// The library has strategies use its inner client, under the name that it has.
/* oxlint-disable no-underscore-dangle */
/** A strategy for this server, as its documentation has people write one: it reads who signed in. */
class SallyportStrategy extends OAuth2Strategy {
  override userProfile(access: string, done: (error?: unknown, profile?: unknown) => void): void {
    this._oauth2.useAuthorizationHeaderforGET(true)
    this._oauth2.get(`${server.base}/o/userinfo`, access, (error, body) =>
      error ? done(error) : done(null, JSON.parse(String(body))),
    )
  }

  /** As `passport-oauth2-refresh` does it. */
  refresh(token: string): Promise<User> {
    const params = { grant_type: 'refresh_token' }
    return new Promise((resolve, reject) => {
      this._oauth2.getOAuthAccessToken(token, params, (error, access, refresh) =>
        error ? reject(error) : resolve({ sub: '', access: String(access), refresh: String(refresh) }),
      )
    })
  }
}

/* oxlint-enable no-underscore-dangle */

type Done = (error: unknown, user?: User) => void

/** Mounts the app of a client. */
function serveApp({ clientId: clientID, secret: clientSecret }: App): SallyportStrategy {
  const strategy = new SallyportStrategy(
    {
      authorizationURL: `${server.base}/o/authorize`,
      tokenURL: `${server.base}/o/token`,
      clientID,
      clientSecret,
      callbackURL: `${site.origin}/callback`,
      scope,
      state: true,
      pkce: true,
    },
    (access: string, refresh: string, { sub }: { readonly sub: string }, done: Done) =>
      done(null, { sub, access, refresh }),
  )
  const passport = new Passport()
  passport.use('sallyport', strategy)
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user: Express.User, done) => done(null, user))
  const tell: ErrorRequestHandler = (
    { name, code, message }: Error & { readonly code?: string },
    _,
    response,
    __,
  ) => void response.status(500).json({ name, code, message })
  const app = express()
    .use(session({ secret: 'of this app', resave: false, saveUninitialized: false }))
    .use(passport.session())
    .get('/login', passport.authenticate('sallyport'))
    .get(
      '/callback',
      passport.authenticate('sallyport', { failureRedirect: '/failed', successRedirect: '/' }),
    )
    .get('/failed', (_, response) => void response.json({ failed: true }))
    .get('/', (request, response) => void response.json(request.user ?? null))
    .use(tell)
  site.serve(app)
  return strategy
}

const newSiteApp = (more: object = {}) =>
  newApp(server, {
    door: 'openchatstudio',
    redirect_uris: [`${site.origin}/callback`],
    scope: scope.join(' '),
    ...more,
  })

const login = (decision?: 'approve' | 'deny') =>
  newVisitor(server, person).visit(`${site.origin}/login`, decision)

async function signedIn(): Promise<User> {
  const { answer } = await login()
  if (!answer) return assert.fail('not at the app')
  assert.equal(text(answer, 'sub'), person.id, answer.text)
  return { sub: person.id, access: text(answer, 'access'), refresh: text(answer, 'refresh') }
}

const chatbots = (bearer: string) => call(server, '/api/chatbots/', { bearer })

for (const type of ['confidential', 'public']) {
  test(`a ${type} app signs somebody in, calls the API and refreshes`, async () => {
    // Of a public one the library sends an empty secret, which is none. @see RFC 6749 §3.2
    const strategy = serveApp(await newSiteApp({ type }))
    const { access, refresh } = await signedIn()
    assert.equal((await chatbots(access)).status, 200)
    const again = await strategy.refresh(refresh)
    assert.equal((await chatbots(again.access)).status, 200)
    assert.notEqual(again.refresh, refresh)
  })
}

test('a revoked refresh token is told to it', async () => {
  const app = await newSiteApp()
  const strategy = serveApp(app)
  const { access, refresh } = await signedIn()
  const form = { token: refresh, client_id: app.clientId, client_secret: app.secret }
  await call(server, '/o/revoke_token', { form })
  assert.equal((await chatbots(access)).status, 401)
  await assert.rejects(strategy.refresh(refresh), ({ statusCode, data }) => {
    assert.equal(statusCode, 400)
    assert.equal(JSON.parse(data).error, 'invalid_grant')
    return true
  })
})

describe('passport understands', () => {
  test('that the person said no', async () => {
    serveApp(await newSiteApp())
    const { url, answer } = await login('deny')
    assert.equal(url.pathname, '/failed')
    assert.deepEqual(answer?.json, { failed: true })
  })

  test('a wrong secret', async () => {
    serveApp({ ...(await newSiteApp()), secret: 'wrong' })
    const { answer } = await login()
    assert.deepEqual(answer?.json, {
      name: 'TokenError',
      code: 'invalid_client',
      message: 'client authentication failed',
    })
  })

  test('a code that was used before', async () => {
    serveApp(await newSiteApp())
    const visitor = newVisitor(server, person)
    const callback = `${site.origin}/callback`
    const first = await visitor.visit(`${site.origin}/login`, 'approve', callback)
    assert.equal((await visitor.visit(first.url)).url.pathname, '/')
    const second = await visitor.visit(`${site.origin}/login`, 'approve', callback)
    second.url.searchParams.set('code', first.url.searchParams.get('code') ?? '')
    const { answer } = await visitor.visit(second.url)
    assert.equal(answer?.json['code'], 'invalid_grant', answer?.text)
  })
})
