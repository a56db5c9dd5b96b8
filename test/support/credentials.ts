import { administer, call, newApp, newPerson } from './actors.ts'
import { newCharacter, startSession } from './characters.ts'
import { text } from './http.ts'
import { newScene, newTokens } from './ocs.ts'
import type { TestServer } from './server.ts'
import { changeVendor, newVendor, vendorTokens } from './vendors.ts'

/** One credential of a running server that is good, and how to make it bad. */
export interface Held {
  readonly secret: string
  /** Moves the clock to where it has ended. */
  expire(): Promise<void>
  revoke(): Promise<void>
}

/** A kind of credential, the door that makes it, and the header that carries it where it is not `Authorization`. */
export interface Kind {
  readonly name: string
  readonly kind: string
  readonly door: string
  readonly header?: 'X-API-Key'
  make(server: TestServer): Promise<Held>
}

const hour = 3600
const day = 24 * hour

async function personToken(server: TestServer): Promise<Held> {
  const { access, refresh } = await newPerson(server)
  return {
    secret: access,
    expire: () => server.advance(10 * day),
    revoke: async () => void (await call(server, '/api/auth/logout/', { json: { refresh } })),
  }
}

async function appToken(server: TestServer): Promise<Held> {
  const scene = await newScene(server)
  const { access } = await newTokens(scene)
  const { clientId: client_id, secret: client_secret } = scene.app
  return {
    secret: access,
    expire: () => server.advance(hour),
    revoke: async () =>
      void (await call(server, '/o/revoke_token/', { form: { token: access, client_id, client_secret } })),
  }
}

async function machineToken(server: TestServer): Promise<Held> {
  const { teamId: team } = await newScene(server)
  const grant_types = ['client_credentials']
  const app = await newApp(server, { door: 'openchatstudio', grant_types, team, scope: 'chatbot:read' })
  const form = {
    grant_type: 'client_credentials',
    client_id: app.clientId,
    client_secret: app.secret,
  }
  return {
    secret: text(await call(server, '/o/token/', { form }), 'access_token'),
    expire: () => server.advance(hour),
    revoke: async () => void (await administer(server, 'DELETE', `/clients/${app.clientId}`)),
  }
}

async function vendorToken(server: TestServer): Promise<Held> {
  const vendor = await newVendor(server)
  return {
    secret: (await vendorTokens(server, vendor)).access,
    expire: () => server.advance(hour),
    revoke: async () => void (await changeVendor(server, vendor, { status: 'suspended' })),
  }
}

async function apiKey(server: TestServer): Promise<Held> {
  const { access: bearer } = await newPerson(server)
  const expires_at = new Date((server.now() + 100) * 1000).toISOString()
  const json = { name: 'k', scopes: ['domains:read'], expires_at }
  const made = await call(server, '/v1/api-keys', { bearer, json })
  return {
    secret: text(made, 'key'),
    expire: () => server.advance(100),
    revoke: async () =>
      void (await call(server, `/v1/api-keys/${text(made, 'id')}`, { method: 'DELETE', bearer })),
  }
}

/** A session token made with a key or a sign-in; it dies with what it was made with. */
async function sessionTokenOf(server: TestServer, parent: Held, json: object): Promise<Held> {
  const made = await call(server, '/v1/session-tokens', { bearer: parent.secret, json })
  return {
    secret: text(made, 'token'),
    // It was not used: half an hour of that is enough.
    expire: () => server.advance(hour / 2),
    revoke: parent.revoke,
  }
}

async function widgetToken(server: TestServer): Promise<Held> {
  const owner = await newPerson(server)
  const origin = 'https://mysite.com'
  const slug = await newCharacter(server, owner, { allowed_origins: [origin] })
  return {
    secret: text(await startSession(server, slug, origin), 'token'),
    expire: () => server.advance(hour),
    revoke: async () =>
      void (await call(server, `/api/ai-characters/${slug}/`, { method: 'DELETE', bearer: owner.access })),
  }
}

/** Every kind of credential, by every header that may carry it. */
export const kinds: readonly Kind[] = [
  { name: "a person's token", kind: 'person', door: 'oshara', make: personToken },
  { name: "an app's token", kind: 'app', door: 'openchatstudio', make: appToken },
  { name: "a machine's token", kind: 'machine', door: 'openchatstudio', make: machineToken },
  { name: "a vendor's token", kind: 'vendor', door: 'charp', make: vendorToken },
  { name: 'an API key', kind: 'api-key', door: 'osir', make: apiKey },
  { name: 'an API key in X-API-Key', kind: 'api-key', door: 'osir', header: 'X-API-Key', make: apiKey },
  {
    name: 'a session token of a key',
    kind: 'session-token',
    door: 'osir',
    make: async (server) => {
      // Of a key that lives longer than it.
      const { access: bearer } = await newPerson(server)
      const json = { name: 'k', scopes: ['domains:read'] }
      const made = await call(server, '/v1/api-keys', { bearer, json })
      const revoke = async () =>
        void (await call(server, `/v1/api-keys/${text(made, 'id')}`, { method: 'DELETE', bearer }))
      return sessionTokenOf(
        server,
        { secret: text(made, 'key'), expire: () => server.advance(0), revoke },
        {},
      )
    },
  },
  {
    name: 'a session token of a sign-in',
    kind: 'session-token',
    door: 'osir',
    make: async (server) => sessionTokenOf(server, await personToken(server), { scope: 'domains:read' }),
  },
  { name: "a widget's token", kind: 'widget', door: 'oshara-widgets', make: widgetToken },
]
