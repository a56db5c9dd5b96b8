import { createFactCache } from '../fact-cache.ts'
import type { FactSource, SessionTokenFacts } from '../facts.ts'
import { type FollowedFeed, followFeed } from './feed.ts'
import { createLookUp } from './look-up.ts'
import { createOpaqueTokens } from './opaque-tokens.ts'
import { createMetadata, type LiveMetadata } from './metadata.ts'
import { reasonOf } from './reason.ts'
import { type FactKey, type GuardServer, type Metadata, openServer, type ServerAccess } from './server.ts'
import { createUses, type Uses } from './uses.ts'

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

/** What is asked of a server, as it is by its feed. */
interface Following {
  readonly feed: FollowedFeed
  readonly metadata: LiveMetadata
  readonly held: HeldFacts
  readonly opaqueToken: FactSource['opaqueToken']
  /** Whether facts in memory may be used: the feed is fresh, and what is known of doors, keys and roles is its server's. */
  isCurrent(): boolean
}

/** Facts by kind and id, held in memory while they are kept fresh. */
interface HeldFacts {
  get<T>(kind: string, id: string): Promise<T | undefined>
  drop(kind: string, id: string): void
  dropAll(): void
}

const lost = () => Promise.reject(new Error('the change feed is lost'))

function createHeldFacts(
  ask: (keys: readonly FactKey[]) => Promise<readonly unknown[]>,
  isCurrent: () => boolean,
  { whenLost = 'ask', cacheSize = 50_000 }: RemoteOptions,
): HeldFacts {
  const cache = createFactCache(cacheSize)
  const lookUp = createLookUp(ask)
  return {
    get<T>(kind: string, id: string): Promise<T | undefined> {
      const find = () => lookUp(kind, id) as Promise<T | undefined>
      if (isCurrent()) return cache.get(`${kind}:${id}`, find)
      return whenLost === 'ask' ? find() : lost()
    },
    drop: (kind, id) => cache.drop(`${kind}:${id}`),
    dropAll: () => cache.dropWhere(() => true),
  }
}

/** Follows the feed and resolves, with all that is up to date by it, once it has caught up. */
async function follow(server: GuardServer, options: RemoteOptions): Promise<Following> {
  let metadata: LiveMetadata | undefined
  let config: string | undefined
  const listener = {
    changed(kind: string, id: string) {
      held.drop(kind, id)
      if (kind === 'signing-key') metadata?.reload()
    },
    reset: () => held.dropAll(),
    caughtUp(now: string) {
      // Facts rest on the configuration as well, and of that the log tells nothing.
      if (now !== config) held.dropAll()
      config = now
      metadata?.reload()
    },
  }
  const feed: FollowedFeed = followFeed(server, listener, options.lostAfterMs ?? 2000)
  const isCurrent = () => feed.isFresh() && metadata?.current().config === config
  async function ask(keys: readonly FactKey[]): Promise<readonly unknown[]> {
    const answer = await server.facts(keys, feed.position())
    // From a server with another configuration than the feed's: true of that one, and not to be kept.
    if (answer.config !== config) for (const [kind, id] of keys) held.drop(kind, id)
    return answer.facts
  }
  const held = createHeldFacts(ask, isCurrent, options)
  try {
    await feed.ready
    const load = (): Promise<Metadata> => server.metadata(feed.position())
    const position = feed.position()
    metadata = createMetadata(load, await load(), (one) => one === config)
    // A change that came while nobody was there to be told of it, or an answer from another server.
    if (feed.position() !== position || !isCurrent()) metadata.reload()
    return { feed, held, metadata, isCurrent, opaqueToken: createOpaqueTokens(ask, options.cacheSize) }
  } catch (cause) {
    feed.close()
    throw new Error(`the server's changes can't be followed: ${reasonOf(cause)}`, { cause })
  }
}

/** A session token as it was last used, here or elsewhere. */
async function findSessionToken(
  hash: string,
  now: number,
  { held, uses }: { readonly held: HeldFacts; readonly uses: Uses },
): Promise<SessionTokenFacts | undefined> {
  const find = () => held.get<SessionTokenFacts>('session-token', hash)
  const known = await find()
  if (!known) return undefined
  const lastUsedAt = Math.max(known.lastUsedAt, uses.lastUsedAt(hash) ?? 0)
  if (lastUsedAt + known.idle > now) return { ...known, lastUsedAt }
  // Idle for all that is known here. Another guard may have let it in since, and the server heard of it.
  held.drop('session-token', hash)
  return find()
}

/**
 * Connects a guard to a server: follows the feed, reads what it must know, and resolves when that is there. Rejects when the
 * server can't be reached, refuses the credential, or its events don't arrive.
 */
export async function connectFacts(options: RemoteOptions): Promise<RemoteFacts> {
  const server = openServer(options)
  const { feed, held, metadata, isCurrent, opaqueToken } = await follow(server, options)
  const uses = createUses((batch) => server.uses(batch))
  return {
    get keyFormats() {
      return metadata.current().keyFormats
    },
    get doors() {
      return [...metadata.current().doors.values()]
    },
    rolesOf: (doorId) => metadata.current().roles.get(doorId) ?? {},
    doorOfIssuer: (issuer) => metadata.current().doors.get(issuer),
    opaqueToken,
    async signingKey(kid, now) {
      const key = metadata.current().keys.get(kid)
      return key?.removeAt !== undefined && key.removeAt <= now ? undefined : key
    },
    upToDate() {
      if (isCurrent()) return undefined
      return options.whenLost === 'refuse' ? lost() : metadata.recent()
    },
    family: (id) => held.get('family', id),
    account: (id) => held.get('account', id),
    client: (id) => held.get('client', id),
    team: (id) => held.get('team', id),
    membership: (accountId, teamId) => held.get('membership', `${accountId}:${teamId}`),
    apiKey: (hash) => held.get('api-key', hash),
    sessionToken: (hash, now) => findSessionToken(hash, now, { held, uses }),
    widgetSession: (id) => held.get('widget-session', id),
    widget: (id) => held.get('widget', id),
    used: (use, now) => uses.add(use, now),
    spend: ({ id, team }, limits) => server.spend({ id, teamId: team?.id, limits }),
    isFresh: isCurrent,
    async close() {
      feed.close()
      metadata.close()
      await uses.close()
    },
  }
}
