import { registerClient } from '../accounts/clients.ts'
import { createKey } from '../accounts/keys.ts'
import { signUp } from '../accounts/sign-up.ts'
import { createTeam, type NewTeam } from '../accounts/teams.ts'
import { newId } from '../crypto/id.ts'
import { newSecret } from '../crypto/secret.ts'
import type { Services } from '../doors/services.ts'
import type { Account, AuditEvent, Client, Environment, Widget } from '../store/contract/index.ts'

/** An app of a demonstration. */
export interface SeedApp {
  readonly door: string
  readonly name: string
  readonly redirectUris: readonly string[]
  readonly scope: readonly string[]
}

/** What a demonstration starts with: plain data, by the names under which `demo.json` has it. */
export interface Seed {
  readonly person: { readonly email: string }
  readonly admin: { readonly email: string }
  readonly plan: string
  /** The person is in all of them. */
  readonly teams: readonly { readonly slug: string; readonly name: string; readonly plan: string }[]
  readonly apps: Readonly<Record<string, SeedApp>>
  readonly vendors: Readonly<
    Record<string, { readonly door: string; readonly name: string; readonly plan: string }>
  >
  readonly keys: Readonly<
    Record<
      string,
      {
        readonly door: string
        readonly name: string
        readonly environment: Environment
        readonly scope: readonly string[]
      }
    >
  >
  readonly character: Pick<Widget, 'slug' | 'allowedOrigins' | 'profile'> & { readonly door: string }
}

/** The secrets of a demonstration, shown once and written to `demo.json`. */
export interface Demo {
  readonly baseUrl: string
  readonly person: { readonly email: string; readonly password: string }
  readonly admin: { readonly email: string; readonly password: string }
  readonly apps: Readonly<
    Record<
      string,
      {
        readonly client_id: string
        readonly client_secret: string
        readonly redirect_uri: string
        readonly loopback_redirect_uri: string
        readonly scope: string
      }
    >
  >
  readonly vendors: Readonly<Record<string, { readonly client_id: string; readonly client_secret: string }>>
  readonly keys: Readonly<Record<string, string>>
  readonly character: { readonly slug: string; readonly allowed_origins: readonly string[] }
}

interface Sowing {
  readonly services: Services
  readonly now: number
  event(type: string, more?: Partial<AuditEvent>): AuditEvent
}

async function sowPerson(
  email: string,
  { admin, plan }: { readonly admin: boolean; readonly plan: string },
  { services, now, event }: Sowing,
): Promise<{ readonly account: Account; readonly password: string }> {
  const password = newSecret().slice(0, 20)
  const { store, passwords } = services
  const made = await signUp(
    { email, password, plan, minPasswordLength: 8, emailVerified: true, admin },
    { store, passwords, now, event },
  )
  if (made.outcome === 'created') return { account: made.account, password }
  throw new Error(
    `the demonstration can't be set up: ${JSON.stringify(made.fields)}; start with an empty data folder`,
  )
}

async function sowClient(
  client: Pick<Client, 'doorId' | 'name' | 'teamId' | 'grantTypes' | 'scope' | 'redirectUris'>,
  { services: { store, sealer }, now, event }: Sowing,
) {
  const registration = {
    ...client,
    type: 'confidential',
    scope: [...client.scope].sort(),
    resources: undefined,
  } as const
  const { client: made, secret = '' } = await registerClient(registration, { store, sealer, now, event })
  return { client_id: made.clientId, client_secret: secret }
}

async function sowTeam(team: NewTeam, { services: { store }, now, event }: Sowing): Promise<string> {
  const made = await createTeam(team, { store, now, event })
  if (!made)
    throw new Error(`the demonstration's team ${team.slug} is there already; start with an empty data folder`)
  return made.teamId
}

async function sowVendor({ door, name, plan }: Seed['vendors'][string], sowing: Sowing) {
  const teamId = await sowTeam({ name, plan }, sowing)
  const grantTypes = ['client_credentials']
  return sowClient({ doorId: door, name, teamId, grantTypes, scope: [], redirectUris: [] }, sowing)
}

