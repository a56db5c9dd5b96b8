import {
  connectFacts,
  createGuard,
  type GuardRule,
  type RemoteFacts,
  type RemoteOptions,
} from '@sallyport/guard'
import { administer } from './actors.ts'
import { text } from './http.ts'
import type { TestServer } from './server.ts'

/** A guard over facts from elsewhere, in the test's own process. */
export interface RemoteGuard {
  readonly source: RemoteFacts
  /** The status a caller with this credential would get: 200 when let in. */
  status(rule: GuardRule, bearer: string): Promise<number>
}

/** Registers a guard and connects it; `server` in `options` may name another address than the server's own. */
export async function connectRemoteGuard(
  server: TestServer,
  options: Partial<RemoteOptions> = {},
): Promise<RemoteGuard> {
  const made = await administer(server, 'POST', '/guards', { name: 'test' })
  const [clientId, clientSecret] = [text(made, 'client_id'), text(made, 'client_secret')]
  const source = await connectFacts({ server: server.address, clientId, clientSecret, ...options })
  const guard = createGuard({ source, now: () => server.now(), shape: 'message' })
  return {
    source,
    async status(rule, bearer) {
      const header = (name: string) => (name === 'authorization' ? [`Bearer ${bearer}`] : [])
      const check = await guard.check({ method: 'GET', path: '/', header, ip: '127.0.0.1' }, rule)
      return check.outcome === 'allow' ? 200 : check.status
    },
  }
}

/** Asks until `isIt` says yes or `ms` have passed; the last answer. */
export async function until<T>(ask: () => Promise<T>, isIt: (answer: T) => boolean, ms: number): Promise<T> {
  const began = performance.now()
  let answer = await ask()
  while (!isIt(answer) && performance.now() - began < ms) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    answer = await ask()
  }
  return answer
}
