import { createFactCache } from '../fact-cache.ts'
import type { FactSource, WidgetSessionFacts } from '../facts.ts'
import { followFeed } from './feed.ts'
import { createLookUp } from './look-up.ts'
import { createOpaqueTokens } from './opaque-tokens.ts'
import { type FactKey, type GuardServer, type Metadata, openServer, type ServerAccess } from './server.ts'

/** How a guard in another process gets its facts. */
export interface RemoteOptions extends ServerAccess {
  /**
   * Milliseconds without a sign of life after which the feed counts as lost; 2000 when left out. The server beats twice a
   * second, so that a change is never hidden for longer than this.
   */
  readonly lostAfterMs?: number
  /**
   * What to do while the feed is lost. `ask` (when left out): every fact is asked for, request by request, so that what is
   * answered stays true while the server answers at all. `refuse`: nobody is let in, for an API where even that is too little.
   */
  readonly whenLost?: 'ask' | 'refuse'
  /** Facts held in memory at most; 50 000 when left out. */
  readonly cacheSize?: number
}

/** Facts from a server elsewhere, fresh within the feed. */
export interface RemoteFacts extends FactSource {
  /** Whether the feed is fresh, so that cached facts are used. */
  isFresh(): boolean
  /** Tells the server of the last uses, and lets go of it. */
  close(): Promise<void>
}

/** How often uses are told, in milliseconds. */
const usesMs = 1000
const mostUses = 500

/** Gathers uses and tells them in batches: a moment that is lost with the process costs nobody a right. */
function createUses(tell: (keys: readonly FactKey[]) => Promise<void>) {
  const waiting = new Map<string, FactKey>()
  async function flush(): Promise<void> {
    const keys = [...waiting.values()].slice(0, mostUses)
    if (keys.length === 0) return
    for (const [, hash] of keys) waiting.delete(hash)
    // The server is not there; the next use of a credential is told anew.
    await tell(keys).catch(() => undefined)
  }
  const timer = setInterval(() => void flush(), usesMs)
  timer.unref?.()
  return {
    add: (key: FactKey) => void waiting.set(key[1], key),
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}

/** What the server says of itself, read again when a signing key changes. */
function createMetadata(server: GuardServer, first: Metadata) {
  let metadata = first
  return {
    current: () => metadata,
    reload(): void {
      server.metadata().then(
        (fresh) => {
          metadata = fresh
        },
        // Tried again with the next change; a key is published long before it signs.
        () => undefined,
      )
    },
  }
}

/**
 * Connects a guard to a server: reads what it must know, follows the feed, and resolves when that has caught up. Rejects
 * when the server can't be reached or refuses the credential.
 */
export async function connectFacts(options: RemoteOptions): Promise<RemoteFacts> {
  const { lostAfterMs = 2000, whenLost = 'ask', cacheSize = 50_000 } = options
  const server = openServer(options)
  const metadata = createMetadata(server, await server.metadata())
  const cache = createFactCache(cacheSize)
  const listener = {
    changed(kind: string, id: string) {
      cache.drop(`${kind}:${id}`)
      if (kind === 'signing-key') metadata.reload()
      // A session's fact holds what its widget allows.
      if (kind === 'widget') cache.dropWhere((_key, value) => isOfWidget(value, id))
    },
    reset() {
      cache.dropWhere(() => true)
      metadata.reload()
    },
  }
  const feed = followFeed(server, listener, lostAfterMs)
  await feed.ready
  const lookUp = createLookUp((keys) => server.facts(keys))
  const uses = createUses((keys) => server.uses(keys))

  function fact<T>(kind: string, id: string): Promise<T | undefined> {
    const ask = () => lookUp(kind, id) as Promise<T | undefined>
    if (feed.isFresh()) return cache.get(`${kind}:${id}`, ask)
    return whenLost === 'ask' ? ask() : Promise.reject(new Error('the change feed is lost'))
  }

  return {
    ...factMethods(fact, lookUp),
    get keyFormats() {
      return metadata.current().keyFormats
    },
    get doors() {
      return [...metadata.current().doors.values()]
    },
    doorOfIssuer: (issuer) => metadata.current().doors.get(issuer),
    opaqueToken: createOpaqueTokens((keys) => server.facts(keys), cacheSize),
    signingKey: async (kid) => metadata.current().keys.get(kid),
    used: ({ kind, hash }) => uses.add([kind, hash]),
    // Counted where the calls come together, which is not here.
    spend: async () => undefined,
    isFresh: () => feed.isFresh(),
    async close() {
      feed.close()
      await uses.close()
    },
  }
}

type Facts = Pick<
  FactSource,
  'family' | 'account' | 'client' | 'team' | 'membership' | 'apiKey' | 'sessionToken' | 'widgetSession'
>

function factMethods(
  fact: <T>(kind: string, id: string) => Promise<T | undefined>,
  lookUp: (kind: string, id: string) => Promise<unknown>,
): Facts {
  return {
    family: (id) => fact('family', id),
    account: (id) => fact('account', id),
    client: (id) => fact('client', id),
    team: (id) => fact('team', id),
    membership: (accountId, teamId) => fact('membership', `${accountId}:${teamId}`),
    apiKey: (hash) => fact('api-key', hash),
    // Its last use moves with every request and is known to the server alone.
    sessionToken: (hash) => lookUp('session-token', hash) as ReturnType<FactSource['sessionToken']>,
    widgetSession: (id) => fact<WidgetSessionFacts>('widget-session', id),
  }
}

function isOfWidget(value: unknown, widgetId: string): boolean {
  return typeof value === 'object' && value !== null && 'widgetId' in value && value.widgetId === widgetId
}