async function sowKey(
  { door, name, environment, scope }: Seed['keys'][string],
  owner: Account,
  { services, now, event }: Sowing,
): Promise<string> {
  const settings = services.doors.find((one) => one.id === door)
  if (settings?.kind !== 'keys') throw new TypeError(`the demonstration names ${door}, which is no keys door`)
  const { accountId, homeTeamId: teamId } = owner
  const wanted = {
    name,
    accountId,
    teamId,
    role: 'owner',
    environment,
    scope: [...scope].sort(),
    ipList: [],
    expiresAt: undefined,
  }
  const made = await createKey(wanted, settings, { store: services.store, now, event })
  if (made.outcome === 'created') return made.secret
  throw new TypeError(`the demonstration's key ${name} is refused: ${JSON.stringify(made.fields)}`)
}

async function sowAll<In, Out>(
  entries: Readonly<Record<string, In>>,
  one: (entry: In) => Promise<Out>,
): Promise<Readonly<Record<string, Out>>> {
  const sown = await Promise.all(
    Object.entries(entries).map(async ([name, entry]) => [name, await one(entry)] as const),
  )
  return Object.fromEntries(sown)
}

async function sowTeams(seed: Seed, { accountId }: Account, sowing: Sowing): Promise<void> {
  const {
    services: { store },
    now,
    event,
  } = sowing
  for (const team of seed.teams) {
    const teamId = await sowTeam(team, sowing)
    await store.teams.setMember(
      { teamId, accountId, role: 'member' },
      event('member.set', { teamId, accountId }),
      now,
    )
  }
}

/** A registered loopback address may be used with any port (RFC 8252 §7.3): the one of this server, where its page is. */
function loopback(baseUrl: string, registered: string): string {
  const { port } = new URL(baseUrl)
  return port === '' ? registered : registered.replace('127.0.0.1', `127.0.0.1:${port}`)
}

/** Sets up a demonstration in an empty store and returns its secrets. */
export async function sow(seed: Seed, services: Services): Promise<Demo> {
  const now = services.now()
  const sowing: Sowing = { services, now, event: (type, more) => ({ ...more, type, doorId: 'demo' }) }
  const person = await sowPerson(seed.person.email, { admin: false, plan: seed.plan }, sowing)
  const admin = await sowPerson(seed.admin.email, { admin: true, plan: seed.plan }, sowing)
  await sowTeams(seed, person.account, sowing)
  const apps = await sowAll(seed.apps, async ({ door, name, redirectUris, scope }) => ({
    ...(await sowClient(
      {
        doorId: door,
        name,
        teamId: undefined,
        grantTypes: ['authorization_code', 'refresh_token'],
        scope,
        redirectUris,
      },
      sowing,
    )),
    redirect_uri: redirectUris[0] ?? '',
    loopback_redirect_uri: loopback(services.baseUrl, redirectUris[1] ?? ''),
    scope: scope.join(' '),
  }))
  const { door: doorId, ...character } = seed.character
  const { accountId, homeTeamId: teamId } = person.account
  const widget = {
    ...character,
    widgetId: newId('wid_', now),
    doorId,
    accountId,
    teamId,
    active: true,
    allowOverrides: false,
    sessionLimit: 100,
  }
  await services.store.widgets.create(
    widget,
    sowing.event('widget.created', { targetId: widget.widgetId }),
    now,
  )
  return {
    baseUrl: services.baseUrl,
    person: { email: seed.person.email, password: person.password },
    admin: { email: seed.admin.email, password: admin.password },
    apps,
    vendors: await sowAll(seed.vendors, (vendor) => sowVendor(vendor, sowing)),
    keys: await sowAll(seed.keys, (key) => sowKey(key, person.account, sowing)),
    character: { slug: character.slug, allowed_origins: character.allowedOrigins },
  }
}
