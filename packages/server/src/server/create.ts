import { join } from 'node:path'
import { createReplayStore } from '@sallyport/guard'
import { ipBucket, type ProtocolError } from '@sallyport/protocol'
import { type Logger, pino } from 'pino'
import { createClientDocuments, type FetchClientDocument } from '../accounts/client-documents.ts'
import { createSectorCheck } from '../accounts/sectors.ts'
import { createWidgetDesk } from '../accounts/widgets.ts'
import type { SigningPolicy } from '../checks/add-signing-key.ts'
import { openFacts } from '../checks/facts.ts'
import { createMemoryLimiter, type Limiter } from '../checks/limit.ts'
import { openSigning } from '../checks/signing.ts'
import { newId } from '../crypto/id.ts'
import { parseOpaqueToken } from '../crypto/opaque-token.ts'
import { createPasswords } from '../crypto/password.ts'
import { isStrongSecret } from '../crypto/safe.ts'
import type { Door, Request } from '../doors/door.ts'
import { mountDoors } from '../doors/index.ts'
import { auditEvent, type Services } from '../doors/services.ts'
import { createClientKeys } from '../grants/client-keys.ts'
import { fetchDocument } from '../net/fetch-document.ts'
import type { ClientCertificateSettings } from '../settings/client-certificate.ts'
import type { DoorSettings } from '../settings/door.ts'
import type { ForwardRoute } from '../settings/forward.ts'
import { withPresets } from '../settings/presets.ts'
import type { SigningSettings } from '../settings/signing.ts'
import type { Store } from '../store/contract/index.ts'
import { openSqlStore } from '../store/sql/open.ts'
import { openSqlite } from '../store/sqlite.ts'
import { openKept } from './at-rest.ts'
import { checkCertificates } from './check-certificates.ts'
import { checkFapi } from './check-fapi.ts'
import { startChores } from './chores.ts'
import { systemClock } from './clock.ts'
import { ConfigurationError, type ServerSettings } from './config.ts'
import { guardsOf } from './guards.ts'
import { createHttpServer, listen } from './listen.ts'
import { logoutSenderOf } from './logout.ts'
import type { Mount, Platform, PlatformHost } from './platform.ts'

/** What a server is made of. */
export interface ServerParts {
  readonly settings: ServerSettings
  readonly platforms: readonly Platform[]
  /** Whole seconds since the epoch; tests move it. */
  readonly now?: () => number
  readonly limiter?: Limiter
  /** What proxies may let through; left out: nothing. */
  readonly forwardAuth?: readonly ForwardRoute[] | undefined
  /** With what tokens are signed; left out: ES256, a new key every 90 days. */
  readonly signing?: SigningSettings | undefined
  /** How the proxy tells the certificates of its clients; left out: it does not. */
  readonly clientCertificate?: ClientCertificateSettings | undefined
  /** Networks that are not public and that documents of clients may be fetched from all the same, as CIDR. */
  readonly privateNetworks?: readonly string[] | undefined
  /** Serves the page of the demonstration's app as well. */
  readonly demo?: boolean
  /** Where log lines go; standard output when left out. */
  readonly log?: Logger
}

/** A running or startable server. */
export interface SallyportServer {
  readonly services: Services
  readonly baseUrl: string
  /** Starts answering; resolves with the port. */
  listen(): Promise<number>
  /** Writes what is pending, lets what is under way finish within seconds, and closes. */
  close(): Promise<void>
}

const maxBody = 64 * 1024
const publishAhead = 600

/** The settings of every door, with what the environment switches. */
function doorsOf({ settings, platforms }: ServerParts): readonly DoorSettings[] {
  return platforms
    .flatMap(({ doors }) => doors)
    .map(withPresets)
    .map((door) => {
      if (door.kind === 'widgets' && settings.debug) return { ...door, insecureSkipOriginChecks: true }
      if (door.kind === 'people' && settings.google) return { ...door, google: settings.google }
      return door
    })
}

function longestToken(doors: readonly DoorSettings[]): number {
  const lifetimes = doors.map((door) => {
    if ('accessLifetime' in door) return door.accessLifetime
    return door.kind === 'widgets' ? door.sessionLifetime : 0
  })
  return Math.max(3600, ...lifetimes)
}

/** A log that never holds a credential: those headers are not logged at all, and named members are blanked. */
function createLog(level: string): Logger {
  return pino({
    level,
    redact: {
      paths: ['*.authorization', '*.cookie', '*.password', '*.secret', '*.token'],
      censor: '[redacted]',
    },
  })
}

function signingPolicyOf({ signing = {} }: ServerParts, doors: readonly DoorSettings[]): SigningPolicy {
  const { algorithm = 'ES256', rotateAfter = 90 * 24 * 3600 } = signing
  return { algorithm, rotateAfter, publishAhead, longestToken: longestToken(doors) }
}

/** How documents are fetched that clients name. */
function fetchFor({ privateNetworks = [] }: ServerParts): FetchClientDocument {
  return (wanted) => fetchDocument({ ...wanted, privateNetworks })
}

