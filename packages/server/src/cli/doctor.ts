import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { systemClock } from '../server/clock.ts'
import { issuerOf } from '../settings/issuer.ts'
import {
  claimsOf,
  type ConfigurationFacts,
  gatherConfiguration,
  judgeConfiguration,
} from './doctor/configuration.ts'
import { observe } from './doctor/observe.ts'
import type { NamedClient } from './doctor/observed.ts'
import { countsOf, type Report, reportJson, reportText } from './doctor/report.ts'
import { type Finding, judge, type Profile, profiles } from './doctor/rule.ts'
import { documentRules } from './doctor/rules-documents.ts'
import { pageRules } from './doctor/rules-pages.ts'
import { fapiRules, mcpRules } from './doctor/rules-profiles.ts'
import { authorizeRules } from './doctor/rules-authorize.ts'
import { endpointRules } from './doctor/rules-endpoints.ts'

/** What the command was given. */
export interface DoctorOptions {
  readonly config: string
  readonly json: boolean
  readonly profile?: readonly string[]
  readonly clientId?: string
  readonly redirectUri?: string
  readonly resource?: string
}

/** Something that was asked for that can't be done. */
class UsageError extends Error {
  override readonly name = 'UsageError'
}

function readAddress(text: string, what: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.hash === '')
    return text
  throw new UsageError(`${what} must be an http(s) address without a user name and a fragment`)
}

function readClient({ clientId, redirectUri }: DoctorOptions): NamedClient | undefined {
  if (clientId === undefined && redirectUri === undefined) return undefined
  if (clientId === undefined || redirectUri === undefined)
    throw new UsageError('--client-id and --redirect-uri belong together')
  if (!URL.canParse(redirectUri)) throw new UsageError('--redirect-uri must be an address')
  return { clientId, redirectUri }
}

function readProfiles({ profile: names = [] }: DoctorOptions): readonly Profile[] | undefined {
  const unknown = names.find((name) => !profiles.some((one) => one === name))
  if (unknown !== undefined) throw new UsageError(`--profile must be one of ${profiles.join(', ')}`)
  return names.length === 0 ? undefined : profiles.filter((one) => names.includes(one))
}

/** By what the server at an issuer is judged that its own configuration is at hand of. */
function claimed(issuer: string, configuration: ConfigurationFacts | undefined): readonly Profile[] {
  const base = configuration?.server.settings?.baseUrl
  const door = configuration?.doors.find((one) => base !== undefined && issuerOf(one, base) === issuer)
  return ['operation', 'bcp', ...(door ? claimsOf(door) : [])]
}

/** Looks at what is named, and at the configuration here; throws where there is nothing to look at. */
export async function examine(issuerText: string | undefined, options: DoctorOptions): Promise<Report> {
  const picked = readProfiles(options)
  const client = readClient(options)
  const { resource } = options
  if (resource !== undefined) readAddress(resource, '--resource')
  const issuer = issuerText === undefined ? undefined : readAddress(issuerText, 'the issuer')
  const path = resolve(options.config)
  const configuration = existsSync(path) ? await gatherConfiguration(path) : undefined
  if (issuer === undefined && !configuration)
    throw new UsageError(
      `name an issuer, or run this where ${options.config} is: there is nothing to look at`,
    )

  const own = configuration ? judgeConfiguration(configuration) : []
  const isPicked = ({ profile }: Finding) => picked?.includes(profile) ?? true
  const findings = own.filter(isPicked)
  if (issuer === undefined) return { issuer, profiles: picked ?? profiles, findings, sent: [] }
  const by = picked ?? claimed(issuer, configuration)
  const { observed, sent } = await observe({ issuer, client, resource, now: systemClock() })
  const rules = [
    ...documentRules,
    ...authorizeRules,
    ...endpointRules,
    ...pageRules,
    ...fapiRules,
    ...mcpRules,
  ]
  const seen = judge(
    rules.filter(({ profile }) => by.includes(profile)),
    observed,
    issuer,
  )
  return { issuer, profiles: by, findings: [...findings, ...seen], sent }
}

/**
 * `sallyport doctor`: looks at a running server from outside and at the configuration where it is run. Exits with 0 where nothing
 * fails, 1 where something does, and 2 where it could not look.
 */
export async function doctor(issuer: string | undefined, options: DoctorOptions): Promise<void> {
  try {
    const report = await examine(issuer, options)
    process.stdout.write(options.json ? reportJson(report) : reportText(report))
    process.exitCode = countsOf(report).fail > 0 ? 1 : 0
  } catch (error) {
    // Whatever kept it from looking is not a finding: a pipeline has to tell the two apart.
    process.stderr.write(`sallyport doctor: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
  }
}
