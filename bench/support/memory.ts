import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { administer, call } from '../../test/support/actors.ts'
import { startServer } from '../../test/support/server.ts'
import { type Phase, type PhaseResult, phases } from './memory-phases.ts'
import { table } from './report.ts'

function start(script: string, args: readonly string[], flags: readonly string[] = []) {
  return fork(join(import.meta.dirname, script), args, {
    execArgv: ['--conditions=source', ...flags],
  })
}

/** Each in a process of its own: memory that an earlier one was given would hide what a later one needs. */
async function measure(phase: Phase, server: string, keys: number): Promise<readonly PhaseResult[]> {
  const child = start('memory-process.ts', [phase, server, String(keys)], ['--expose-gc'])
  const ended = once(child, 'exit').then(() => [undefined])
  const [results] = (await Promise.race([once(child, 'message'), ended])) as [
    readonly PhaseResult[] | undefined,
  ]
  child.kill()
  if (!results) throw new Error(`${phase}: its process ended`)
  return results
}

/** What a server tells a guard of itself, as it is on the wire. */
async function readMetadata(): Promise<string> {
  const server = await startServer()
  try {
    const { json } = await administer(server, 'POST', '/guards', { name: 'bench' })
    const credential = Buffer.from(`${String(json['client_id'])}:${String(json['client_secret'])}`)
    const headers = { Authorization: `Basic ${credential.toString('base64')}` }
    return (await call(server, '/guard/metadata', { headers })).text
  } finally {
    await server.close()
  }
}

/** Prints what each of a million keys costs. */
export async function measureMemory(quick: boolean): Promise<void> {
  const keys = quick ? 20_000 : 1_000_000
  const perKey = (bytes: number): string => Math.round(bytes / keys).toLocaleString('en')
  const keyServer = start('key-server.ts', [await readMetadata()])
  try {
    const [{ port }] = (await once(keyServer, 'message')) as [{ readonly port: number }]
    const rows: (readonly string[])[] = []
    for (const phase of phases) {
      const results = await measure(phase, `http://127.0.0.1:${port}`, keys)
      for (const { what, heap, resident, note } of results)
        rows.push([what, perKey(heap), perKey(resident), note])
    }
    console.log(
      `\n${keys.toLocaleString('en')} keys, each kind in a process of its own: bytes per key that it grew by, after collections\n`,
    )
    console.log(table([['', 'heap', 'resident', ''], ...rows]))
  } finally {
    keyServer.kill()
  }
}
