import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { SubjectName } from '../subjects/index.ts'
import type { Order } from './subject-process.ts'

/** A subject's process. */
export interface Child {
  ask<T>(order: Order): Promise<T>
  close(): Promise<void>
}

interface Answer {
  readonly result?: unknown
  readonly error?: string
}

/** The next thing it says. */
async function answerOf(child: ChildProcess, name: string): Promise<unknown> {
  const listening = new AbortController()
  const next = (event: string) => once(child, event, { signal: listening.signal }) as Promise<[unknown]>
  const ended = next('exit').then((): [Answer] => [{ error: 'its process ended' }])
  try {
    const [{ result, error }] = (await Promise.race([next('message'), ended])) as [Answer]
    if (error !== undefined) throw new Error(`${name}: ${error}`)
    return result
  } finally {
    // The one that did not come first rejects by this, and nobody is interested any more.
    ended.catch(() => undefined)
    listening.abort()
  }
}

/** Starts a subject in a process with these flags of Node; resolves when it can be asked. */
export async function startSubject(
  name: SubjectName,
  sceneFile: string,
  flags: readonly string[] = [],
): Promise<Child> {
  const child = fork(join(import.meta.dirname, 'subject-process.ts'), [name, sceneFile], {
    execArgv: ['--conditions=source', ...flags],
  })
  await answerOf(child, name)
  return {
    async ask<T>(order: Order) {
      const answer = answerOf(child, name)
      child.send(order)
      return (await answer) as T
    },
    async close() {
      const gone = once(child, 'exit')
      child.kill()
      await gone
    },
  }
}
