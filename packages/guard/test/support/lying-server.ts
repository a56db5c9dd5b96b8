import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server of guards that a test scripts: it tells what it is told to, in any order. */
export interface LyingServer {
  readonly address: string
  /** Teams by id, as its facts. */
  readonly teams: Map<string, { plan: string }>
  /** How often each path was asked for, and the position that came with the last facts. */
  readonly asked: Record<string, number>
  readonly positions: (string | undefined)[]
  /** The positions that feeds were opened with. */
  readonly opened: (string | undefined)[]
  /** Writes to every open feed. */
  tell(text: string): void
  /** Ends every open feed. */
  hangUp(): void
  /** Answers this to the path instead; `undefined` answers as usual again. */
  answer(path: string, status: number | undefined): void
  close(): Promise<void>
}

/** One event as it goes over the wire. */
export function eventText(id: number, event: string, data: object = {}): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** The change of a team. */
export function teamChange(id: number, teamId = 'team_1'): string {
  return eventText(id, 'change', { kind: 'team', id: teamId })
}

/** Starts one whose feeds begin with `ready` at position 1. */
export async function startLyingServer(): Promise<LyingServer> {
  const feeds = new Set<ServerResponse>()
  const asked: Record<string, number> = {}
  const positions: (string | undefined)[] = []
  const opened: (string | undefined)[] = []
  const statuses = new Map<string, number>()
  const teams = new Map([['team_1', { plan: 'Free' }]])
  const positionOf = ({ headers }: IncomingMessage) => headers['last-event-id']?.toString()

  async function facts(request: IncomingMessage): Promise<object> {
    let body = ''
    for await (const piece of request) body += String(piece)
    positions.push(positionOf(request))
    const keys = (JSON.parse(body) as { readonly facts: readonly (readonly [string, string])[] }).facts
    return { facts: keys.map(([, id]) => teams.get(id) ?? null) }
  }
  function feed(request: IncomingMessage, response: ServerResponse): void {
    opened.push(positionOf(request))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(eventText(Number(positionOf(request) ?? 1), 'ready'))
    feeds.add(response)
    const beat = setInterval(() => response.write(': \n\n'), 100)
    response.on('close', () => {
      clearInterval(beat)
      feeds.delete(response)
    })
  }
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked[path] = (asked[path] ?? 0) + 1
    const status = statuses.get(path)
    if (status !== undefined) return void response.writeHead(status).end()
    if (path === '/guard/feed') return feed(request, response)
    const answer =
      path === '/guard/facts' ? facts(request) : { doors: [], key_formats: [], roles: {}, jwks: { keys: [] } }
    void Promise.resolve(answer).then((body) => response.end(JSON.stringify(body)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    teams,
    asked,
    positions,
    opened,
    tell: (text) => {
      for (const response of feeds) response.write(text)
    },
    hangUp: () => {
      for (const response of feeds) response.destroy()
    },
    answer: (path, status) =>
      void (status === undefined ? statuses.delete(path) : statuses.set(path, status)),
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
