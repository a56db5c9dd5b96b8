import type { Principal } from '@sallyport/protocol'
import type { Guard, GuardRequest, GuardRule } from './guard.ts'

/** What a handler knows of the caller's connection. */
export interface FetchInfo {
  readonly ip: string
}

/** A handler for requests that a guard let through. */
export type FetchHandler<Info extends FetchInfo> = (
  request: Request,
  principal: Principal,
  info: Info,
) => Promise<Response> | Response

const credentials = new Set(['authorization', 'x-api-key', 'origin'])

function guardRequest(request: Request, { ip }: FetchInfo): GuardRequest {
  return {
    ip,
    header(name) {
      const value = request.headers.get(name)
      if (value === null) return []
      // A Request joins repeated headers with a comma; no credential of ours and no origin has one.
      return credentials.has(name) ? value.split(', ') : [value]
    },
  }
}

/** Guards a fetch handler: `protect(rule, handler)` answers refusals itself and hands the principal on. */
export function fetchGuard(guard: Guard) {
  return <Info extends FetchInfo>(rule: GuardRule, handler: FetchHandler<Info>) =>
    async (request: Request, info: Info): Promise<Response> => {
      const check = await guard.check(guardRequest(request, info), rule)
      if (check.outcome === 'refuse')
        return Response.json(check.body, { status: check.status, headers: check.headers })
      const response = await handler(request, check.principal, info)
      for (const [name, value] of Object.entries(check.headers)) response.headers.set(name, value)
      return response
    }
}
