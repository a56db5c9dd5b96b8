import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer as createNetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Demo } from '../../packages/server/src/server/seed.ts'
import type { ClientCertificateSettings } from '../../packages/server/src/settings/client-certificate.ts'
import type { ForwardRoute } from '../../packages/server/src/settings/forward.ts'
import type { SigningSettings } from '../../packages/server/src/settings/signing.ts'
import type { LimitTable } from '../../packages/server/src/settings/door.ts'

/** The operator's secret of every server that is not given another. */
export const testSecret = 'f3zYB1o0Qk8mWq7aR2uXcN5tLh4vJd6sEiGpKwTyA9M='

/** How a test wants its server. */
export interface ServerOptions {
  readonly port?: number
  readonly baseUrl?: string
  readonly dataFolder?: string
  /** What the keys in its database are encrypted with; left out: `testSecret`. */
  readonly secret?: string
  readonly previousSecret?: string
  readonly trustedProxies?: number
  readonly debug?: boolean
  readonly google?: { readonly issuer: string; readonly clientId: string; readonly clientSecret: string }
  /** Settings of doors that differ from the presets, by door id. */
  readonly doors?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly limits?: Readonly<Record<string, LimitTable>>
  readonly brokenLimiter?: boolean
  readonly forwardAuth?: readonly ForwardRoute[]
  readonly signing?: Omit<SigningSettings, 'signer'>
  /** Where its external signer is. */
  readonly signerUrl?: string
  readonly privateNetworks?: readonly string[]
  readonly clientCertificate?: ClientCertificateSettings
  /** A file of certificates that its outgoing requests believe, beside the usual ones. */
  readonly extraCertificates?: string
  readonly seed?: boolean
  /** Where its clock stands at first; left out: the same moment every time. */
  readonly startAt?: number
  /** Mounts an API at `/probe` that does nothing but name the kind of its caller. */
  readonly probe?: boolean
}

/** An address that a server answers. */
export interface MountedEndpoint {
  /** The id of its door. */
  readonly door: string
  readonly path: string
  readonly methods: readonly string[]
}

/** A real server process on a real store, with a clock that the test moves. */
export interface TestServer {
  readonly base: string
  /** Where it listens, which differs from `base` when that is a public address. */
  readonly address: string
  readonly dataFolder: string
  /** What the demonstration was seeded with; the secrets of a restarted server are those of its first start. */
  readonly demo: Demo
  /** Everything that its doors mount. */
  readonly endpoints: readonly MountedEndpoint[]
  now(): number
  /** Moves the clock on by some seconds. */
  advance(seconds: number): Promise<void>
  /** Lets it sweep now what it sweeps every ten minutes. */
  sweep(): Promise<void>
  /** Everything the process has printed; complete once it has ended, up to then a line may be on its way. */
  log(): string
  /** Ends the process at once, as a power cut would. */
  kill(): Promise<void>
  /** Stops in order. */
  stop(): Promise<void>
  /** Starts again on the same folder and port. */
  restart(): Promise<void>
  /** Stops and removes the data folder. */
  close(): Promise<void>
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const probe = createNetServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  const port = typeof address === 'object' && address ? address.port : 0
  probe.close()
  await once(probe, 'close')
  return port
}

// High enough that only the tests about limits meet them: everything here comes from one address at one moment.
const generous = { limit: 1_000_000, window: 60 }
const generousDoors = {
  oshara: { attempts: generous },
  'oshara-widgets': { startsByIp: generous, startsByWidget: generous },
  openchatstudio: { credentialLimit: generous },
  'osir-oauth': { credentialLimit: generous },
  charp: { attempts: generous },
}
const unlimited = (style: 'unix' | 'seconds'): LimitTable => ({ style, plans: {}, otherwise: [generous] })
const generousLimits = {
  'ocs-api': unlimited('seconds'),
  'charp-api': unlimited('seconds'),
  'osir-api': unlimited('unix'),
}

/** Starts a server; close it when the test is over. With `realLimits` the presets' own rate limits hold. */
export async function startServer(
  options: ServerOptions & { readonly realLimits?: boolean } = {},
): Promise<TestServer> {
  const port = options.port ?? (await freePort())
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'sallyport-test-')))
  const { realLimits = false, extraCertificates: extra, ...rest } = options
  const loose = realLimits
    ? {}
    : { doors: merge(generousDoors, options.doors ?? {}), limits: { ...generousLimits, ...options.limits } }
  let clock = options.startAt ?? 1_800_000_000
  let output = ''
  let child: ChildProcess | undefined
  let demo: Demo | undefined
  let endpoints: readonly MountedEndpoint[] = []

  async function start(seed: boolean): Promise<void> {
    const all = { ...rest, ...loose, port, dataFolder, seed, startAt: clock }
    const script = join(import.meta.dirname, 'server-process.ts')
    const started = fork(script, [JSON.stringify(all)], {
      execArgv: ['--conditions=source'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...(extra !== undefined && { NODE_EXTRA_CA_CERTS: extra }) },
    })
    child = started
    started.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    started.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const ready = await Promise.race([once(started, 'message'), once(started, 'exit').then(() => undefined)])
    if (!ready) throw new Error(`the server did not start:\n${output.slice(-4000)}`)
    const [message] = ready as [{ readonly demo?: Demo; readonly endpoints: readonly MountedEndpoint[] }]
    demo ??= message.demo
    endpoints = message.endpoints
  }
  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    // Not `exit`: that may come before the last of what it printed has been read.
    const gone = once(child, 'close')
    child.kill(signal)
    await gone
  }
  await start(options.seed ?? true)

  return {
    address: `http://127.0.0.1:${port}`,
    base: options.baseUrl ?? `http://127.0.0.1:${port}`,
    dataFolder,
    get demo() {
      if (!demo) throw new Error('this server was not seeded')
      return demo
    },
    get endpoints() {
      return endpoints
    },
    now: () => clock,
    async advance(seconds) {
      clock += seconds
      if (!child) return
      const moved = once(child, 'message')
      child.send({ moveTo: clock })
      await moved
    },
    async sweep() {
      if (!child) return
      const swept = once(child, 'message')
      child.send({ sweep: true })
      await swept
    },
    log: () => output,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    restart: () => start(false),
    async close() {
      await end('SIGTERM')
      await rm(dataFolder, { recursive: true, force: true })
    },
  }
}

/** What a server says that must not start. One that does start is ended: left alone it would keep its test from ever failing. */
export async function refusalToStart(options: Parameters<typeof startServer>[0]): Promise<string> {
  const started = await startServer(options).catch((error: unknown) => String(error))
  if (typeof started === 'string') return started
  await started.close()
  throw new Error('the server started')
}

function merge(
  a: NonNullable<ServerOptions['doors']>,
  b: NonNullable<ServerOptions['doors']>,
): NonNullable<ServerOptions['doors']> {
  const ids = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return Object.fromEntries(ids.map((id) => [id, { ...a[id], ...b[id] }]))
}

/** The bytes of every file of a server's store. */
export async function storeBytes(server: TestServer): Promise<string> {
  const names = ['sallyport.db', 'sallyport.db-wal']
  const files = await Promise.all(
    names.map((name) => readFile(join(server.dataFolder, name), 'latin1').catch(() => '')),
  )
  return files.join('')
}
