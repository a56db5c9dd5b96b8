import type { Principal } from '@sallyport/protocol'
import type { Check, Guard, GuardRule } from './guard.ts'
import type { GuardRequest } from './request.ts'
import { sameRequest } from './same-request.ts'

/** What a `Request` does not say about its caller. */
export interface FetchInfo {
  /** The caller's address, after the proxies that are trusted. */
  readonly ip: string
  /** The caller's certificate, as DER, where the runtime knows it. */
  readonly certificate?: Uint8Array
}

/** Answers a request that a guard let in. */
export type GuardedHandler<I extends FetchInfo> = (
  request: Request,
  principal: Principal,
  info: I,
) => Response | Promise<Response>

/** A handler as Hono, Deno, Bun and the workers know it, with what the runtime knows of the caller. */
export type FetchHandler<I extends FetchInfo = FetchInfo> = (request: Request, info: I) => Promise<Response>

type Refusal = Extract<Check, { outcome: 'refuse' }>

// `Headers` joins repetitions with a comma, and no value read here may hold one: split, a repetition shows again.
function valuesOf(headers: Headers, name: string): readonly string[] {
  const value = headers.get(name)
  return value === null ? [] : value.split(',').map((part) => part.trim())
}

function guardRequestOf(request: Request, { ip, certificate }: FetchInfo): GuardRequest {
  const { method, headers, url } = request
  const path = new URL(url).pathname
  return sameRequest(request, {
    method,
    path,
    header: (name) => valuesOf(headers, name),
    ip,
    certificate: () => certificate,
  })
}

function answerOf({ status, headers, body }: Pick<Refusal, 'status' | 'headers' | 'body'>): Response {
  return Response.json(body, { status, headers })
}

/** A copy, because the headers of an answer that was fetched or redirected can't be changed. */
function withHeaders(response: Response, added: Readonly<Record<string, string>>): Response {
  if (Object.keys(added).length === 0) return response
  const copy = new Response(response.body, response)
  for (const [name, value] of Object.entries(added)) copy.headers.set(name, value)
  return copy
}

/** Puts `guard` before a handler of `Request` and `Response`: who is not let in never reaches it. */
export function fetchGuard(
  guard: Guard,
): <I extends FetchInfo = FetchInfo>(rule: GuardRule, handler: GuardedHandler<I>) => FetchHandler<I> {
  return (rule, handler) => async (request, info) => {
    const check = await guard.check(guardRequestOf(request, info), rule)
    if (check.outcome === 'refuse') return answerOf(check)
    return withHeaders(await handler(request, check.principal, info), check.headers)
  }
}

/** The answer to a request for the metadata of the guard's resource; `undefined` for every other request. @see RFC 9728 §3 */
export function fetchMetadata(guard: Guard): (request: Request) => Response | undefined {
  return ({ method, url }) => {
    const answer = guard.metadata({ method, path: new URL(url).pathname })
    return answer && answerOf(answer)
  }
}
