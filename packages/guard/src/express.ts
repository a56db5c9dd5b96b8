import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Principal } from '@sallyport/protocol'
import type { Guard, GuardRequest, GuardRule } from './guard.ts'

const principals = new WeakMap<IncomingMessage, Principal>()

/** Who sent a guarded request. Throws `TypeError` where no guard let it through: a route without a guard is a mistake. */
export function principalOf(request: IncomingMessage): Principal {
  const principal = principals.get(request)
  if (!principal) throw new TypeError('no guard has let this request through')
  return principal
}

/** How the Express adapter finds the caller's address. */
export interface ExpressOptions {
  readonly ipOf?: (request: IncomingMessage) => string
}

function guardRequest(request: IncomingMessage, ip: string): GuardRequest {
  return {
    ip,
    header(name) {
      const { rawHeaders } = request
      // `request.headers` drops or joins repetitions, and a repeated credential must be seen.
      return rawHeaders.flatMap((text, index) =>
        index % 2 === 0 && text.toLowerCase() === name ? [rawHeaders[index + 1] ?? ''] : [],
      )
    },
  }
}

/** Guards Express routes: `app.get(path, protect(rule), handler)`; the handler asks `principalOf(request)`. */
export function expressGuard(
  guard: Guard,
  { ipOf = ({ socket }) => socket.remoteAddress ?? '' }: ExpressOptions = {},
) {
  return (rule: GuardRule) =>
    async (
      request: IncomingMessage,
      response: ServerResponse,
      next: (error?: unknown) => void,
    ): Promise<void> => {
      const check = await guard.check(guardRequest(request, ipOf(request)), rule)
      for (const [name, value] of Object.entries(check.headers)) response.setHeader(name, value)
      if (check.outcome === 'allow') {
        principals.set(request, check.principal)
        next()
        return
      }
      response.statusCode = check.status
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(check.body))
    }
}
