import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGuard, type Guard, type GuardOptions, type GuardRule } from '@sallyport/guard'
import { expressGuard, principalOf } from '@sallyport/guard/express'
import { fetchGuard } from '@sallyport/guard/fetch'
import type { Principal } from '@sallyport/protocol'
import express from 'express'
import { type Facts, sourceOf } from './world.ts'

/** What a caller sends. Header names may repeat. */
export interface Call {
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly path?: string
  readonly ip?: string
}

/** What a caller gets, however the guard was mounted. `body` is the principal when it was let in. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

/** One way to put a guard before an API. */
export interface Caller {
  readonly way: 'core' | 'express' | 'fetch'
  ask(rule: GuardRule, call: Call): Promise<Answer>
  close(): Promise<void>
}

/** A guard over facts, at their time. */
export function guardOf(facts: Facts, options: Partial<GuardOptions> = {}): Guard {
  return createGuard({ source: sourceOf(facts), now: () => facts.now, shape: 'message', ...options })
}

const lowerCase = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
const plain = (value: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(value))

/** Asks the guard itself. */
export function coreCaller(guard: Guard): Caller {
  return {
    way: 'core',
    async ask(rule, { headers = [], path = '/v1/domains', ip = '127.0.0.1' }) {
      const header = (name: string) =>
        headers.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value)
      const check = await guard.check({ method: 'GET', path, header, ip }, rule)
      return check.outcome === 'allow'
        ? { status: 200, headers: lowerCase(check.headers), body: plain(check.principal) }
        : { status: check.status, headers: lowerCase(check.headers), body: check.body }
    },
    async close() {},
  }
}

/** Asks a real Express app over a real socket; headers are written as given, repeated ones twice. */
export async function expressCaller(guard: Guard): Promise<Caller> {
  const app = express()
  let rule: GuardRule = { doors: [] }
  let ip = ''
  const protect = expressGuard(guard, { ipOf: () => ip })
  app.use((request, response, next) => protect(rule)(request, response, next))
  app.use((request, response) => {
    const { principal } = request as { principal?: Principal }
    response.json(principal === principalOf(request) ? principal : { mismatch: true })
  })
  const server = createServer(app).listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    way: 'express',
    async ask(asked, { headers = [], path = '/v1/domains', ip: from = '127.0.0.1' }) {
      rule = asked
      ip = from
      const flat = [['Host', 'api.example'] as const, ['Connection', 'close'] as const, ...headers].flat()
      const sent = httpRequest({ port, host: '127.0.0.1', path, headers: flat }).end()
      const [response] = await once(sent, 'response')
      let text = ''
      for await (const chunk of response) text += String(chunk)
      return { status: response.statusCode, headers: response.headers, body: JSON.parse(text) }
    },
    async close() {
      server.close()
      await once(server, 'close')
    },
  }
}

/** Asks a fetch handler. */
export function fetchCaller(guard: Guard): Caller {
  return {
    way: 'fetch',
    async ask(rule, { headers = [], path = '/v1/domains', ip = '127.0.0.1' }) {
      const handle = fetchGuard(guard)(rule, (_request, principal) => Response.json(principal))
      const sent = new Headers()
      for (const [name, value] of headers) sent.append(name, value)
      const response = await handle(new Request(`https://api.example${path}`, { headers: sent }), { ip })
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: plain(await response.json()),
      }
    },
    async close() {},
  }
}

/** All three ways over one guard. */
export async function allCallers(guard: Guard): Promise<readonly Caller[]> {
  return [coreCaller(guard), await expressCaller(guard), fetchCaller(guard)]
}

/** The header of a bearer credential. */
export function bearer(token: string): readonly [string, string] {
  return ['Authorization', `Bearer ${token}`]
}
