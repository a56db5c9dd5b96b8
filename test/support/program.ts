import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where the programs are that use clients of other languages. */
export const programsFolder = join(import.meta.dirname, '../interop/programs')

/** Whether a command ends well. */
export function runs(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

/** A program that listens on a port of this machine. */
export interface RunningProgram {
  readonly url: string
  /** Everything it has printed. */
  log(): string
  close(): Promise<void>
}

/** What to start, and where it will listen. */
export interface Launch {
  readonly command: readonly string[]
  readonly port: number
  readonly env?: Readonly<Record<string, string>>
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

/** Starts a program with a home of its own, and waits until it listens. */
export async function startProgram({ command, port, env }: Launch): Promise<RunningProgram> {
  const [file = '', ...args] = command
  const home = mkdtempSync(join(tmpdir(), 'sallyport-program-'))
  const child: ChildProcess = spawn(file, args, {
    env: { PATH: process.env['PATH'], HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.on('error', (error) => (output += error.message))
  const gone = once(child, 'close')
  const close = async () => {
    child.kill('SIGTERM')
    // Some wait for connections that nobody will close.
    const impatient = setTimeout(() => child.kill('SIGKILL'), 5000)
    await gone
    clearTimeout(impatient)
    rmSync(home, { recursive: true, force: true })
  }
  const deadline = performance.now() + 20_000
  while (!(await isOpen(port))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await close()
      throw new Error(`${file} does not answer:\n${output.slice(-4000)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return { url: `http://127.0.0.1:${port}`, log: () => output, close }
}
