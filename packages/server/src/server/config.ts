import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { parseIpList } from '@sallyport/protocol'
import * as v from 'valibot'
import type { Platform } from './platform.ts'
import { checkDoors } from './check-doors.ts'
import { checkFapi } from './check-fapi.ts'
import { checkForwardAuth } from './check-forward.ts'
import type { ClientCertificateSettings } from '../settings/client-certificate.ts'
import type { ForwardRoute } from '../settings/forward.ts'
import { withPresets } from '../settings/presets.ts'
import type { SigningSettings } from '../settings/signing.ts'
import { checkSigning } from './check-signing.ts'
import { isStrongSecret } from '../crypto/safe.ts'
import type { Seed } from './seed.ts'

/** What `sallyport.config.ts` exports: plain data and platforms. */
export interface SallyportConfig {
  readonly platforms: readonly Platform[]
  /** What reverse proxies may let through, by forward authentication; the first route that fits decides. */
  readonly forwardAuth?: readonly ForwardRoute[]
  /** With what tokens are signed, and for how long with one key. */
  readonly signing?: SigningSettings
  /** How the proxy that speaks TLS tells the certificates of its clients. */
  readonly clientCertificate?: ClientCertificateSettings
  /** Networks, such as `10.0.0.0/8`, that keys and documents of clients may be fetched from although they are not of the public internet. */
  readonly privateNetworks?: readonly string[]
  /** What a demonstration starts with; used only when asked for. */
  readonly demo?: Seed
}

/** Checks nothing and changes nothing: it gives an editor the type of the configuration. */
export function defineConfig(config: SallyportConfig): SallyportConfig {
  return config
}

/** Settings of one server, all checked. */
export interface ServerSettings {
  readonly baseUrl: string
  readonly port: number
  /** The address to listen on. */
  readonly host: string
  readonly dataFolder: string
  /** Encrypts the keys in the database; not in it, so that a copy of it is worth nothing alone. */
  readonly secret: string
  /** Still opens what was encrypted with it, while one secret is replaced by another. */
  readonly previousSecret?: string | undefined
  readonly trustedProxies: number
  readonly logLevel: string
  /** Skips origin checks; never with a public https address. */
  readonly debug: boolean
  readonly google:
    | { readonly issuer: string; readonly clientId: string; readonly clientSecret: string }
    | undefined
}

/** Settings that are wrong, all at once. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(
      `the configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}:\n${problems.map((one) => `  - ${one}`).join('\n')}`,
    )
    this.problems = problems
  }
}

type Environment = Readonly<Record<string, string | undefined>>

const loopbackHosts = ['localhost', '127.0.0.1', '[::1]']
const whole = (name: string, least: number, most: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d+$/, `${name} must be a whole number`),
    v.transform(Number),
    v.minValue(least, `${name} must be at least ${least}`),
    v.maxValue(most, `${name} must be at most ${most}`),
  )

const makeOne = 'make one with: openssl rand -base64 32'
const strong = (name: string) =>
  v.optional(
    v.pipe(
      v.string(),
      v.check(
        (secret: string) => isStrongSecret(secret),
        `${name} must be at least 128 random bits in base64 or hex; ${makeOne}`,
      ),
    ),
  )

const environmentSchema = v.object({
  PORT: v.optional(whole('PORT', 0, 65535), '4455'),
  SALLYPORT_HOST: v.optional(v.string(), 'localhost'),
  SALLYPORT_DATA: v.optional(v.string()),
  SALLYPORT_SECRET: strong('SALLYPORT_SECRET'),
  SALLYPORT_PREVIOUS_SECRET: strong('SALLYPORT_PREVIOUS_SECRET'),
  SALLYPORT_BASE_URL: v.optional(v.string()),
  SALLYPORT_TRUSTED_PROXIES: v.optional(whole('SALLYPORT_TRUSTED_PROXIES', 0, 10), '0'),
  SALLYPORT_LOG_LEVEL: v.optional(
    v.picklist(
      ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
      'SALLYPORT_LOG_LEVEL must be trace, debug, info, warn, error or silent',
    ),
    'warn',
  ),
  DEBUG: v.optional(v.string(), ''),
  SALLYPORT_GOOGLE_ISSUER: v.optional(v.string(), 'https://accounts.google.com'),
  SALLYPORT_GOOGLE_CLIENT_ID: v.optional(v.string()),
  SALLYPORT_GOOGLE_CLIENT_SECRET: v.optional(v.string()),
})

const secretSettings = ['SALLYPORT_SECRET', 'SALLYPORT_PREVIOUS_SECRET', 'SALLYPORT_GOOGLE_CLIENT_SECRET']

/** A secret may lie in a file instead, named by the same setting with `_FILE`. */
function withFiles(env: Environment, problems: string[]): Environment {
  const read: Record<string, string | undefined> = { ...env }
  for (const name of secretSettings) {
    const path = env[`${name}_FILE`]
    if (path === undefined) continue
    if (env[name] !== undefined) {
      problems.push(`${name} and ${name}_FILE are both set`)
      continue
    }
    try {
      read[name] = readFileSync(path, 'utf8').trim()
    } catch {
      // Reported with everything else that is wrong.
      problems.push(`${name}_FILE names a file that can't be read: ${path}`)
    }
  }
  return read
}

