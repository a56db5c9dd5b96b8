import { once } from 'node:events'
import { createServer } from 'node:https'
import type { Browser } from './browser.ts'
import { type Authority, newAuthority } from './certificates.ts'
import { type Answer, text } from './http.ts'
import { newScene, newTokens, type Scene } from './ocs.ts'
import { type ServerOptions, startServer, type TestServer } from './server.ts'

/** Where the app of these tests has its browsers sent back after a logout. */
export const afterLogout = 'https://your-server/bye?app=1'

/** A server whose first apps door takes part in logout; `door` changes its settings. */
export function startLogoutServer(door: object = {}, options: ServerOptions = {}): Promise<TestServer> {
  return startServer({ ...options, doors: { ...options.doors, openchatstudio: { logout: {}, ...door } } })
}

/** The claims of a JWT; nothing is verified. */
export function claimsOf(jwt: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
}

/** A person signed in at the server and, by an ID token, at an app. */
export interface SignedInApp extends Scene {
  readonly idToken: string
  readonly sid: string
  readonly access: string
  readonly refresh: string
}

/** Signs somebody new in at a new app. */
export async function signedInApp(server: TestServer, app: object = {}): Promise<SignedInApp> {
  const scene = await newScene(server, {
    scope: 'openid chatbot:read',
    post_logout_redirect_uris: [afterLogout],
    ...app,
  })
  return tokensOf(scene)
}

/** Signs the person of a scene in at its app, once more. */
export async function tokensOf(scene: Scene, prompt?: string): Promise<SignedInApp> {
  const more = { state: 's', ...(prompt !== undefined && { prompt }) }
  const { access, refresh, answer } = await newTokens(scene, { team: scene.team, more })
  const idToken = text(answer, 'id_token')
  return { ...scene, idToken, sid: String(claimsOf(idToken)['sid']), access, refresh }
}

/** The path of a logout request. */
export const logoutPath = (params: Readonly<Record<string, string>>): string =>
  `/o/logout?${new URLSearchParams(params)}`

/** Whether somebody is still signed in at the server. */
export async function isSignedIn(browser: Browser): Promise<boolean> {
  return (await browser.open('/account')).status === 200
}

/** Signs out on the account page. */
export async function signOutInPortal(browser: Browser): Promise<Answer> {
  const account = await browser.open('/account')
  const csrf = /name="csrf" value="([^"]+)"/.exec(account.text)?.[1] ?? ''
  return browser.open('/sign-out', { method: 'POST', form: { csrf } })
}

/** An app's server, which hears of logouts. */
export interface Receiver {
  readonly authority: Authority
  readonly origin: string
  /** Logout tokens in the order in which they came, with the path that they came to. */
  readonly heard: { readonly path: string; readonly token: string }[]
  /** All that came, token or not. */
  readonly asked: () => number
  /** What it answers from now on; left out: 200. `hang` answers nothing. */
  answer(next: number | 'hang'): void
  close(): Promise<void>
}

/** Starts an app's server with a certificate of an authority of its own. */
export async function startReceiver(): Promise<Receiver> {
  const authority = await newAuthority()
  const { cert, key } = await authority.issue({ subject: '/CN=app', names: ['IP:127.0.0.1'] })
  const heard: Receiver['heard'] = []
  let asked = 0
  let next: number | 'hang' = 200
  const server = createServer({ cert, key }, (request, response) => {
    asked += 1
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const token = new URLSearchParams(body).get('logout_token')
      if (request.method === 'POST' && token !== null) heard.push({ path: request.url ?? '', token })
      if (next === 'hang') return
      const elsewhere = next === 302 ? { location: '/elsewhere' } : {}
      response.writeHead(next, elsewhere).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    authority,
    origin: `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    heard,
    asked: () => asked,
    answer: (status) => void (next = status),
    async close() {
      server.closeAllConnections()
      server.close()
      await authority.close()
    },
  }
}

/** The options of a server that can reach a receiver. */
export const reaching = ({ authority }: Receiver): ServerOptions => ({
  privateNetworks: ['127.0.0.0/8'],
  extraCertificates: authority.certPath,
})
