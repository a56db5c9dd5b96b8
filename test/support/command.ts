import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** How a command ended: its exit code, `null` when it had to be stopped, and all that it printed. */
export interface CommandResult {
  readonly code: number | null
  readonly output: string
}

/** Runs the server's own command line in a clean environment, for at most ten seconds. */
export async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const main = join(import.meta.dirname, '../../packages/server/src/cli/main.ts')
  const root = join(import.meta.dirname, '../..')
  const child = spawn(process.execPath, ['--conditions=source', main, ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', ...env },
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  return { code, output }
}
