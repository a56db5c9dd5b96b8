import { deferred } from './deferred.ts'
import type { GuardServer } from './server.ts'
import { readEvents, type ServerSentEvent } from './sse.ts'

/** What a follower of the feed does. */
export interface FeedListener {
  /** A change: what to forget. */
  changed(kind: string, id: string): void
  /** The feed can't say what was missed: everything may have changed. */
  reset(): void
  /** All that was missed while the feed was away has been told. */
  caughtUp(): void
}

/** A feed that is followed, and comes back by itself. */
export interface FollowedFeed {
  /** Whether everything up to a moment ago is known. */
  isFresh(): boolean
  /** The newest change that was told; `undefined` before the first. */
  position(): number | undefined
  /** Resolves when the feed has caught up for the first time; rejects when its first connection fails. */
  readonly ready: Promise<void>
  close(): void
}

/** The longest wait before the feed is opened anew, and the shortest. */
const waitsMs = { first: 100, most: 2000 }

/**
 * Reads one connection to its end. One on which nothing is heard for `lostAfterMs` is as good as gone, though nobody has
 * said so, and is ended here.
 */
async function readConnection(
  open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>,
  closing: AbortSignal,
  { heard, silentMs, lostAfterMs }: { heard(): void; silentMs(): number; readonly lostAfterMs: number },
  tell: (event: ServerSentEvent) => void,
): Promise<void> {
  const connection = new AbortController()
  const watch = setInterval(() => {
    if (silentMs() > lostAfterMs)
      connection.abort(new Error(`nothing was heard for ${lostAfterMs} ms; does a proxy hold events back?`))
  }, lostAfterMs / 4)
  watch.unref?.()
  heard()
  try {
    const body = await open(AbortSignal.any([closing, connection.signal]))
    for await (const event of readEvents(body, heard)) tell(event)
  } finally {
    clearInterval(watch)
  }
}

/**
 * Follows the server's change feed and resumes it by id. It is fresh while it has caught up and something, if only a sign of
 * life, was heard in the last `lostAfterMs`.
 */
export function followFeed(server: GuardServer, listener: FeedListener, lostAfterMs: number): FollowedFeed {
  const closing = new AbortController()
  const { promise: ready, resolve: isReady, reject: failed } = deferred<void>()
  let position: number | undefined
  let caughtUp = false
  let heardAt = 0
  let waitMs = waitsMs.first

  function tell({ id, event, data }: ServerSentEvent): void {
    // Only a reset goes back: it is the position in another log. What comes late or twice is told all the same.
    const at = Number(id)
    position = event === 'reset' ? at : Math.max(position ?? 0, at)
    if (event === 'change') {
      const { kind, id: changed } = JSON.parse(data) as { kind: string; id: string }
      listener.changed(kind, changed)
    } else if (event === 'reset') listener.reset()
    else if (event === 'ready') {
      caughtUp = true
      waitMs = waitsMs.first
      listener.caughtUp()
      isReady()
    }
  }
  const hearing = {
    heard: () => {
      heardAt = performance.now()
    },
    silentMs: () => performance.now() - heardAt,
    lostAfterMs,
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      // A feed that broke off is opened again, from where it was left; only the first failure is somebody's to hear.
      await readConnection((signal) => server.feed(position, signal), closing.signal, hearing, tell).catch(
        failed,
      )
      caughtUp = false
      failed(new Error('the feed ended before it had caught up'))
      if (closing.signal.aborted) return
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      waitMs = Math.min(waitMs * 2, waitsMs.most)
    }
  }
  void run()

  return {
    ready,
    position: () => position,
    isFresh: () => caughtUp && hearing.silentMs() <= lostAfterMs,
    close: () => closing.abort(),
  }
}
