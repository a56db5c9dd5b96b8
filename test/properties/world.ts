import { type CryptoKey, exportJWK, generateKeyPair } from 'jose'
import {
  adminToken,
  administer,
  type App,
  call,
  type Flow,
  fresh,
  newApp,
  newPerson,
  newTeam,
  type Person,
} from '../support/actors.ts'
import { type GuardAccess, newGuard } from '../support/guard-access.ts'
import { grantType } from '../support/grants.ts'
import { afterLogout } from '../support/logout.ts'
import { callback, newScene, type Scene } from '../support/ocs.ts'
import { newOsirFlow } from '../support/osir.ts'
import { type Provider, startProvider } from '../support/provider.ts'
import { text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { newVendor, type Vendor } from '../support/vendors.ts'
import { startVoucher, type Voucher } from '../support/vouching.ts'
import { everything, forwardAuth } from './everything.ts'

/** What the app that stands for most things may ask for, and what its person has allowed it. */
export const wide = ['chatbot:read', 'chatbot:write', 'openid', 'profile', 'session:read']
/** The part that the person allowed. */
export const allowed = ['chatbot:read', 'openid']

/** The addresses that each kind of app registered. */
export const addresses = {
  main: [callback, 'com.example.app:/cb'],
  other: ['https://other.example/cb?tenant=1'],
  page: ['https://spa.example/cb'],
  bye: [afterLogout, 'com.example.app:/bye'],
} as const

/** Software that registered itself. */
export interface Registered extends App {
  readonly token: string
}

/** People, apps, vendors and guards of one server: what stays while requests come and go. */
export interface World {
  readonly server: TestServer
  /** Whether everything is switched on. */
  readonly rich: boolean
  /** A person, a team, the app that they use, and their browser. */
  readonly scene: Scene
  /** The key that the app signs with. */
  readonly key: CryptoKey
  /** Allowed nothing, but by what a test sends. */
  readonly other: App
  /** A public client in a page. */
  readonly page: App
  /** An app for itself. */
  readonly machine: App
  /** A flow of an app at OSIR’s door. */
  readonly osir: Flow
  readonly vendor: Vendor
  readonly guard: GuardAccess
  readonly admin: string
  /** By the path of the door. */
  readonly registered: Readonly<Record<string, Registered>>
  readonly voucher: Voucher
  readonly provider: Provider | undefined
  /** May come to harm. */
  readonly victim: {
    readonly person: Person
    readonly teamId: string
    readonly app: App
    readonly vendorId: string
  }
  close(): Promise<void>
}

async function apps(server: TestServer, rich: boolean, teamId: string) {
  const door = 'openchatstudio'
  const scope = wide.join(' ')
  const more = rich ? Object.values(grantType) : []
  const [other, page, machine] = await Promise.all([
    newApp(server, {
      door,
      scope,
      team: teamId,
      name: 'Other app',
      redirect_uris: addresses.other,
      grant_types: ['authorization_code', 'refresh_token', ...more],
      ...(rich && { subject_type: 'pairwise' }),
    }),
    newApp(server, { door, scope, type: 'public', name: 'Page', redirect_uris: addresses.page }),
    newApp(server, { door, team: teamId, scope: 'chatbot:read', grant_types: ['client_credentials'] }),
  ])
  return { other, page, machine }
}

/** A token to register with, where one is needed. */
export async function newInitialToken(
  server: TestServer,
): Promise<{ readonly id: string; readonly token: string }> {
  const json = { door: 'osir-oauth', name: 'n', uses: 100 }
  const answer = await administer(server, 'POST', '/registration-tokens', json)
  return { id: text(answer, 'id'), token: text(answer, 'token') }
}

async function register(server: TestServer, path: string): Promise<Registered> {
  const json = { client_name: 'Self-made', redirect_uris: ['https://self.example/cb'] }
  const bearer = (await newInitialToken(server)).token
  const answer = await call(server, `${path}/register`, { json, bearer })
  return {
    clientId: text(answer, 'client_id'),
    secret: text(answer, 'client_secret'),
    token: text(answer, 'registration_access_token'),
  }
}

async function newVictim(server: TestServer): Promise<World['victim']> {
  const person = await newPerson(server)
  const teamId = await newTeam(server, fresh('victims'), [person])
  const app = await newApp(server, { door: 'openchatstudio', redirect_uris: ['https://victim.example/cb'] })
  return { person, teamId, app, vendorId: (await newVendor(server)).vendor_id }
}

async function populate(
  server: TestServer,
  rich: boolean,
): Promise<Omit<World, 'close' | 'voucher' | 'provider'>> {
  const pair = await generateKeyPair('ES256')
  const scene = await newScene(server, {
    name: 'Main app',
    scope: wide.join(' '),
    redirect_uris: addresses.main,
    grant_types: ['authorization_code', 'refresh_token', ...(rich ? Object.values(grantType) : [])],
    ...(rich && {
      post_logout_redirect_uris: addresses.bye,
      jwks: { keys: [await exportJWK(pair.publicKey)] },
    }),
  })
  return {
    server,
    rich,
    scene,
    key: pair.privateKey,
    ...(await apps(server, rich, scene.teamId)),
    osir: await newOsirFlow(server, {}, { more: { state: 's' } }),
    vendor: await newVendor(server),
    guard: await newGuard(server),
    admin: await adminToken(server),
    registered: rich
      ? { '/o': await register(server, '/o'), '/oauth': await register(server, '/oauth') }
      : {},
    victim: await newVictim(server),
  }
}

/** Starts a server as the documents have it, or with everything switched on, and puts people and apps there. */
export async function startWorld(rich: boolean): Promise<World> {
  let clock = () => 0
  const voucher = await startVoucher(() => clock())
  const provider: Provider | undefined = rich ? await startProvider() : undefined
  const server = await startServer(rich ? everything(voucher, provider?.settings) : { forwardAuth })
  clock = server.now
  provider?.allow(`${server.base}/api/auth/google/callback/`)
  return {
    ...(await populate(server, rich)),
    voucher,
    provider,
    async close() {
      voucher.close()
      await provider?.close()
      await server.close()
    },
  }
}

/** Replaces what the requests of one endpoint may have ended. */
export async function revived(world: World): Promise<World> {
  const { server, victim } = world
  const gone = await call(server, `/admin/clients/${victim.app.clientId}`, { bearer: world.admin })
  const team = await call(server, `/admin/teams/${victim.teamId}`, { bearer: world.admin })
  const person = await call(server, '/api/auth/me/', { bearer: victim.person.access })
  const well = [gone, team, person].every(({ status }) => status === 200)
  const registered = await Promise.all(
    Object.entries(world.registered).map(async ([path, one]) => {
      const there = await call(server, `${path}/register/${one.clientId}`, { bearer: one.token })
      return [path, there.status === 200 ? one : await register(server, path)] as const
    }),
  )
  return {
    ...world,
    registered: Object.fromEntries(registered),
    ...(!well && { victim: await newVictim(server) }),
  }
}

/** Adds one more API key of the person, through a door; its id. */
export async function newKey(
  world: World,
  access: string,
  managePath: string,
): Promise<{ id: string; key: string }> {
  const answer = await call(world.server, managePath, { json: { name: 'k' }, bearer: access })
  return { id: text(answer, 'id'), key: text(answer, 'key') }
}

/** The id of one of the two secrets of the victim's app. */
export async function newSecretId({ server, victim, admin }: World): Promise<string> {
  const path = `/admin/clients/${victim.app.clientId}/secrets`
  await call(server, path, { json: {}, bearer: admin })
  const { json } = await call(server, path, { bearer: admin })
  const list = json['data'] as readonly { readonly id: string }[] | undefined
  return list?.at(-1)?.id ?? 'none'
}
