import type { ServerSettings } from '../../server/config.ts'
import type { SigningSettings } from '../../settings/signing.ts'
import { isLoopback } from './observed.ts'
import { fail, notApplicable, notSeen, ok, type Rule, type Verdict, warn } from './rule.ts'

/** Something on the disk: its permission bits, or why they are not known. */
export type FileMode = number | 'missing' | 'unknown'

/** What is known of how a server is configured. Nothing secret is in it. */
export interface ServerFacts {
  /** Everything that would keep the server from starting, in words. */
  readonly problems: readonly string[]
  /** `undefined` where the environment is not complete. */
  readonly settings: Omit<ServerSettings, 'secret' | 'previousSecret' | 'google'> | undefined
  /** Whether `SALLYPORT_PREVIOUS_SECRET` is set. */
  readonly hasPreviousSecret: boolean
  readonly signing: Pick<SigningSettings, 'algorithm' | 'rotateAfter'> & { readonly external: boolean }
  readonly privateNetworks: readonly string[]
  readonly files: {
    readonly dataFolder: FileMode
    readonly database: FileMode
    /** Files that hold a secret, by path. */
    readonly secrets: Readonly<Record<string, FileMode>>
  }
}

type Settings = NonNullable<ServerFacts['settings']>

const day = 24 * 3600
const overSettings =
  (decide: (settings: Settings, facts: ServerFacts) => Verdict) =>
  (facts: ServerFacts): Verdict =>
    facts.settings ? decide(facts.settings, facts) : notSeen('the settings are not complete')

function forOwner(mode: FileMode, what: string): Verdict {
  if (mode === 'missing') return notSeen(`${what} is not there yet`)
  if (mode === 'unknown') return notSeen(`the permissions of ${what} can’t be read`)
  const bits = (mode & 0o777).toString(8).padStart(3, '0')
  return (mode & 0o077) === 0 ? ok(`${what}: ${bits}`) : fail(`${what}: ${bits}, others may use it`)
}

function dataFiles({ files: { dataFolder, database } }: ServerFacts): Verdict {
  const folder = forOwner(dataFolder, 'the data folder')
  if (folder.status !== 'fail') return folder
  // A folder that others may look into is only as bad as what they can open there.
  const inside = forOwner(database, 'sallyport.db')
  return inside.status === 'ok' ? warn(`${folder.seen}; ${inside.seen}`) : folder
}

function secretFiles({ files: { secrets } }: ServerFacts): Verdict {
  const all = Object.entries(secrets).map(([path, mode]) => forOwner(mode, path))
  if (all.length === 0) return notApplicable('secrets are in the environment, not in files')
  return all.find(({ status }) => status === 'fail') ?? all[0] ?? notSeen('none')
}

function baseUrl({ baseUrl: address }: Settings): Verdict {
  if (address.startsWith('https:')) return ok(address)
  return isLoopback(address) ? warn(`${address}: for this machine alone`) : fail(address)
}

function proxies({ baseUrl: address, trustedProxies }: Settings): Verdict {
  const secure = address.startsWith('https:')
  if (secure && trustedProxies === 0)
    return fail('https ends before the server, and no proxy is trusted: every caller has one address')
  if (!secure && trustedProxies > 0) return warn(`${trustedProxies} trusted, and the address is not https`)
  return ok(`${trustedProxies} trusted`)
}

function reach({ host, trustedProxies }: Settings): Verdict {
  const local = ['localhost', '127.0.0.1', '::1'].includes(host)
  if (local) return ok(`listens on ${host}`)
  return trustedProxies > 0
    ? warn(`listens on ${host}: whoever gets there past the proxy writes its headers`)
    : ok(`listens on ${host}, and believes no proxy`)
}

function debug({ debug: on, baseUrl: address }: Settings): Verdict {
  if (!on) return ok('off')
  return isLoopback(address) ? warn('on, for this machine alone') : fail('on')
}

function rotation({ signing: { rotateAfter = 90 * day, external } }: ServerFacts): Verdict {
  if (external) return notApplicable('an external signer decides')
  const days = Math.round(rotateAfter / day)
  return days > 366 ? warn(`each key signs for ${days} days`) : ok(`each key signs for ${days} days`)
}

