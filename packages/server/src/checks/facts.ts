import { hash as digest } from 'node:crypto'
import { createFactCache, type FactSource, type Spender, type Spent as SpentFact } from '@sallyport/guard'
import type { DoorSettings, KeysDoor, LimitTable, Window } from '../settings/door.ts'
import { issuerOf } from '../settings/issuer.ts'
import type { ChangeKind, Store } from '../store/contract/index.ts'
import type { Limiter, Spent } from './limit.ts'
import type { Signing } from './signing.ts'
import { createTouches, type Touches } from './touches.ts'

/** What the facts are made of. */
export interface FactParts {
  readonly store: Store
  readonly signing: Signing
  readonly limiter: Limiter
  readonly doors: readonly DoorSettings[]
  readonly limits: Readonly<Record<string, LimitTable>>
  readonly baseUrl: string
  now(): number
  /** Told when the signing keys could not be read again. */
  reloadFailed(error: unknown): void
  /** The claims of an opaque access token of ours. */
  openToken(token: string): Readonly<Record<string, unknown>> | undefined
}

/** This server's own live facts, for the guards in its process. */
export interface LocalFacts extends FactSource {
  /** Forgets what changed. */
  changed(kind: ChangeKind, id: string): void
  /** Names the configuration that the facts rest on beside the rows: another name, other facts. */
  readonly config: string
  /** Notes that a client's secret was accepted; nothing is written before it returns. */
  secretUsed(secretId: string, at: number): void
  /** Resolves when the signing keys that `changed` has named are read. */
  settled(): Promise<void>
  /** Writes the last-used moments gathered so far. */
  flush(): Promise<void>
}

function checksOrigins(doors: readonly DoorSettings[]): boolean {
  return !doors.some((door) => door.kind === 'widgets' && door.insecureSkipOriginChecks)
}

function lookUps({ store, now, doors }: FactParts, touches: Touches, idleOf: (doorId: string) => number) {
  const cache = createFactCache()
  const cached = <T>(kind: ChangeKind, id: string, load: () => Promise<T | undefined>) =>
    cache.get(`${kind}:${id}`, load)
  const methods: Pick<
    FactSource,
    | 'family'
    | 'account'
    | 'client'
    | 'team'
    | 'membership'
    | 'apiKey'
    | 'sessionToken'
    | 'widgetSession'
    | 'widget'
  > = {
    family: (id) => cached('family', id, () => store.families.find(id)),
    account: (id) => cached('account', id, () => store.accounts.find(id)),
    client: (id) => cached('client', id, () => store.clients.find(id, now())),
    team: (id) => cached('team', id, () => store.teams.find(id)),
    membership: (accountId, teamId) =>
      cached('membership', `${accountId}:${teamId}`, () => store.teams.membership(accountId, teamId)),
    apiKey: (hash) => cached('api-key', hash, () => store.keys.findByHash(hash)),
    async sessionToken(hash) {
      const token = await cached('session-token', hash, () => store.keys.findSessionToken(hash))
      return (
        token && {
          ...token,
          idle: idleOf(token.doorId),
          lastUsedAt: Math.max(token.lastUsedAt, touches.lastUsedAt(hash) ?? 0),
        }
      )
    },
    widgetSession: (id) => cached('widget-session', id, () => store.widgets.findSession(id)),
    async widget(id) {
      const widget = await cached('widget', id, () => store.widgets.find(id))
      return widget && { ...widget, allowedOrigins: checksOrigins(doors) ? widget.allowedOrigins : 'any' }
    },
  }
  return { methods, drop: (kind: ChangeKind, id: string) => cache.drop(`${kind}:${id}`) }
}

/** Spends one use of every window of the caller's plan; the tightest is told. */
async function spendAll(
  key: string,
  windows: readonly Window[],
  limiter: Limiter,
  now: number,
): Promise<Spent | undefined> {
  let tightest: Spent | undefined
  for (const window of windows) {
    const spent = await limiter.spend(`${key}:${window.window}`, window, now)
    if (!spent.allowed) return spent
    if (!tightest || spent.remaining < tightest.remaining) tightest = spent
  }
  return tightest
}

