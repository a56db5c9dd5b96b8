import { Readable } from 'node:stream'
import type { Change } from '../../store/contract/index.ts'
import type { Endpoint } from '../door.ts'
import type { Services } from '../services.ts'
import { forGuard, guardPath, noStore, readPosition } from './context.ts'

/** How often a quiet feed says that it is alive, so that a guard that hears nothing knows. */
const beatMs = 500
/** Bytes that may wait for a reader of what happens now; then it is cut off, and comes back with the last id it read. */
const mostWaiting = 1024 * 1024
/** Bytes that may wait for a reader that catches up, before more of the past is read for it. */
const enoughWaiting = 64 * 1024
/** Beats for which a reader may take nothing while something waits for it. */
const mostIdleBeats = 20
/** Changes read at a time when a guard catches up. */
const portion = 1000

function line(event: string, id: number, data: object): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/**
 * One guard's feed. While it catches up it reads the log, portion by portion and no faster than the guard does; it follows
 * what happens now from before the portion that turns out to be empty, so that nothing falls between. What came twice is told
 * once. Whether a guard is a second or a million changes behind, it costs the same memory.
 */
class Feed {
  readonly stream = new Readable({ read: () => this.#wanted() })
  readonly #services: Services
  readonly #clientId: string
  /** Changes heard during the reading of a portion; absent while none is being read. */
  #meanwhile: Change[] | undefined
  #last = 0
  #caughtUp = false
  #idleBeats = 0
  #resume: (() => void) | undefined

  constructor(services: Services, clientId: string) {
    this.#services = services
    this.#clientId = clientId
    const stop = services.store.follow((change) => this.#hear(change))
    const beat = setInterval(() => this.#beat(), beatMs)
    this.stream.once('close', () => {
      stop()
      clearInterval(beat)
      this.#resume?.()
    })
    this.stream.on('error', () => undefined)
  }

  /** Tells what was missed since `position`, and then everything as it happens. */
  async start(position: number | undefined): Promise<void> {
    const { store } = this.#services
    this.#last = position ?? (await store.lastChange())
    while (!this.#caughtUp && !this.stream.destroyed) await this.#tellPortion()
    this.#write(line('ready', this.#last, {}))
  }

  async #tellPortion(): Promise<void> {
    const { store } = this.#services
    this.#meanwhile = []
    const changes = await store.changesSince(this.#last, portion)
    const meanwhile = this.#meanwhile
    this.#meanwhile = undefined
    if (changes === undefined) {
      // The log no longer goes back that far.
      this.#last = await store.lastChange()
      this.#write(line('reset', this.#last, {}))
      return
    }
    this.#tell(changes)
    if (changes.length > 0) return this.#drained()
    this.#tell(meanwhile)
    this.#caughtUp = true
  }

  /** Resolves when the reader has taken most of what waits for it, or is gone. */
  async #drained(): Promise<void> {
    while (this.stream.readableLength > enoughWaiting && !this.stream.destroyed)
      await new Promise<void>((resolve) => {
        this.#resume = resolve
      })
  }

  #wanted(): void {
    this.#idleBeats = 0
    this.#resume?.()
  }

  #beat(): void {
    this.#write(': \n\n')
    if (this.stream.readableLength <= enoughWaiting) return
    this.#idleBeats += 1
    // It would hear of nothing in time; better that it knows, and comes back.
    if (this.#idleBeats > mostIdleBeats) this.stream.destroy()
  }

  #hear(change: Change): void {
    // A guard whose credential was taken away hears nothing more.
    if (change.kind === 'client' && change.id === this.#clientId) this.stream.destroy()
    else if (this.#caughtUp) this.#tell([change])
    else this.#meanwhile?.push(change)
  }

  #tell(changes: readonly Change[]): void {
    let text = ''
    for (const { changeId, kind, id } of changes) {
      if (changeId <= this.#last) continue
      this.#last = changeId
      text += line('change', changeId, { kind, id })
    }
    if (text !== '') this.#write(text)
  }

  #write(text: string): void {
    if (this.stream.destroyed) return
    if (this.stream.readableLength > mostWaiting) this.stream.destroy()
    else this.stream.push(text)
  }
}

/** The change feed, as server-sent events that can be resumed by id. @see HTML Standard §9.2 */
export function feedEndpoint(services: Services): Endpoint {
  const { feeds } = services
  services.closing.addEventListener('abort', () => {
    for (const stream of feeds) stream.destroy()
  })
  return {
    path: `${guardPath}/feed`,
    methods: {
      GET: forGuard(services, async (request, { clientId }) => {
        const feed = new Feed(services, clientId)
        feeds.add(feed.stream)
        feed.stream.once('close', () => feeds.delete(feed.stream))
        feed.start(readPosition(request)).catch((error: unknown) => {
          services.log.error({ err: error }, 'a guard’s feed failed')
          feed.stream.destroy()
        })
        return {
          status: 200,
          headers: { ...noStore, 'content-type': 'text/event-stream' },
          body: feed.stream,
        }
      }),
    },
  }
}
