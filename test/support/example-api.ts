import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GuardAccess } from './guard-access.ts'
import { freePort } from './server.ts'

const folder = join(import.meta.dirname, '../../docs/examples')

/** An example of an API in another language. */
export interface Example {
  readonly name: string
  /** Why it can't run here; `false` where it can. */
  readonly skip: string | false
  /** Makes it ready to run; at most once. */
  readonly build?: () => void
  /** The command that serves it on a port, from the folder of the example. */
  command(port: number): readonly string[]
  readonly folder: string
}

/** A running example. */
export interface ExampleApi {
  readonly url: string
  /** Everything it has printed. */
  log(): string
  close(): Promise<void>
}

function runs(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

// Debian's own Python first: that is where its packages are.
const python = (module: string) =>
  ['/usr/bin/python3', 'python3'].find((path) => runs(path, '-c', `import ${module}, jwt, cryptography`))

function pythonExample(name: string, module: string, file: string): Example {
  const path = python(module)
  return {
    name,
    skip: path === undefined && `Python with ${name} and PyJWT is not on this machine; CI installs it`,
    folder: join(folder, 'python'),
    command: (port) => [path ?? '', '-B', file, String(port)],
  }
}

function goExample(): Example {
  const path = ['go', '/usr/local/go/bin/go'].find((one) => runs(one, 'version'))
  const built = join(tmpdir(), `sallyport-example-${process.pid}`)
  return {
    name: 'Go',
    skip: path === undefined && 'Go is not on this machine; CI installs it',
    folder: join(folder, 'go'),
    build() {
      // Nothing is downloaded: it needs no more than comes with Go.
      const env = { ...process.env, GOPROXY: 'off', GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local', GOWORK: 'off' }
      const { status, stderr } = spawnSync(path ?? '', ['build', '-buildvcs=false', '-o', built, '.'], {
        cwd: join(folder, 'go'),
        env,
        encoding: 'utf8',
      })
      process.once('exit', () => rmSync(built, { force: true }))
      if (status !== 0) throw new Error(`the Go example does not build:\n${stderr}`)
    },
    command: (port) => [built, String(port)],
  }
}

function rubyExample(): Example {
  const has = runs('ruby', '-e', 'require "rack"; require "jwt"; require "puma"')
  return {
    name: 'Ruby',
    skip: !has && 'Ruby with rack, puma and jwt is not on this machine; CI installs it',
    folder: join(folder, 'ruby'),
    command: (port) => ['puma', '--quiet', '--bind', `tcp://127.0.0.1:${port}`, 'config.ru'],
  }
}

/** Every example there is. */
export const examples: readonly Example[] = [
  pythonExample('Flask', 'flask', 'flask_api.py'),
  pythonExample('FastAPI', 'fastapi, uvicorn', 'fastapi_api.py'),
  pythonExample('Django', 'django', 'django_api.py'),
  goExample(),
  rubyExample(),
]

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

/** Starts an example against a server at `url`. */
export async function startExample(example: Example, url: string, access: GuardAccess): Promise<ExampleApi> {
  const home = mkdtempSync(join(tmpdir(), 'sallyport-example-home-'))
  const port = await freePort()
  const [command = '', ...args] = example.command(port)
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    GUARD_SERVER: url,
    GUARD_ID: access.clientId,
    GUARD_SECRET: access.clientSecret,
  }
  const child = spawn(command, args, { cwd: example.folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.on('error', (error) => (output += error.message))
  const gone = once(child, 'close')
  for (let tries = 0; !(await isOpen(port)); tries += 1) {
    if (tries > 400 || child.exitCode !== null) throw new Error(`${example.name} does not answer:\n${output}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    url: `http://127.0.0.1:${port}`,
    log: () => output,
    async close() {
      child.kill('SIGKILL')
      await gone
      rmSync(home, { recursive: true, force: true })
    },
  }
}
