import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text as textOf } from 'node:stream/consumers'

// Answers what a guard asks as the server does (`doors/guard`), about as many keys as anybody may name: a store with a
// million of them would take minutes to fill and say nothing about the guard's memory.

const customers = 100_000
/** What a server has told of itself. */
const [metadata = '{}'] = process.argv.slice(2)
const { config } = JSON.parse(metadata) as { readonly config: string }

const event = (name: string) =>
  `event: ${name}\ndata: ${JSON.stringify({ at: Math.round(performance.now()), config })}\n\n`

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32)
const idsOf = (customer: number) => ({
  accountId: `acc_${digest(`account ${customer}`)}`,
  teamId: `team_${digest(`team ${customer}`)}`,
})
/** Any hash belongs to some customer. */
const customerOf = (hash: string): number => Number.parseInt(digest(hash).slice(0, 8), 16) % customers

function keyFact(hash: string): object {
  return {
    keyId: `key_${digest(`id of ${hash}`)}`,
    doorId: 'osir',
    ...idsOf(customerOf(hash)),
    environment: 'live',
    scope: ['billing:read', 'domains:read', 'domains:write'],
    ipList: [],
    active: true,
  }
}

function fact([kind, id]: readonly [string, string]): object {
  switch (kind) {
    case 'api-key':
      return keyFact(id)
    case 'account':
      return { accountId: id, admin: false, homeTeamId: `team_${digest(id)}` }
    case 'team':
      return { teamId: id, slug: `customer-${id.slice(5, 13)}`, plan: 'Starter', status: 'active' }
    default:
      return { role: 'owner' }
  }
}

let factRequests = 0

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked = await textOf(request)
  switch (request.url) {
    case '/guard/feed':
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`id: 1-\n${event('ready')}`)
      setInterval(() => response.write(event('beat')), 500).unref()
      return
    case '/guard/facts': {
      factRequests += 1
      const { facts } = JSON.parse(asked) as { readonly facts: readonly (readonly [string, string])[] }
      response.end(JSON.stringify({ facts: facts.map(fact), config }))
      return
    }
    case '/guard/metadata':
      response.end(metadata)
      return
    case '/requests':
      response.end(JSON.stringify({ factRequests }))
      return
    default:
      response.writeHead(204).end()
  }
}

const server = createServer((request, response) => void answer(request, response))
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' && address ? address.port : 0 })
})
process.on('disconnect', () => process.exit(0))
