import { createHash, randomBytes } from 'node:crypto'
import { type Browser, createBrowser } from './browser.ts'
import { type Answer, type Ask, send, text } from './http.ts'
import type { TestServer } from './server.ts'

/** A person with tokens of the people door. */
export interface Person {
  readonly id: string
  readonly email: string
  readonly password: string
  readonly access: string
  readonly refresh: string
}

/** A registered client. */
export interface App {
  readonly clientId: string
  readonly secret: string
}

let counter = 0
/** A name that no other test of this file has. */
export function fresh(stem: string): string {
  counter += 1
  return `${stem}-${counter}-${randomBytes(3).toString('hex')}`
}

/** Sends to a path of the server. */
export function call(server: TestServer, path: string, ask: Ask = {}): Promise<Answer> {
  return send(server.base + path, ask)
}

/** Signs somebody new up at the people door. */
export async function newPerson(
  server: TestServer,
  email = `${fresh('person')}@example.com`,
): Promise<Person> {
  const password = 'correct horse battery'
  const answer = await call(server, '/api/auth/signup/', { json: { email, password } })
  const user = answer.json['user'] as { readonly id: string } | undefined
  return {
    id: user?.id ?? '',
    email,
    password,
    access: text(answer, 'access'),
    refresh: text(answer, 'refresh'),
  }
}

const admins = new WeakMap<TestServer, { readonly at: number; readonly token: Promise<string> }>()

/** An administrator's access token; a new one when the clock has been moved past the last one's life. */
export function adminToken(server: TestServer): Promise<string> {
  const known = admins.get(server)
  if (known && server.now() - known.at < 9 * 24 * 3600) return known.token
  const token = call(server, '/api/auth/login/', { json: server.demo.admin }).then((answer) =>
    text(answer, 'access'),
  )
  admins.set(server, { at: server.now(), token })
  return token
}

/** A request to the management API that must succeed. */
export async function administer(
  server: TestServer,
  method: string,
  path: string,
  json?: unknown,
): Promise<Answer> {
  const answer = await call(server, `/admin${path}`, {
    method,
    bearer: await adminToken(server),
    ...(json !== undefined && { json }),
  })
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
  return answer
}

/** Creates a team with the given people in it; its id. */
export async function newTeam(
  server: TestServer,
  slug: string,
  members: readonly Person[] = [],
  more: object = {},
): Promise<string> {
  const id = text(await administer(server, 'POST', '/teams', { slug, name: slug, ...more }), 'id')
  for (const { id: account } of members)
    await administer(server, 'PUT', `/teams/${id}/members/${account}`, { role: 'member' })
  return id
}

/** Registers a client. */
export async function newApp(server: TestServer, app: object): Promise<App> {
  const answer = await administer(server, 'POST', '/clients', { name: 'Test App', ...app })
  return { clientId: text(answer, 'client_id'), secret: String(answer.json['client_secret'] ?? '') }
}

/** A verifier and its S256 challenge. */
export function newPkce(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

/** A browser in which the person is signed in. */
export async function signedInBrowser(
  server: TestServer,
  person: Pick<Person, 'email' | 'password'>,
): Promise<Browser> {
  const browser = createBrowser(server.base)
  const page = await browser.open('/sign-in')
  const answer = await browser.submit(page, { email: person.email, password: person.password })
  if (answer.status !== 303) throw new Error(`sign-in answered ${answer.status} ${answer.text.slice(0, 500)}`)
  return browser
}

/** The parameters of an authorization response. */
export function responseOf(answer: Answer): URLSearchParams {
  const { location } = answer.headers
  if (location === undefined) throw new Error(`no Location in ${answer.status} ${answer.text.slice(0, 500)}`)
  return new URL(location).searchParams
}

/** Opens an authorization request and approves it; the redirect back to the app. */
export async function approve(
  browser: Browser,
  path: string,
  fields: Readonly<Record<string, string | readonly string[]>> = {},
): Promise<Answer> {
  const page = await browser.settle(await browser.open(path))
  if (page.status !== 200) return page
  return browser.submit(page, { decision: 'approve', ...fields })
}

/** The values of one complete code flow. */
export interface Flow {
  readonly app: App
  readonly redirectUri: string
  /** `/o/authorize/` or `/oauth/authorize`. */
  readonly authorize: string
  readonly scope?: string
  readonly team?: string
  readonly pkce?: { readonly verifier: string; readonly challenge: string }
  readonly more?: Readonly<Record<string, string>>
}

/** The path of an authorization request. */
export function authorizePath({ app, redirectUri, authorize, scope, team, pkce, more }: Flow): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: app.clientId,
    redirect_uri: redirectUri,
    ...(scope !== undefined && { scope }),
    ...(team !== undefined && { team }),
    ...(pkce && { code_challenge: pkce.challenge, code_challenge_method: 'S256' }),
    ...more,
  })
  return `${authorize}?${query}`
}

/** Gets a code by asking the person. */
export async function getCode(
  browser: Browser,
  flow: Flow,
  fields: Readonly<Record<string, string | readonly string[]>> = {},
): Promise<string> {
  const answer = await approve(browser, authorizePath(flow), fields)
  const code = responseOf(answer).get('code')
  if (code === null) throw new Error(`no code in ${answer.headers.location}`)
  return code
}

/** Exchanges a code as the documents do. */
export function exchange(
  server: TestServer,
  tokenPath: string,
  flow: Flow,
  code: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return call(server, tokenPath, {
    form: {
      grant_type: 'authorization_code',
      code,
      client_id: flow.app.clientId,
      client_secret: flow.app.secret,
      redirect_uri: flow.redirectUri,
      ...(flow.pkce && { code_verifier: flow.pkce.verifier }),
      ...more,
    },
  })
}

/** Registers an app of a team of its own, which gets tokens for itself; `app` changes its metadata. */
export async function newMachine(server: TestServer, app: object = {}): Promise<App> {
  const team = await newTeam(server, fresh('machines'))
  return newApp(server, {
    door: 'openchatstudio',
    grant_types: ['client_credentials'],
    scope: 'chatbot:read',
    team,
    ...app,
  })
}
