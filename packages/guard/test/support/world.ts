import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import {
  type ApiKeyFacts,
  type DoorFacts,
  type FactSource,
  type FamilyFacts,
  type SessionTokenFacts,
  type Spent,
  secretHash,
  type TeamFacts,
  type Use,
  type VerificationKey,
  type WidgetFacts,
  type WidgetSessionFacts,
} from '@sallyport/guard'
import { formatApiKey, type KeyFormat } from '@sallyport/protocol'
import { SignJWT } from 'jose'

/** The moment at which the worlds of these tests begin. */
export const start = 1_800_000_000

export const osir: KeyFormat & { readonly doorId: string } = {
  prefix: 'osir',
  layout: 'base62',
  environments: true,
  doorId: 'servers',
}
export const sk: KeyFormat & { readonly doorId: string } = {
  prefix: 'sk',
  layout: 'hex',
  environments: false,
  doorId: 'people-keys',
}

const issuerOf = (doorId: string) => `https://id.example/${doorId}`

function door(doorId: string, kind: DoorFacts['kind'], checkMembership = false): DoorFacts {
  return { doorId, issuer: issuerOf(doorId), audience: issuerOf(doorId), kind, checkMembership }
}

interface SigningPair {
  readonly kid: string
  readonly alg: VerificationKey['alg']
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

function pair(kid: string, alg: VerificationKey['alg']): SigningPair {
  const { privateKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { kid, alg, privateKey, publicKey: createPublicKey(privateKey) }
}

/** One of each algorithm; made once, because RSA keys take their time. */
export const pairs = {
  es256: pair('k-es256', 'ES256'),
  eddsa: pair('k-eddsa', 'EdDSA'),
  rs256: pair('k-rs256', 'RS256'),
  ps256: pair('k-ps256', 'PS256'),
}

/** Facts that a test changes while it runs. */
export function createFacts() {
  return {
    now: start,
    doors: [
      door('people', 'people'),
      door('apps', 'apps', true),
      door('vendors', 'vendors'),
      door('widgets', 'widgets'),
    ],
    signingKeys: new Map<string, VerificationKey>(
      Object.values(pairs).map(({ kid, alg, publicKey }) => [kid, { alg, key: publicKey }]),
    ),
    opaqueTokens: new Map<string, Claims>(),
    families: new Map<string, FamilyFacts>(),
    accounts: new Map([
      [
        'acc_1',
        {
          accountId: 'acc_1',
          admin: false,
          homeTeamId: 'team_1',
          disabledAt: undefined as number | undefined,
        },
      ],
      ['acc_2', { accountId: 'acc_2', admin: true, homeTeamId: 'team_2', disabledAt: undefined }],
    ]),
    clients: new Map([
      ['app_1', { clientId: 'app_1', resources: undefined as readonly string[] | undefined }],
      ['app_vendor', { clientId: 'app_vendor', resources: undefined }],
    ]),
    teams: new Map<string, TeamFacts>([
      ['team_1', { teamId: 'team_1', slug: 'one', plan: 'Standard', status: 'active' }],
      ['team_2', { teamId: 'team_2', slug: 'two', plan: 'Free', status: 'active' }],
    ]),
    memberships: new Map([
      ['acc_1 team_1', { role: 'owner' }],
      ['acc_2 team_2', { role: 'owner' }],
    ]),
    /** By door and role. */
    roles: {} as Record<string, Record<string, readonly string[]>>,
    apiKeys: new Map<string, ApiKeyFacts>(),
    sessionTokens: new Map<string, SessionTokenFacts>(),
    /** Each with its widget. */
    widgetSessions: new Map<string, SessionAndWidget>(),
    spent: undefined as Spent | undefined,
    /** Set, every look-up rejects with it. */
    down: undefined as Error | undefined,
    /** Names of the look-ups made. */
    reads: [] as string[],
    uses: [] as Use[],
    spends: [] as (readonly string[])[],
  }
}

/** A widget's session with what its widget allows. */
export type SessionAndWidget = WidgetSessionFacts & WidgetFacts

export type Facts = ReturnType<typeof createFacts>

/** A source over facts that counts what it is asked. */
export function sourceOf(facts: Facts): FactSource {
  async function read<T>(name: string, found: T): Promise<T> {
    facts.reads.push(name)
    if (facts.down) throw facts.down
    return found
  }
  return {
    keyFormats: [osir, sk],
    doors: facts.doors,
    rolesOf: (doorId) => facts.roles[doorId] ?? {},
    doorOfIssuer: (iss) => facts.doors.find(({ issuer }) => issuer === iss),
    signingKey: (kid) => read('signingKey', facts.signingKeys.get(kid)),
    opaqueToken: (token) => read('opaqueToken', facts.opaqueTokens.get(token)),
    family: (id) => read('family', facts.families.get(id)),
    account: (id) => read('account', facts.accounts.get(id)),
    client: (id) => read('client', facts.clients.get(id)),
    team: (id) => read('team', facts.teams.get(id)),
    membership: (accountId, teamId) => read('membership', facts.memberships.get(`${accountId} ${teamId}`)),
    apiKey: (hash) => read('apiKey', facts.apiKeys.get(hash)),
    sessionToken: (hash) => read('sessionToken', facts.sessionTokens.get(hash)),
    widgetSession: (id) => read('widgetSession', facts.widgetSessions.get(id)),
    widget: (id) =>
      read(
        'widget',
        [...facts.widgetSessions.values()].find(({ widgetId }) => widgetId === id),
      ),
    used: (what) => void facts.uses.push(what),
    async spend(_principal, limits) {
      if (facts.down) throw facts.down
      facts.spends.push(limits)
      return facts.spent
    },
  }
}

export type Claims = Readonly<Record<string, unknown>>
export type Header = Readonly<Record<string, unknown>>

/** A token signed by `jose`, which is not the code under test. */
export async function signToken(
  claims: Claims,
  header: Header = {},
  by: SigningPair = pairs.es256,
): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: by.alg, typ: 'at+jwt', kid: by.kid, ...header })
    .sign(by.privateKey)
}

