import { SignJWT } from 'jose'
import { type Flow, authorizePath, call, getCode, newPkce } from '../support/actors.ts'
import { readForm } from '../support/browser.ts'
import { credentials, enterCode, grantType } from '../support/grants.ts'
import { text } from '../support/http.ts'
import { newFlow, newTokens } from '../support/ocs.ts'
import { redeemAt } from '../support/osir.ts'
import type { MountedEndpoint } from '../support/server.ts'
import { vendorTokens } from '../support/vendors.ts'
import type { Pairs } from './knock.ts'
import { addresses, allowed, newInitialToken, newKey, newSecretId, type World } from './world.ts'

/** A form of ours as it would be sent, and where to. */
export interface Shown {
  readonly path: string
  readonly query: Pairs
  readonly fields: Pairs
}

/** What requests use up: made anew for each endpoint. */
export interface Live {
  /** The cookies of the signed-in browser. */
  readonly cookie: string
  readonly csrf: string
  readonly flow: Flow
  readonly code: string
  readonly tokens: { readonly access: string; readonly refresh: string; readonly idToken: string }
  /** Asks for what was allowed before, so that a code comes without a question; and the same, signed. */
  readonly standing: Pairs
  readonly signed: string
  /** The page that asks about the other app. */
  readonly consent: Shown
  readonly ways: Pairs
  readonly pushed: string
  readonly device: { readonly code: string; readonly userCode: string; readonly page: Shown | undefined }
  readonly asked: { readonly id: string; readonly secret: string; readonly page: Shown | undefined }
  readonly assertion: string
  readonly vendor: { readonly access: string; readonly refresh: string }
  readonly person: { readonly access: string; readonly refresh: string }
  readonly keys: Readonly<Record<string, { readonly id: string; readonly key: string }>>
  readonly secretId: string
  /** A token to register with. */
  readonly initial: { readonly id: string; readonly token: string }
  readonly osir: { readonly code: string; readonly access: string; readonly refresh: string }
  /** A browser that is at a provider, and the state that it would come back with. */
  readonly upstream: { readonly cookie: string; readonly query: Pairs }
}

/** The one PKCE pair of all requests that are made up, so that a code which comes of them can be tried. */
export const pkce = newPkce()

async function signIn({ scene: { browser, person } }: World): Promise<void> {
  const { status } = await browser.open('/account')
  if (status === 200) return
  await browser.submit(await browser.open('/sign-in'), { email: person.email, password: person.password })
}

const queryOf = (path: string): Pairs => [...new URL(path, 'http://x').searchParams]

/** The parameters of a request that leads to a question about the other app. */
function otherFlow({ other, scene }: World): Flow {
  return {
    app: other,
    redirectUri: addresses.other[0],
    authorize: '/o/authorize',
    scope: 'chatbot:read chatbot:write openid',
    team: scene.team,
    pkce,
    more: { state: 's', prompt: 'consent' },
  }
}

async function shown({ scene: { browser } }: World, path: string): Promise<Shown> {
  const page = await browser.settle(await browser.open(path))
  return formOf(page.text)
}
function formOf(html: string): Shown {
  const { action, fields } = readForm(html)
  const { pathname, searchParams } = new URL(action, 'http://x')
  return { path: pathname, query: [...searchParams], fields }
}

async function askOnDevice(world: World): Promise<Live['device']> {
  const form = { ...credentials(world.other), scope: 'chatbot:read openid' }
  const answer = await call(world.server, '/o/device_authorization', { form })
  if (answer.status !== 200) return { code: 'none', userCode: 'none', page: undefined }
  const userCode = text(answer, 'user_code')
  const page = await enterCode(world.scene, userCode)
  return { code: text(answer, 'device_code'), userCode, page: formOf(page.text) }
}

async function askElsewhere(world: World): Promise<Live['asked']> {
  const { browser, person } = world.scene
  const form = { ...credentials(world.other), scope: 'chatbot:read openid', login_hint: person.email }
  const answer = await call(world.server, '/o/backchannel_authentication', { form })
  if (answer.status !== 200) return { id: 'none', secret: 'none', page: undefined }
  const account = await browser.open('/account')
  const id = /\/account\/requests\/([\w-]+)/.exec(account.text)?.[1] ?? 'none'
  return { id, secret: text(answer, 'auth_req_id'), page: await shown(world, `/account/requests/${id}`) }
}

async function push({ server, other, rich }: World, ways: Pairs): Promise<string> {
  if (!rich) return 'urn:ietf:params:oauth:request_uri:none'
  const form = [...ways.filter(([name]) => name !== 'client_id'), ...Object.entries(credentials(other))]
  return text(await call(server, '/o/par', { form }), 'request_uri')
}