function checkBaseUrl(text: string, problems: string[]): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const plain =
    url &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '' &&
    url.username === '' &&
    url.password === ''
  if (!url || !plain || text.endsWith('/')) {
    problems.push(
      'SALLYPORT_BASE_URL must be an address such as https://login.example.com, without a path or trailing slash',
    )
    return undefined
  }
  if (url.protocol === 'http:' && !loopbackHosts.includes(url.hostname)) {
    problems.push('SALLYPORT_BASE_URL must begin with https:// unless it is a loopback address')
  }
  return url
}

const missingSecret = `SALLYPORT_SECRET (or SALLYPORT_SECRET_FILE) must be set: the keys in the database are encrypted with it; ${makeOne}`

/** The values of the environment; a wrong one is told and counts as left out, so that the others are looked at too. */
function readValues(env: Environment, problems: string[]): v.InferOutput<typeof environmentSchema> {
  const parsed = v.safeParse(environmentSchema, env)
  if (parsed.success) return parsed.output
  problems.push(...parsed.issues.map(({ message }) => message))
  const wrong = new Set(parsed.issues.map(({ path }) => path?.[0].key))
  return v.parse(
    environmentSchema,
    Object.fromEntries(Object.entries(env).filter(([name]) => !wrong.has(name))),
  )
}

/** What else may say what the environment leaves out. */
export interface Defaults {
  /** Whether the environment must say what has no default that is fit for production. */
  readonly required: boolean
  /** A secret of the data folder's own. Asked last, when nothing else is wrong: it may make one. */
  readonly ownSecret?: (dataFolder: string) => string | undefined
}

/** The settings of the environment, all checked; throws with everything that is wrong. */
export function readSettings(env: Environment, { required, ownSecret }: Defaults): ServerSettings {
  const problems: string[] = []
  const given = withFiles(env, problems)
  const values = readValues(given, problems)
  const unknown = Object.keys(env).filter(
    (name) =>
      name.startsWith('SALLYPORT_') &&
      !(name in environmentSchema.entries) &&
      !secretSettings.some((secret) => name === `${secret}_FILE`),
  )
  problems.push(...unknown.map((name) => `${name} is not a setting`))
  if (required && values.SALLYPORT_DATA === undefined)
    problems.push('SALLYPORT_DATA must name the folder for the data')
  if (required && values.SALLYPORT_BASE_URL === undefined)
    problems.push(
      'SALLYPORT_BASE_URL must say the public address of this server, such as https://login.example.com',
    )
  if (required && given['SALLYPORT_SECRET'] === undefined && env['SALLYPORT_SECRET_FILE'] === undefined)
    problems.push(missingSecret)
  if (values.SALLYPORT_SECRET !== undefined && values.SALLYPORT_SECRET === values.SALLYPORT_PREVIOUS_SECRET)
    problems.push('SALLYPORT_PREVIOUS_SECRET must be another one than SALLYPORT_SECRET')
  const baseUrl = values.SALLYPORT_BASE_URL ?? `http://localhost:${values.PORT}`
  const url = checkBaseUrl(baseUrl, problems)
  const debug = values.DEBUG === 'True' || values.DEBUG === 'true' || values.DEBUG === '1'
  if (debug && url?.protocol === 'https:' && !loopbackHosts.includes(url.hostname)) {
    problems.push('DEBUG switches origin checks off and may not be set with a public https address')
  }
  const [clientId, clientSecret] = [values.SALLYPORT_GOOGLE_CLIENT_ID, values.SALLYPORT_GOOGLE_CLIENT_SECRET]
  if ((clientId === undefined) !== (clientSecret === undefined)) {
    problems.push('SALLYPORT_GOOGLE_CLIENT_ID and SALLYPORT_GOOGLE_CLIENT_SECRET belong together')
  }
  if (problems.length > 0) throw new ConfigurationError(problems)
  const dataFolder = values.SALLYPORT_DATA ?? 'data'
  const secret = values.SALLYPORT_SECRET ?? ownSecret?.(dataFolder)
  if (secret === undefined) throw new ConfigurationError([missingSecret])
  return {
    baseUrl,
    port: values.PORT,
    host: values.SALLYPORT_HOST,
    dataFolder,
    secret,
    previousSecret: values.SALLYPORT_PREVIOUS_SECRET,
    trustedProxies: values.SALLYPORT_TRUSTED_PROXIES,
    logLevel: values.SALLYPORT_LOG_LEVEL,
    debug,
    google:
      clientId !== undefined && clientSecret !== undefined
        ? { issuer: values.SALLYPORT_GOOGLE_ISSUER, clientId, clientSecret }
        : undefined,
  }
}

/** The environment of this process; nothing else reads it. */
export function processEnvironment(): Environment {
  return process.env
}

/** Loads a configuration file. Throws `ConfigurationError` where it is not one. */
export async function loadConfig(path: string): Promise<SallyportConfig> {
  const loaded: unknown = await import(pathToFileURL(path).href).catch((cause: unknown) => {
    throw new ConfigurationError([
      `${path} can't be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
    ])
  })
  const config = (loaded as { default?: SallyportConfig }).default
  if (!Array.isArray(config?.platforms))
    throw new ConfigurationError([`${path} must export default defineConfig({ platforms: […] })`])
  const networks = parseIpList(config.privateNetworks ?? [])
  const problems = [
    ...checkDoors(config.platforms),
    ...checkForwardAuth(config.forwardAuth, config.platforms),
    ...checkSigning(config.signing),
    ...checkFapi(config.platforms.flatMap(({ doors }) => doors).map(withPresets), config.signing),
    ...(networks.outcome === 'refuse' ? [`privateNetworks: ${networks.entry} is not a network`] : []),
  ]
  if (problems.length > 0) throw new ConfigurationError(problems)
  return config
}