async function openServices(
  parts: ServerParts,
  store: Store,
  { log, closing }: { readonly log: Logger; readonly closing: AbortController },
): Promise<Services> {
  const { settings, platforms, now = systemClock, limiter = createMemoryLimiter() } = parts
  const { baseUrl } = settings
  const doors = doorsOf(parts)
  const signingPolicy = signingPolicyOf(parts, doors)
  const { safe, sealer, traces } = await openKept(store, settings, now())
  if (traces !== undefined) log.warn({ err: traces }, 'bytes of replaced secrets may be left in the files')
  const signing = await openSigning(
    { store, safe, policy: signingPolicy, signer: parts.signing?.signer },
    now(),
  )
  const limits = Object.assign({}, ...platforms.map((platform) => platform.limits ?? {}))
  const facts = openFacts({
    store,
    signing,
    limiter,
    doors,
    limits,
    baseUrl,
    now,
    openToken: (token) => parseOpaqueToken(token, sealer),
    reloadFailed: (err) => log.error({ err }, 'signing keys could not be read'),
  })
  const replay = createReplayStore()
  store.follow(({ kind, id }) => facts.changed(kind, id))
  return {
    store,
    facts,
    signing,
    signingPolicy,
    sealer,
    passwords: await createPasswords(),
    limiter,
    replay,
    clientKeys: createClientKeys(fetchFor(parts)),
    clientDocuments: createClientDocuments(fetchFor(parts)),
    checkSector: createSectorCheck(fetchFor(parts)),
    clientCertificate: parts.clientCertificate,
    log,
    baseUrl,
    doors,
    limits,
    forwardRoutes: parts.forwardAuth ?? [],
    detailTypes: new Map(platforms.flatMap((one) => Object.entries(one.authorizationDetails ?? {}))),
    demo: parts.demo ?? false,
    feeds: new Set(),
    closing: closing.signal,
    now,
    guardFor: guardsOf(parts, facts, { replay, log }),
  }
}

async function mountPlatforms(platforms: readonly Platform[], services: Services): Promise<readonly Mount[]> {
  const { baseUrl, now, store, log } = services
  const widgets = createWidgetDesk(store, now)
  const mounts = await Promise.all(
    platforms.map((platform) => {
      const host: PlatformHost = {
        baseUrl,
        now,
        widgets,
        guard: ({ shape, ...options }) => services.guardFor({ shape }, options),
        tables: (migrations) => store.tables(platform.name, migrations),
        newId: (prefix) => newId(prefix, now()),
        report: (err) => log.error({ err, platform: platform.name }, 'request failed'),
      }
      return platform.api(host)
    }),
  )
  return mounts.flat()
}

/** What the audit log keeps of a refused request: attempts on credentials and consent, not typing mistakes. */
const audited = new Set([
  'invalid_client',
  'invalid_dpop_proof',
  'invalid_grant',
  'unauthorized_client',
  'no_active_account',
  'token_not_valid',
  'access_denied',
  'origin_not_allowed',
  'rate_limited',
  'csrf',
  'forbidden',
])

/** Refusals of one address that become rows in a minute: whoever floods must not fill the disk; the log has them all. */
const refusalsKept = { limit: 300, window: 60 }

async function recordRefusal(
  { store, limiter, now }: Services,
  error: ProtocolError,
  door: Door | undefined,
  request: Request,
): Promise<void> {
  if (!audited.has(error.code)) return
  const { allowed } = await limiter.spend(`refused:${ipBucket(request.ip)}`, refusalsKept, now())
  if (!allowed) return
  const detail = `${error.code}: ${error.detail ?? error.message}`
  await store.audit.add(auditEvent(request, door?.id ?? 'server')('request.refused', { detail }), now())
}

/** Opens the store in a data folder; `onFatal` is told once it can no longer be made durable. */
export function openStore(
  { dataFolder }: Pick<ServerSettings, 'dataFolder'>,
  onFatal: (error: unknown) => void,
): Promise<Store> {
  return openSqlStore(openSqlite({ path: join(dataFolder, 'sallyport.db'), onFatal }))
}

/** Builds a server over the store in its data folder. */
export async function createServer(parts: ServerParts): Promise<SallyportServer> {
  const { settings, platforms } = parts
  if (!isStrongSecret(settings.secret))
    throw new TypeError('settings.secret must be at least 128 random bits in base64 or hex')
  const { trustedProxies } = settings
  const doors = doorsOf(parts)
  const problems = [
    ...checkCertificates(parts.clientCertificate, { trustedProxies, doors }),
    ...checkFapi(doors, parts.signing),
  ]
  if (problems.length > 0) throw new ConfigurationError(problems)
  const log = parts.log ?? createLog(settings.logLevel)
  // What was answered must be on the disk; once that can't be promised, nothing may be answered.
  const store = await openStore(settings, (error) => {
    log.fatal({ err: error }, 'the database can no longer be made durable')
    process.exit(70)
  })
  const closing = new AbortController()
  const services = await openServices(parts, store, { log, closing }).catch(async (error: unknown) => {
    await store.close()
    throw error
  })
  const mounts = await mountPlatforms(platforms, services)
  if (settings.debug) log.warn('DEBUG is set: origin checks are off')
  for (const door of services.doors)
    if (door.kind === 'apps' && door.insecureEndpointAudience)
      log.warn(`insecureEndpointAudience is on at door ${door.id}: assertions made for an address are taken`)
  const app = createHttpServer({
    doors: mountDoors(services),
    mounts,
    log,
    baseUrl: settings.baseUrl,
    trustedProxies: settings.trustedProxies,
    maxBody,
    durable: () => store.durable(),
    refused: (error, door, request) => {
      recordRefusal(services, error, door, request).catch((err: unknown) =>
        log.error({ err }, 'audit event lost'),
      )
    },
  })
  const sender = logoutSenderOf(services, parts.privateNetworks)
  const stopChores = startChores(services, sender)
  return {
    services,
    baseUrl: settings.baseUrl,
    listen: () => listen(app, settings.port, settings.host),
    async close() {
      stopChores()
      closing.abort()
      // Now as well as at the end: whoever kills a process that is slow to stop must not cost it what it has pending.
      await services.facts.flush().catch((err: unknown) => log.error({ err }, 'background work failed'))
      await app.close()
      await sender.settled()
      await services.facts.flush()
      await store.close()
    },
  }
}
