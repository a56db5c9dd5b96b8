import { once } from 'node:events'
import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGuard, type Guard, type GuardOptions, type GuardRule } from '@sallyport/guard'
import { expressGuard, expressMetadata, principalOf } from '@sallyport/guard/express'
import { fastifyGuard, fastifyMetadata, principalOf as fastifyPrincipalOf } from '@sallyport/guard/fastify'
import { fetchGuard, fetchMetadata } from '@sallyport/guard/fetch'
import { honoGuard, honoMetadata } from '@sallyport/guard/hono'
import { nextGuard } from '@sallyport/guard/next'
import { nodeGuard, nodeMetadata } from '@sallyport/guard/node'
import type { Principal } from '@sallyport/protocol'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { type Facts, sourceOf } from './world.ts'

/** What a caller sends. Header names may repeat. */
export interface Call {
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly method?: string
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
  readonly way: 'core' | 'express' | 'fetch' | 'node' | 'fastify' | 'hono' | 'next'
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
    async ask(rule, { headers = [], method = 'GET', path = '/v1/domains', ip = '127.0.0.1' }) {
      const header = (name: string) =>
        headers.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value)
      const metadata = guard.metadata({ method, path })
      if (metadata) return { ...metadata, headers: lowerCase(metadata.headers) }
      const check = await guard.check({ method, path, header, ip }, rule)
      return check.outcome === 'allow'
        ? { status: 200, headers: lowerCase(check.headers), body: plain(check.principal) }
        : { status: check.status, headers: lowerCase(check.headers), body: check.body }
    },
    async close() {},
  }
}

/** What the caller of a moment asks for: the rule its request meets, and where it comes from. */
interface Asked {
  rule: GuardRule
  ip: string
}

/** Asks a server over a real socket; headers are written as given, repeated ones twice. */
async function overSocket(way: Caller['way'], server: Server, asked: Asked): Promise<Caller> {
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    way,
    async ask(rule, { headers = [], method = 'GET', path = '/v1/domains', ip = '127.0.0.1' }) {
      asked.rule = rule
      asked.ip = ip
      const forwarded = ['X-Forwarded-For', ip] as const
      const flat = [
        ['Host', 'api.example'] as const,
        ['Connection', 'close'] as const,
        forwarded,
        ...headers,
      ].flat()
      const sent = httpRequest({ port, host: '127.0.0.1', method, path, headers: flat }).end()
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

/** A real Express app. */
export async function expressCaller(guard: Guard): Promise<Caller> {
  const asked: Asked = { rule: { doors: [] }, ip: '' }
  const app = express()
  const protect = expressGuard(guard, { ipOf: () => asked.ip })
  app.use(expressMetadata(guard))
  app.use((request, response, next) => protect(asked.rule)(request, response, next))
  app.use((request, response) => {
    const { principal } = request as { principal?: Principal }
    response.json(principal === principalOf(request) ? principal : { mismatch: true })
  })
  return overSocket('express', createServer(app), asked)
}

/** Bare node:http. */
export async function nodeCaller(guard: Guard): Promise<Caller> {
  const asked: Asked = { rule: { doors: [] }, ip: '' }
  const protect = nodeGuard(guard, { ipOf: () => asked.ip })
  const answerMetadata = nodeMetadata(guard)
  const server = createServer((request, response) => {
    if (answerMetadata(request, response)) return
    void protect(asked.rule, request, response).then((principal) => {
      if (principal) response.setHeader('content-type', 'application/json').end(JSON.stringify(principal))
    })
  })
  return overSocket('node', server, asked)
}

/** A real Fastify app, which believes its proxy. */
export async function fastifyCaller(guard: Guard): Promise<Caller> {
  const asked: Asked = { rule: { doors: [] }, ip: '' }
  const app = Fastify({ trustProxy: true })
  const protect = fastifyGuard(guard)
  app.addHook('onRequest', fastifyMetadata(guard))
  app.addHook('onRequest', (request, reply) => protect(asked.rule)(request, reply))
  app.all('/*', (request) => fastifyPrincipalOf(request))
  await app.ready()
  return overSocket('fastify', app.server, asked)
}

/** A real Hono app. */
export function honoCaller(guard: Guard): Caller {
  return {
    way: 'hono',
    async ask(rule, { headers = [], method = 'GET', path = '/v1/domains', ip = '127.0.0.1' }) {
      const app = new Hono<{ Variables: { principal: Principal } }>()
      app.use('*', honoMetadata(guard))
      app.use('*', honoGuard(guard, { ipOf: () => ip })(rule))
      app.all('*', (context) => context.json(context.get('principal')))
      const sent = new Headers()
      for (const [name, value] of headers) sent.append(name, value)
      const response = await app.fetch(new Request(`https://api.example${path}`, { method, headers: sent }))
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: plain(await response.json()),
      }
    },
    async close() {},
  }
}

/** Asks a route handler as Next.js calls it. */
export function nextCaller(guard: Guard): Caller {
  return {
    way: 'next',
    async ask(rule, { headers = [], method = 'GET', path = '/v1/domains', ip = '127.0.0.1' }) {
      const GET = nextGuard(guard, { ipOf: () => ip })(
        rule,
        async (
          _request: Request,
          principal,
          { params }: { readonly params: Promise<{ readonly id: string }> },
        ) => {
          const known = (await params).id === 'one'
          return Response.json(known ? principal : { mismatch: true })
        },
      )
      const sent = new Headers()
      for (const [name, value] of headers) sent.append(name, value)
      const request = new Request(`https://api.example${path}`, { method, headers: sent })
      const response =
        fetchMetadata(guard)(request) ?? (await GET(request, { params: Promise.resolve({ id: 'one' }) }))
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: plain(await response.json()),
      }
    },
    async close() {},
  }
}

/** Asks a fetch handler. */
export function fetchCaller(guard: Guard): Caller {
  return {
    way: 'fetch',
    async ask(rule, { headers = [], method = 'GET', path = '/v1/domains', ip = '127.0.0.1' }) {
      const handle = fetchGuard(guard)(rule, (_request, principal) => Response.json(principal))
      const sent = new Headers()
      for (const [name, value] of headers) sent.append(name, value)
      const request = new Request(`https://api.example${path}`, { method, headers: sent })
      const response = fetchMetadata(guard)(request) ?? (await handle(request, { ip }))
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: plain(await response.json()),
      }
    },
    async close() {},
  }
}

/** Every way to mount a guard. */
export const ways: readonly Caller['way'][] = ['core', 'express', 'fetch', 'node', 'fastify', 'hono', 'next']

/** All ways over one guard. */
export async function allCallers(guard: Guard): Promise<readonly Caller[]> {
  return [
    coreCaller(guard),
    await expressCaller(guard),
    fetchCaller(guard),
    await nodeCaller(guard),
    await fastifyCaller(guard),
    honoCaller(guard),
    nextCaller(guard),
  ]
}

/** The header of a bearer credential. */
export function bearer(token: string): readonly [string, string] {
  return ['Authorization', `Bearer ${token}`]
}
