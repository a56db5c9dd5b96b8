import type { Principal } from '@sallyport/protocol'
import { type FetchInfo, fetchGuard, fetchMetadata } from './fetch.ts'
import type { Guard, GuardRule } from './guard.ts'

/** What the adapter needs of a Hono context. */
export interface HonoContextLike {
  readonly req: { readonly raw: Request }
  res: Response
  set(name: 'principal', principal: Principal): void
}

/** Settings of the adapter. */
export interface HonoOptions<C extends HonoContextLike> {
  /** The caller's address: each runtime knows it in its own way, so there is no default. */
  readonly ipOf: (context: C) => string
}

/**
 * Middleware for Hono: `app.get(path, protect(rule), handler)`; the handler asks `c.get('principal')`. Declare the variable
 * with `new Hono<{ Variables: { principal: Principal } }>()`.
 */
export function honoGuard<C extends HonoContextLike>(
  guard: Guard,
  { ipOf }: HonoOptions<C>,
): (rule: GuardRule) => (context: C, next: () => Promise<void>) => Promise<Response | undefined> {
  return (rule) => async (context, next) => {
    let allowed = false
    const info: FetchInfo = { ip: ipOf(context) }
    const protect = fetchGuard(guard)<FetchInfo>(rule, async (_request, principal) => {
      allowed = true
      context.set('principal', principal)
      await next()
      return context.res
    })
    const response = await protect(context.req.raw, info)
    if (!allowed) return response
    context.res = response
    return undefined
  }
}

/** Middleware that answers requests for the metadata of the guard's resource: `app.use(honoMetadata(guard))`. @see RFC 9728 §3 */
export function honoMetadata(
  guard: Guard,
): (context: HonoContextLike, next: () => Promise<void>) => Promise<Response | undefined> {
  const answer = fetchMetadata(guard)
  return async ({ req }, next) => {
    const found = answer(req.raw)
    if (!found) await next()
    return found
  }
}