/** Adds a family and answers the claims of its access token. */
export function addFamily(
  facts: Facts,
  doorId: string,
  family: Partial<FamilyFacts> = {},
  lifetime = 3600,
): Claims {
  const familyId = `fam_${facts.families.size + 1}`
  facts.families.set(familyId, { familyId, doorId, kind: 'login', teamId: 'team_1', ...family })
  const { clientId, accountId, teamId } = { teamId: 'team_1', ...family }
  return {
    iss: issuerOf(doorId),
    aud: issuerOf(doorId),
    sub: accountId ?? clientId,
    ...(clientId !== undefined && { client_id: clientId }),
    scope: 'domains:read',
    ...(teamId !== undefined && { team: teamId }),
    door: doorId,
    fam: familyId,
    iat: facts.now,
    exp: facts.now + lifetime,
    jti: familyId,
  }
}

/** Adds an opaque token of these claims and answers it. */
export function addOpaqueToken(facts: Facts, claims: Claims): string {
  const token = `oat_${randomBytes(100).toString('base64url')}`
  facts.opaqueTokens.set(token, claims)
  return token
}

/** Adds a key and answers its secret. */
export function addKey(facts: Facts, but: Partial<ApiKeyFacts> = {}, format = osir): string {
  const environment = but.environment ?? 'live'
  const secret = formatApiKey(format, environment, randomBytes(32))
  const keyId = `key_${facts.apiKeys.size + 1}`
  facts.apiKeys.set(secretHash(secret), {
    keyId,
    doorId: format.doorId,
    accountId: 'acc_1',
    teamId: 'team_1',
    environment,
    scope: ['domains:read'],
    ipList: [],
    active: true,
    ...but,
  })
  return secret
}

/** Adds a session token and answers its secret. */
export function addSessionToken(facts: Facts, but: Partial<SessionTokenFacts>): string {
  const secret = `osk_${randomBytes(32).toString('base64url')}`
  facts.sessionTokens.set(secretHash(secret), {
    tokenId: `stk_${facts.sessionTokens.size + 1}`,
    doorId: 'servers',
    accountId: 'acc_1',
    teamId: 'team_1',
    scope: ['domains:read'],
    environment: 'live',
    expiresAt: facts.now + 8 * 3600,
    idle: 1800,
    lastUsedAt: facts.now,
    ...but,
  })
  return secret
}

/** Adds a widget's session and answers the claims of its token. */
export function addWidgetSession(facts: Facts, but: Partial<SessionAndWidget> = {}): Claims {
  const session: SessionAndWidget = {
    sessionId: `wse_${facts.widgetSessions.size + 1}`,
    widgetId: 'wid_1',
    slug: 'support-bot',
    origin: 'https://mysite.com',
    expiresAt: facts.now + 3600,
    active: true,
    allowedOrigins: ['https://mysite.com'],
    teamId: 'team_1',
    ...but,
  }
  facts.widgetSessions.set(session.sessionId, session)
  return {
    iss: issuerOf('widgets'),
    aud: issuerOf('widgets'),
    sub: session.widgetId,
    sid: session.sessionId,
    slug: session.slug,
    origin: session.origin,
    door: 'widgets',
    iat: facts.now,
    exp: session.expiresAt,
  }
}

/** Changes what a map holds under `key`. */
export function change<T extends object>(map: Map<string, T>, key: string, to: Partial<T>): void {
  const found = map.get(key)
  if (!found) throw new Error(`nothing is called ${key}`)
  map.set(key, { ...found, ...to })
}
