import { Readable } from 'node:stream'
import type { Change } from '../../store/contract/index.ts'
import { type Endpoint, oneHeader, type Request } from '../door.ts'
import type { Services } from '../services.ts'
import { forGuard, guardPath, noStore } from './context.ts'

/** How often a quiet feed says that it is alive, so that a guard that hears nothing knows. */
const beatMs = 500
/** Bytes that may wait for a slow reader; then it is cut off, and comes back with the last id it read. */
const mostWaiting = 1024 * 1024
/** Changes read at a time when a guard catches up. */
const portion = 1000

function line(event: string, id: number, data: object): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

const told = ({ changeId, kind, id }: Change) => line('change', changeId, { kind, id })

/** The position a guard has read to; `undefined` for a first visit. */
function readPosition(request: Request): number | undefined {
  const header = oneHeader(request, 'last-event-id')
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined
}

/**
 * One guard's feed. It follows before it catches up, so that nothing falls between: what comes meanwhile waits, and what
 * came twice is told once.
 */
class Feed {
  readonly stream = new Readable({ read: () => undefined })
  readonly #services: Services
  readonly #clientId: string
  readonly #waiting: Change[] = []
  #last = 0
  #caughtUp = false

  constructor(services: Services, clientId: string) {
    this.#services = services
    this.#clientId = clientId
    const stop = services.store.follow((change) => this.#hear(change))
    const beat = setInterval(() => this.#write(': \n\n'), beatMs)
    this.stream.once('close', () => {
      stop()
      clearInterval(beat)
    })
    this.stream.on('error', () => undefined)
  }

  /** Tells what was missed since `position`, and then everything as it happens. */
  async start(position: number | undefined): Promise<void> {
    const { store } = this.#services
    this.#last = position ?? (await store.lastChange())
    const missed = position === undefined ? [] : await this.#missed(position)
    if (missed === undefined) {
      this.#last = await store.lastChange()
      this.#write(line('reset', this.#last, {}))
    }
    this.#caughtUp = true
    for (const change of this.#waiting.splice(0)) this.#tell(change)
    this.#write(line('ready', this.#last, {}))
  }

  /** Tells portion by portion; `undefined` when the log no longer goes back that far. */
  async #missed(position: number): Promise<readonly Change[] | undefined> {
    let changes = await this.#services.store.changesSince(position, portion)
    while (changes && changes.length > 0) {
      for (const change of changes) this.#tell(change)
      changes = await this.#services.store.changesSince(this.#last, portion)
    }
    return changes
  }

  #hear(change: Change): void {
    // A guard whose credential was taken away hears nothing more.
    if (change.kind === 'client' && change.id === this.#clientId) this.stream.destroy()
    else if (this.#caughtUp) this.#tell(change)
    else this.#waiting.push(change)
  }

  #tell(change: Change): void {
    if (change.changeId <= this.#last) return
    this.#last = change.changeId
    this.#write(told(change))
  }

  #write(text: string): void {
    if (this.stream.destroyed) return
    if (this.stream.readableLength > mostWaiting) this.stream.destroy()
    else this.stream.push(text)
  }
}

/** The change feed, as server-sent events that can be resumed by id. @see HTML Standard §9.2 */
export function feedEndpoint(services: Services): Endpoint {
  const open = new Set<Readable>()
  services.closing.addEventListener('abort', () => {
    for (const stream of open) stream.destroy()
  })
  return {
    path: `${guardPath}/feed`,
    methods: {
      GET: forGuard(services, async (request, { clientId }) => {
        const feed = new Feed(services, clientId)
        open.add(feed.stream)
        feed.stream.once('close', () => open.delete(feed.stream))
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
