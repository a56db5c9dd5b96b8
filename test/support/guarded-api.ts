import { createServer } from 'node:http'
import {
  connectFacts,
  createGuard,
  type GuardOptions,
  type GuardRule,
  type RemoteOptions,
} from '@sallyport/guard'
import { expressGuard, principalOf } from '@sallyport/guard/express'

// An API in a process of its own, on bare node:http, that knows the server by its address and a guard's credential.
const { access, guard, startAt } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly access: RemoteOptions
  readonly guard?: Partial<GuardOptions>
  readonly startAt: number
}
const source = await connectFacts(access)
const protect = expressGuard(createGuard({ source, now: () => startAt, shape: 'message', ...guard }))

const plans = ['Free', 'Standard', 'Enterprise']
const rules: Readonly<Record<string, GuardRule>> = {
  '/person': { doors: ['oshara'] },
  '/app': { doors: ['openchatstudio'], scopes: ['chatbot:read'] },
  '/vendor': { doors: ['charp'], plan: 'Free', plans },
  '/standard': { doors: ['charp'], plan: 'Standard', plans },
  '/write': { doors: ['osir'], scopes: ['domains:write'] },
  '/key': { doors: ['osir'] },
  '/widget': { doors: ['oshara-widgets'] },
}

const http = createServer((request, response) => {
  const rule = rules[request.url ?? ''] ?? { doors: [] }
  void protect(rule)(request, response, () => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(principalOf(request)))
  })
})
http.listen(0, '127.0.0.1', () => {
  const address = http.address()
  process.send?.(typeof address === 'object' && address ? address.port : 0)
})
process.on('disconnect', () => process.exit(0))
