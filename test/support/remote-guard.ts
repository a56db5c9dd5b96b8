import {
  connectFacts,
  createGuard,
  type GuardRule,
  type RemoteFacts,
  type RemoteOptions,
} from '@sallyport/guard'
import { administer, call } from './actors.ts'
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

/** How often guards have asked this server for facts. Its log comes through a pipe: it is read up to a line that was written after all others. */
async function factRequests(server: TestServer): Promise<number> {
  const mark = `/mark-${crypto.randomUUID()}`
  await call(server, mark)
  await until(
    async () => server.log(),
    (log) => log.includes(mark),
    10_000,
  )
  return server.log().split('"path":"/guard/facts"').length - 1
}

/**
 * How often a guard asks the server in so many checks of what it knows. Known is what one check has asked nothing for: what was
 * made a moment ago is held once the feed has told of its making.
 */
export async function asksWhenKnown(
  server: TestServer,
  check: () => Promise<unknown>,
  checks: number,
): Promise<number> {
  async function asksFor(count: number): Promise<number> {
    const before = await factRequests(server)
    for (let done = 0; done < count; done += 1) await check()
    return (await factRequests(server)) - before
  }
  await until(
    () => asksFor(1),
    (asks) => asks === 0,
    10_000,
  )
  return asksFor(checks)
}
