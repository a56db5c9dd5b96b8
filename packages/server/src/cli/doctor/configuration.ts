import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { checkCertificates } from '../../server/check-certificates.ts'
import {
  ConfigurationError,
  loadConfig,
  processEnvironment,
  readSettings,
  type SallyportConfig,
  type ServerSettings,
} from '../../server/config.ts'
import type { DoorSettings } from '../../settings/door.ts'
import { withPresets } from '../../settings/presets.ts'
import { type Finding, judge, type Profile } from './rule.ts'
import { doorRules } from './rules-doors.ts'
import { type FileMode, type ServerFacts, serverRules } from './rules-server.ts'

/** What a configuration is: facts for the rules, and its doors with what their presets stand for. */
export interface ConfigurationFacts {
  readonly server: ServerFacts
  readonly doors: readonly DoorSettings[]
}

function modeOf(path: string): FileMode {
  // Windows has no such bits; what is told there means nothing.
  if (process.platform === 'win32') return 'unknown'
  try {
    return statSync(path).mode
  } catch {
    // What can't be looked at, be it there or not.
    return existsSync(path) ? 'unknown' : 'missing'
  }
}

const secretFiles = [
  'SALLYPORT_SECRET_FILE',
  'SALLYPORT_PREVIOUS_SECRET_FILE',
  'SALLYPORT_GOOGLE_CLIENT_SECRET_FILE',
]

/** Gathers the facts of the environment that this runs in, and of its configuration file. Changes nothing. */
export async function gatherConfiguration(path: string): Promise<ConfigurationFacts> {
  const problems: string[] = []
  const collect = (error: unknown): undefined => {
    if (!(error instanceof ConfigurationError)) throw error
    problems.push(...error.problems)
    return undefined
  }
  const env = processEnvironment()
  const settings: ServerSettings | undefined = await Promise.resolve()
    .then(() => readSettings(env, { required: true }))
    .catch(collect)
  const config: SallyportConfig | undefined = await loadConfig(path).catch(collect)
  const doors = (config?.platforms ?? []).flatMap((platform) => platform.doors).map(withPresets)
  if (settings && config) {
    const { trustedProxies } = settings
    problems.push(...checkCertificates(config.clientCertificate, { trustedProxies, doors }))
  }
  const { algorithm, rotateAfter, signer } = config?.signing ?? {}
  const folder = settings?.dataFolder
  const named = secretFiles.flatMap((name) => env[name] ?? [])
  return {
    doors,
    server: {
      problems,
      settings,
      hasPreviousSecret: settings?.previousSecret !== undefined,
      signing: {
        ...(algorithm !== undefined && { algorithm }),
        ...(rotateAfter !== undefined && { rotateAfter }),
        external: signer !== undefined,
      },
      privateNetworks: config?.privateNetworks ?? [],
      files: {
        dataFolder: folder === undefined ? 'unknown' : modeOf(folder),
        database: folder === undefined ? 'unknown' : modeOf(join(folder, 'sallyport.db')),
        secrets: Object.fromEntries(named.map((one) => [one, modeOf(one)])),
      },
    },
  }
}

/** What a door claims to keep to, besides what is asked of every one. */
export function claimsOf(door: DoorSettings): readonly Profile[] {
  if (door.kind !== 'apps') return []
  return [...(door.fapi ? (['fapi'] as const) : []), ...(door.mcp ? (['mcp'] as const) : [])]
}

function judgeDoor(door: DoorSettings, signing: ServerFacts['signing']): readonly Finding[] {
  const about = `door ${door.id}`
  switch (door.kind) {
    case 'apps':
      return judge(doorRules.apps, { door, signing }, about)
    case 'people':
      return judge(doorRules.people, { door, signing }, about)
    case 'widgets':
      return judge(doorRules.widgets, { door, signing }, about)
    case 'vendors':
    case 'keys':
      return []
  }
}

/** What is to be said of a configuration; a door is judged by what is asked of all and by what it claims. */
export function judgeConfiguration({ server, doors }: ConfigurationFacts): readonly Finding[] {
  const ofDoors = doors.flatMap((door) => {
    const claims: readonly Profile[] = ['operation', 'bcp', ...claimsOf(door)]
    return judgeDoor(door, server.signing).filter(({ profile }) => claims.includes(profile))
  })
  return [...judge(serverRules, server, 'configuration'), ...ofDoors]
}