const inner = /^(?:0\.0\.0\.0\/|127\.|169\.254\.|::\/|::1|fe80:)/i

function networks({ privateNetworks }: ServerFacts): Verdict {
  if (privateNetworks.length === 0) return ok('documents come from public addresses alone')
  const reached = privateNetworks.filter((one) => inner.test(one))
  return reached.length > 0
    ? fail(`${reached.join(', ')}: a client can have this very machine or its cloud’s metadata asked`)
    : warn(`documents may come from ${privateNetworks.join(', ')}`)
}

/** How a server is run. */
export const serverRules: readonly Rule<ServerFacts>[] = [
  {
    id: 'configuration',
    profile: 'operation',
    source: 'docs/configuration.md',
    demand: 'the environment and the configuration file are complete and right',
    mend: 'change what is named; `sallyport serve` does not start before',
    judge: ({ problems }) => (problems.length === 0 ? ok('nothing is wrong') : fail(problems.join('; '))),
  },
  {
    id: 'base-url',
    profile: 'bcp',
    source: 'RFC 9700 §2.6',
    demand: 'the public address is https',
    mend: 'set SALLYPORT_BASE_URL to the https address of the proxy',
    judge: overSettings(baseUrl),
  },
  {
    id: 'proxies',
    profile: 'bcp',
    source: 'RFC 9700 §4.13',
    demand: 'as many proxies are trusted as there are',
    mend: 'set SALLYPORT_TRUSTED_PROXIES to the number of proxies before the server',
    judge: overSettings(proxies),
  },
  {
    id: 'reach',
    profile: 'bcp',
    source: 'RFC 9700 §4.13',
    demand: 'nobody reaches the server past its proxy',
    mend: 'set SALLYPORT_HOST to localhost, or let the network see to it that only the proxy gets there',
    judge: overSettings(reach),
  },
  {
    id: 'debug',
    profile: 'operation',
    source: 'docs/configuration.md',
    demand: 'origin checks are on',
    mend: 'take DEBUG out of the environment',
    judge: overSettings(debug),
  },
  {
    id: 'data',
    profile: 'operation',
    source: 'docs/configuration.md, Data',
    demand: 'the data are for the owner alone',
    mend: 'chmod 700 the data folder',
    judge: dataFiles,
  },
  {
    id: 'secret-files',
    profile: 'operation',
    source: 'docs/signing-keys.md',
    demand: 'files with secrets are for the owner alone',
    mend: 'chmod 600 the file',
    judge: secretFiles,
  },
  {
    id: 'previous-secret',
    profile: 'operation',
    source: 'docs/signing-keys.md',
    demand: 'a secret that was replaced is gone',
    mend: 'run `sallyport keys reencrypt`, then take SALLYPORT_PREVIOUS_SECRET out',
    judge: ({ hasPreviousSecret }) =>
      hasPreviousSecret ? warn('SALLYPORT_PREVIOUS_SECRET is set') : ok('there is one secret'),
  },
  {
    id: 'key-rotation',
    profile: 'operation',
    source: 'FAPI 2.0 Security Profile §6.8, NIST SP 800-57 §5.3.6',
    demand: 'signing keys are replaced by themselves',
    mend: 'leave signing.rotateAfter out: 90 days',
    judge: rotation,
  },
  {
    id: 'private-networks',
    profile: 'bcp',
    source: 'CWE-918, RFC 7591 §5',
    demand: 'clients can’t have addresses asked that are not public',
    mend: 'take the network out of privateNetworks, or name single hosts',
    judge: networks,
  },
  {
    id: 'log',
    profile: 'operation',
    source: 'docs/configuration.md',
    demand: 'the log says what it has to and no more',
    mend: 'set SALLYPORT_LOG_LEVEL to info or warn',
    judge: overSettings(({ logLevel }) => {
      if (logLevel === 'trace' || logLevel === 'debug') return warn(logLevel)
      return logLevel === 'silent' ? warn('silent: nobody hears of an attack') : ok(logLevel)
    }),
  },
]
