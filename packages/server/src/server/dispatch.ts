import { ProtocolError } from '@sallyport/protocol'
import type { FastifyBaseLogger } from 'fastify'
import type { Door, Method, Reply, Request } from '../doors/door.ts'
import { refuseMessage } from '../doors/refuse.ts'
import { createRouter, type Match } from './router.ts'

/** What dispatching needs to know. */
export interface DispatchOptions {
  readonly doors: readonly Door[]
  readonly log: FastifyBaseLogger
  /** Records that a request was refused. */
  refused(error: ProtocolError, door: Door | undefined, request: Request): void
}

/** Finds who answers, lets them, and turns whatever goes wrong into a reply. */
export interface Dispatcher {
  route(path: string, host: string): Match
  answer(match: Match, request: Request): Promise<Reply>
  /** The reply to a request that failed; the only place where an error becomes one. */
  refuse(error: unknown, match: Match, request: Request): Reply
}

/** What an error means to the caller: our own refusals as they are, HTTP's in our words, everything else nothing but a 500. */
export function toProtocolError(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error
  const { code, statusCode, name }: { code?: unknown; statusCode?: unknown; name?: unknown } =
    error instanceof Error ? error : {}
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new ProtocolError('payload_too_large', 'body is too large', { cause: error })
  if (typeof statusCode === 'number' && statusCode < 500)
    return new ProtocolError('invalid_request', 'request could not be read', { cause: error })
  if (name === 'Overloaded')
    return new ProtocolError('unavailable', 'try again later', { cause: error, retryAfter: 5 })
  return new ProtocolError('server_error', 'unexpected error', { cause: error })
}

async function answer(match: Match, request: Request): Promise<Reply> {
  if (match.outcome === 'unknown') throw new ProtocolError('not_found', 'no such address')
  const { methods } = match.endpoint
  const asked = request.method === 'HEAD' ? 'GET' : request.method
  const handler = methods[asked as Method]
  if (!handler) {
    const allow = Object.keys(methods).join(', ')
    throw new ProtocolError('method_not_allowed', `use ${allow}`, { headers: { allow } })
  }
  return handler({ ...request, params: match.params })
}

/** A dispatcher over mounted doors. */
export function createDispatcher({ doors, log, refused }: DispatchOptions): Dispatcher {
  return {
    route: createRouter(doors),
    answer,
    refuse(error, match, request) {
      const refusal = toProtocolError(error)
      const { requestId } = request
      if (refusal.status >= 500) log.error({ err: refusal.cause ?? refusal, requestId }, 'request failed')
      else log.info({ requestId, code: refusal.code, detail: refusal.detail ?? refusal.message }, 'refused')
      refused(refusal, match.door, request)
      if (match.outcome === 'endpoint' && match.endpoint.refuse)
        return match.endpoint.refuse(refusal, request)
      return match.door ? match.door.refuse(refusal, request) : refuseMessage(refusal)
    },
  }
}
