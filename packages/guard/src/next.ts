import type { Principal } from '@sallyport/protocol'
import { fetchGuard } from './fetch.ts'
import type { Guard, GuardRule } from './guard.ts'

/** Settings of the adapter. */
export interface NextOptions {
  /**
   * The caller's address. Next.js does not tell it, so there is no default: behind a proxy of yours, the last entry of its
   * `X-Forwarded-For`; on a platform, the header that the platform sets itself.
   */
  readonly ipOf: (request: Request) => string
}

/** A route handler that a guard stands before. `context` is what Next.js passes: `{ params }`. */
export type GuardedRoute<R extends Request, C> = (
  request: R,
  principal: Principal,
  context: C,
) => Response | Promise<Response>

/**
 * Route handlers of Next.js: `export const GET = protect(rule, (request, principal, { params }) => …)`. The handler runs in
 * the Node.js runtime, not in the edge runtime.
 */
export function nextGuard(
  guard: Guard,
  { ipOf }: NextOptions,
): <R extends Request, C>(
  rule: GuardRule,
  handler: GuardedRoute<R, C>,
) => (request: R, context: C) => Promise<Response> {
  const protect = fetchGuard(guard)
  return (rule, handler) => (request, context) => {
    const guarded = protect(rule, (_request, principal) => handler(request, principal, context))
    return guarded(request, { ip: ipOf(request) })
  }
}