/** Spends one use of each named limit; the tightest is told, or the first that is used up. */
async function spendNamed(
  caller: Spender,
  names: readonly string[],
  { limits, limiter, now }: Pick<FactParts, 'limits' | 'limiter'> & { readonly now: number },
): Promise<SpentFact | undefined> {
  let told: SpentFact | undefined
  for (const name of names) {
    const table = limits[name]
    if (!table) throw new TypeError(`no limit is called ${name}`)
    const plan = caller.plan ?? ''
    const windows = (Object.hasOwn(table.plans, plan) ? table.plans[plan] : undefined) ?? table.otherwise
    // By customer, not by key: more keys don't make more calls.
    const key = `limit:${name}:${caller.team?.id ?? caller.id}`
    // A limiter that is not there must not take the API with it. Credential endpoints decide the other way.
    const spent = await spendAll(key, windows, limiter, now).catch(() => undefined)
    if (spent && (!told || !spent.allowed || spent.remaining < told.remaining))
      told = { ...spent, style: table.style }
    if (told?.allowed === false) return told
  }
  return told
}

/** Opens the facts of a server over its store. */
export function openFacts(parts: FactParts): LocalFacts {
  const { store, signing, limiter, doors, limits, baseUrl, now, reloadFailed, openToken } = parts
  const keyDoors = doors.filter((door): door is KeysDoor => door.kind === 'keys')
  const byIssuer = new Map(
    doors
      .filter(({ kind }) => kind !== 'keys')
      .map((door) => {
        const issuer = issuerOf(door, baseUrl)
        return [
          issuer,
          {
            doorId: door.id,
            issuer,
            audience: issuer,
            kind: door.kind,
            checkMembership: door.kind === 'apps',
            ...(door.kind === 'apps' && { scopes: Object.keys(door.scopes) }),
            ...(door.kind === 'apps' && door.dpop && door.dpop !== 'off' && { dpop: door.dpop }),
            ...(door.kind === 'apps' &&
              door.signatureAlgorithms && { signatureAlgorithms: door.signatureAlgorithms }),
          },
        ]
      }),
  )
  const roles = new Map(doors.flatMap((door) => ('roles' in door ? [[door.id, door.roles] as const] : [])))
  const touches = createTouches(store)
  let reloading = Promise.resolve()
  const idle = new Map(keyDoors.map((door) => [door.id, door.sessionTokens?.idle ?? 0]))
  const { methods, drop } = lookUps(parts, touches, (doorId) => idle.get(doorId) ?? 0)

  const config = digest(
    'sha256',
    JSON.stringify([...byIssuer.values(), ...keyDoors, [...roles], checksOrigins(doors)]),
    'base64url',
  ).slice(0, 16)

  return {
    ...methods,
    config,
    keyFormats: keyDoors.map((door) => ({ ...door.format, doorId: door.id })),
    doors: [...byIssuer.values()],
    rolesOf: (doorId) => roles.get(doorId) ?? {},
    doorOfIssuer: (iss) => byIssuer.get(iss),
    opaqueToken: async (token) => openToken(token),
    signingKey: async (kid, at) => signing.verificationKey(kid, at),
    used: ({ kind, hash }, at) => touches.add(kind, hash, at),
    spend: (caller, names, at) => spendNamed(caller, names, { limits, limiter, now: at }),
    changed(kind, id) {
      // What a reload brings is published ahead, so nobody waits for it; one that fails is tried at the next change.
      if (kind === 'signing-key') reloading = reloading.then(() => signing.reload(now())).catch(reloadFailed)
      drop(kind, id)
    },
    secretUsed: (secretId, at) => touches.addSecret(secretId, at),
    settled: () => reloading,
    flush: () => touches.flush(),
  }
}
