import type { Principal } from '@sallyport/protocol'
import { peerCertificate } from './certificate.ts'
import type { Guard, GuardRule } from './guard.ts'
import { targetOf } from './node-answer.ts'
import { rawValues } from './raw-headers.ts'
import { sameRequest } from './same-request.ts'

/** What the adapter needs of a Fastify 5 request. */
export interface FastifyRequestLike {
  readonly method: string
  readonly url: string
  /** Before it was rewritten. */
  readonly originalUrl?: string
  readonly raw: { readonly rawHeaders: readonly string[]; readonly socket?: object }
  /** By Fastify's `trustProxy` setting. */
  readonly ip: string
}

/** What the adapter needs of a Fastify 5 reply. */
export interface FastifyReplyLike {
  code(status: number): unknown
  header(name: string, value: string): unknown
  send(body: unknown): unknown
}

const principals = new WeakMap<FastifyRequestLike, Principal>()

/** Who sent a guarded request. Throws `TypeError` where no guard let it in: that route was left open by mistake. */
export function principalOf(request: FastifyRequestLike): Principal {
  const principal = principals.get(request)
  if (!principal) throw new TypeError('principalOf: no guard let this request in')
  return principal
}

/** A hook for a route's `onRequest`: who is not let in is answered before a body is read. `{ onRequest: protect(rule) }` */
export function fastifyGuard(
  guard: Guard,
): (rule: GuardRule) => (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown> {
  return (rule) => async (request, reply) => {
    const { raw, ip } = request
    const asked = {
      ...targetOf(request),
      header: (name: string) => rawValues(raw.rawHeaders, name),
      ip,
      certificate: () => raw.socket && peerCertificate(raw.socket),
    }
    const check = await guard.check(sameRequest(request, asked), rule)
    for (const [name, value] of Object.entries(check.headers)) reply.header(name, value)
    if (check.outcome === 'allow') {
      principals.set(request, check.principal)
      return undefined
    }
    reply.code(check.status)
    // Fastify takes a hook that returns the reply for one that has answered.
    return reply.send(check.body)
  }
}

/**
 * A hook that answers requests for the metadata of the guard's resource and leaves every other one alone:
 * `app.addHook('onRequest', fastifyMetadata(guard))`.
 * @see RFC 9728 §3
 */
export function fastifyMetadata(
  guard: Guard,
): (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown> {
  return async (request, reply) => {
    const answer = guard.metadata(targetOf(request))
    if (!answer) return undefined
    for (const [name, value] of Object.entries(answer.headers)) reply.header(name, value)
    reply.code(answer.status)
    return reply.send(answer.body)
  }
}