async function goUpstream({ server, provider }: World): Promise<Live['upstream']> {
  if (!provider) return { cookie: '', query: [] }
  const { headers } = await call(server, '/api/auth/google/')
  const cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  const back = await provider.signIn(headers.location ?? '', { email: 'upstream@example.com' })
  return { cookie, query: [...new URL(back).searchParams] }
}

async function makeKeys(world: World, access: string): Promise<Live['keys']> {
  const paths = ['/api/auth/api-keys', '/api/api-keys', '/v1/api-keys']
  const made = await Promise.all(
    paths.map(async (path) => [path, await newKey(world, access, path)] as const),
  )
  return Object.fromEntries(made)
}

async function peopleTokens({ server, scene: { person } }: World): Promise<Live['person']> {
  const { email, password } = person
  const answer = await call(server, '/api/auth/login/', { json: { email, password } })
  return { access: text(answer, 'access'), refresh: text(answer, 'refresh') }
}

async function osirTokens({ server, scene: { browser }, osir }: World): Promise<Live['osir']> {
  const answer = await redeemAt(server, osir, await getCode(browser, osir))
  const code = await getCode(browser, osir)
  return { code, access: text(answer, 'access_token'), refresh: text(answer, 'refresh_token') }
}

type Others = Pick<Live, 'vendor' | 'person' | 'keys' | 'secretId' | 'initial' | 'upstream'>

/** What no browser of the person is needed for. */
async function bringOthers(world: World, { path }: MountedEndpoint): Promise<Others> {
  const [vendor, person, secretId] = await Promise.all([
    vendorTokens(world.server, world.vendor),
    peopleTokens(world),
    newSecretId(world),
  ])
  return {
    vendor,
    person,
    keys: await makeKeys(world, person.access),
    secretId,
    initial: world.rich ? await newInitialToken(world.server) : { id: 'none', token: 'none' },
    upstream: path.includes('google') ? await goUpstream(world) : { cookie: '', query: [] },
  }
}

const sign = (world: World, standing: Pairs) =>
  new SignJWT({
    ...Object.fromEntries(standing),
    iss: world.scene.app.clientId,
    aud: world.server.base,
    exp: world.server.now() + 60,
  })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(world.key)

async function bringApps(world: World): Promise<Omit<Live, keyof Others>> {
  const { server, scene, rich, voucher } = world
  await signIn(world)
  const more = { team: scene.team, scope: allowed.join(' ') }
  const { answer, access, refresh } = await newTokens(scene, more)
  const flow = newFlow(scene, more)
  const standing = queryOf(authorizePath({ ...newFlow(scene, more), pkce }))
  const ways = queryOf(authorizePath(otherFlow(world)))
  const account = await scene.browser.open('/account')
  return {
    cookie: [...scene.browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; '),
    csrf: /name="csrf" value="([^"]+)"/.exec(account.text)?.[1] ?? '',
    flow,
    code: await getCode(scene.browser, flow),
    tokens: { access, refresh, idToken: text(answer, 'id_token') },
    standing,
    signed: await sign(world, standing),
    consent: await shown(world, authorizePath(otherFlow(world))),
    ways,
    pushed: await push(world, ways),
    device: rich ? await askOnDevice(world) : { code: 'none', userCode: 'none', page: undefined },
    asked: rich ? await askElsewhere(world) : { id: 'none', secret: 'none', page: undefined },
    assertion: await voucher.sign({ sub: scene.person.id, aud: server.base }),
    osir: await osirTokens(world),
  }
}

/** Doors whose requests use up nothing of an app’s; what was made for the one before will do there. */
const withoutApps = [
  'oshara',
  'oshara-widgets',
  'oshara-keys',
  'openchatstudio-keys',
  'osir',
  'charp',
  'admin',
]

/**
 * Makes everything that the requests of an endpoint use up, or what of it may be gone since `before`. The clock goes on, so that no
 * count of the last ten minutes is left.
 */
export async function bringToLife(
  world: World,
  endpoint: MountedEndpoint,
  before: Live | undefined,
): Promise<Live> {
  if (before && endpoint.door === 'system') return before
  await world.server.advance(601)
  const others = await bringOthers(world, endpoint)
  const spared = before && withoutApps.includes(endpoint.door)
  return { ...(spared ? before : await bringApps(world)), ...others }
}

/** The grant types that begin elsewhere, as the forms of the token endpoint name them. */
export const {
  device: deviceGrant,
  exchange: exchangeGrant,
  assertion: assertionGrant,
  backchannel,
} = grantType
