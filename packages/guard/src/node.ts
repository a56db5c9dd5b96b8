import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Principal } from '@sallyport/protocol'
import type { Guard, GuardRule } from './guard.ts'
import { rawValues } from './raw-headers.ts'

/** Settings of the adapter. */
export interface NodeOptions {
  /** The caller's address; left out, the other end of the connection: which proxy to believe is the application's to say. */
  readonly ipOf?: (request: IncomingMessage) => string
}

/**
 * A guard for bare `node:http`: `await protect(rule, request, response)` is who is calling, or `undefined` when the request
 * has been refused and answered.
 */
export function nodeGuard(
  guard: Guard,
  { ipOf = ({ socket }) => socket.remoteAddress ?? '' }: NodeOptions = {},
): (rule: GuardRule, request: IncomingMessage, response: ServerResponse) => Promise<Principal | undefined> {
  return async (rule, request, response) => {
    const { method = '', url = '', rawHeaders } = request
    const asked = {
      method,
      path: url.split('?', 1)[0] ?? '',
      header: (name: string) => rawValues(rawHeaders, name),
      ip: ipOf(request),
    }
    const check = await guard.check(asked, rule)
    for (const [name, value] of Object.entries(check.headers)) response.setHeader(name, value)
    if (check.outcome === 'allow') return check.principal
    response.statusCode = check.status
    response.setHeader('Content-Type', 'application/json; charset=utf-8')
    response.end(JSON.stringify(check.body))
    return undefined
  }
}
