import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { administer } from './actors.ts'
import { send } from './http.ts'
import type { TestServer } from './server.ts'

/** An API in a process of its own, behind a guard that follows the server's feed. */
export interface RemoteApi {
  readonly url: string
  /** Asks until the API answers with that status; fails when it does not within a second. */
  waitFor(path: string, bearer: string, status: number): Promise<void>
  close(): void
}

/** Starts one; `options` are the guard's connection's, `guard` its own. */
export async function startApi(
  server: TestServer,
  options: object = {},
  guard: object = {},
): Promise<RemoteApi> {
  const { json } = await administer(server, 'POST', '/guards', { name: 'api' })
  const access = {
    server: server.address,
    clientId: json['client_id'],
    clientSecret: json['client_secret'],
    ...options,
  }
  const child = fork(
    join(import.meta.dirname, 'guarded-api.ts'),
    [JSON.stringify({ access, guard, startAt: server.now() })],
    { execArgv: ['--conditions=source'] },
  )
  const [port] = (await once(child, 'message')) as [number]
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    async waitFor(path, bearer, status) {
      const began = performance.now()
      let answer = await send(url + path, { bearer })
      while (answer.status !== status && performance.now() - began < 1000)
        answer = await send(url + path, { bearer })
      if (answer.status !== status) throw new Error(`${path} still answers ${answer.status}`)
    },
    close: () => void child.kill(),
  }
}
