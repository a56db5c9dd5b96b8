import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Where a proxy listens, where it asks and where it passes requests on. */
export interface Ports {
  readonly listen: number
  readonly sallyport: number
  readonly api: number
}

/** How a proxy is started: what it reads has been written to its folder. */
export interface Launch {
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** A proxy that the documentation has an example for. */
export interface ProxyKind {
  readonly name: string
  /** Its program; `undefined` where it is not on this machine. */
  readonly program: string | undefined
  /** How CI installs it. */
  readonly from: string
  /** It can't remove headers by how their names begin, so that one which nobody listed arrives. */
  readonly removesListedOnly?: true
  /** It passes on what follows a body, whatever it is called. */
  readonly passesTrailers?: true
  /** The script in its folder by which it asks. That takes no 200 for a yes which lacks one of the headers. */
  readonly script?: string
  /** Writes the documented example with these addresses. */
  prepare(folder: string, ports: Ports): Promise<Launch>
  /** Whether it has read its routes, where that is after it has begun to listen. */
  hasRoutes?(port: number): Promise<boolean>
}

/** A proxy that runs. */
export interface RunningProxy {
  close(): Promise<void>
}

const root = join(import.meta.dirname, '../../..')
/** Where the documented examples are. */
export const examplesFolder = join(root, 'docs/examples')
// Where CI puts what is in no package of the system.
const places = [
  ...(process.env['PATH'] ?? '').split(delimiter),
  '/usr/sbin',
  '/usr/local/sbin',
  join(root, '.cache/proxies'),
]

/** The program of that name; `undefined` where there is none. */
export function findProgram(name: string): string | undefined {
  return places.map((place) => join(place, name)).find((path) => existsSync(path))
}

/** Why the tests with a proxy are skipped; `false` where it is there. */
export function skipWithout({ name, program, from }: ProxyKind): string | false {
  return program === undefined && `${name} is not on this machine; it comes from ${from}`
}

/** A documented example, its addresses replaced by these ports. */
export async function readExample(name: string, { listen, sallyport, api }: Ports): Promise<string> {
  const example = await readFile(join(examplesFolder, name), 'utf8')
  const ports: Readonly<Record<string, number>> = { '8080': listen, '4455': sallyport, '8081': api }
  return example.replace(/\b(8080|4455|8081)\b/g, (port) => String(ports[port]))
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const say = (open: boolean) => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => say(true)).once('error', () => say(false))
  })
}

/**
 * Starts a proxy with the documented example in a folder of its own, and waits until it listens; with `brokenScript` in the
 * place of the script by which it asks.
 */
export async function startProxy(
  kind: ProxyKind,
  ports: Ports,
  brokenScript?: string,
): Promise<RunningProxy> {
  const { name, program } = kind
  if (program === undefined) throw new Error(`${name} is not on this machine`)
  const folder = await mkdtemp(join(tmpdir(), `sallyport-${name}-`))
  const { args, env } = await kind.prepare(folder, ports)
  if (kind.script !== undefined && brokenScript !== undefined)
    await writeFile(join(folder, kind.script), brokenScript)
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const gone = once(child, 'close')
  const close = async () => {
    child.kill('SIGTERM')
    // Some wait for what they have asked, for as long as nobody answers.
    const impatient = setTimeout(() => child.kill('SIGKILL'), 5000)
    await gone
    clearTimeout(impatient)
    await rm(folder, { recursive: true, force: true })
  }
  const deadline = performance.now() + 20_000
  const { hasRoutes = isOpen } = kind
  while (!(await isOpen(ports.listen)) || !(await hasRoutes(ports.listen))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await close()
      throw new Error(`${name} does not answer:\n${output.slice(-4000)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return { close }
}
