import { deferred } from './deferred.ts'
import type { GuardServer } from './server.ts'
import { readEvents } from './sse.ts'

/** What a follower of the feed does. */
export interface FeedListener {
  /** A change: what to forget. */
  changed(kind: string, id: string): void
  /** The feed can't say what was missed: everything may have changed. */
  reset(): void
}

/** A feed that is followed, and comes back by itself. */
export interface FollowedFeed {
  /** Whether everything up to a moment ago is known. */
  isFresh(): boolean
  /** Resolves when the feed has caught up for the first time. */
  readonly ready: Promise<void>
  close(): void
}

/** The longest wait before the feed is opened anew, and the shortest. */
const waitsMs = { first: 100, most: 2000 }

/**
 * Follows the server's change feed and resumes it by id. It is fresh while it has caught up and something, if only a sign of
 * life, was heard in the last `lostAfterMs`.
 */
export function followFeed(server: GuardServer, listener: FeedListener, lostAfterMs: number): FollowedFeed {
  const closing = new AbortController()
  const { promise: ready, resolve: isReady } = deferred<void>()
  let position: string | undefined
  let caughtUp = false
  let heardAt = 0
  let waitMs = waitsMs.first

  async function read(): Promise<void> {
    // A connection on which nothing is heard any more is as good as gone, though nobody has said so.
    const connection = new AbortController()
    const signal = AbortSignal.any([closing.signal, connection.signal])
    const heard = () => {
      heardAt = performance.now()
    }
    const watch = setInterval(() => {
      if (performance.now() - heardAt > lostAfterMs) connection.abort()
    }, lostAfterMs / 4)
    watch.unref?.()
    heard()
    try {
      for await (const { id, event, data } of readEvents(await server.feed(position, signal), heard)) {
        position = id
        if (event === 'change') {
          const { kind, id: changed } = JSON.parse(data) as { kind: string; id: string }
          listener.changed(kind, changed)
        } else if (event === 'reset') listener.reset()
        else if (event === 'ready') {
          caughtUp = true
          waitMs = waitsMs.first
          isReady()
        }
      }
    } finally {
      clearInterval(watch)
      caughtUp = false
    }
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      // A feed that broke off is opened again, from where it was left.
      await read().catch(() => undefined)
      if (closing.signal.aborted) return
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      waitMs = Math.min(waitMs * 2, waitsMs.most)
    }
  }
  void run()

  return {
    ready,
    isFresh: () => caughtUp && performance.now() - heardAt <= lostAfterMs,
    close: () => closing.abort(),
  }
}
