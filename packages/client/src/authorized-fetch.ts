import type { Fetch } from './answer.ts'

/** What sends requests with an access token. */
export interface AuthorizedParts {
  readonly access: () => Promise<string>
  /** Another access token than the one that was refused. */
  readonly renew: (refused: string) => Promise<string>
  readonly origins: readonly string[]
  readonly fetch: Fetch
}

/** Whether a body can be sent a second time: a stream has been read by then. */
export function isReplayable(body: unknown): boolean {
  if (body === undefined || body === null || typeof body === 'string') return true
  return (
    body instanceof URLSearchParams ||
    body instanceof FormData ||
    body instanceof Blob ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body)
  )
}

/**
 * Whether an answer says that the access token is worth nothing. Where a browser hides the challenge from another
 * origin's page the status has to do.
 * @see RFC 6750 §3.1
 */
export function refusesToken({
  status,
  headers,
  type,
}: Pick<Response, 'status' | 'headers' | 'type'>): boolean {
  if (status !== 401) return false
  const challenge = headers.get('www-authenticate')
  return challenge === null ? type === 'cors' : /\berror="?invalid_token\b/.test(challenge)
}

/** A `fetch` that adds the access token, for the given origins only. */
export function authorizedFetch({ access, renew, origins, fetch }: AuthorizedParts) {
  const allowed = origins.map((origin) => new URL(origin).origin)
  return async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const target = new URL(url, allowed[0])
    // The token opens this API; anywhere else it would be given away.
    if (!allowed.includes(target.origin)) throw new TypeError(`${target.origin} is not listed in api`)
    function send(token: string): Promise<Response> {
      const headers = new Headers(init.headers)
      headers.set('authorization', `Bearer ${token}`)
      // A redirect could lead to another origin; a caller who expects one says so.
      return fetch(target.href, { redirect: 'error', ...init, headers })
    }
    const token = await access()
    const first = await send(token)
    if (!refusesToken(first) || !isReplayable(init.body)) return first
    const next = await renew(token)
    await first.body?.cancel()
    return send(next)
  }
}
