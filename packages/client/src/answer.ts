/** A request to a server's endpoints. What is secret is in the body or a header, never in the address. */
export interface WireRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** With one it is a POST, without a GET. */
  readonly body?: string
}

/** What came of one request. */
export type Outcome =
  | {
      readonly outcome: 'answer'
      readonly status: number
      /** The JSON object of the body; `undefined` when it is anything else, or larger than any answer of ours. */
      readonly body: Readonly<Record<string, unknown>> | undefined
      /** Seconds. @see RFC 9110 §10.2.3 */
      readonly retryAfter: number | undefined
      readonly requestId: string | undefined
    }
  | { readonly outcome: 'redirect'; readonly status: number | undefined }
  /** Whether the server acted on the request is not known. */
  | { readonly outcome: 'lost'; readonly cause: unknown }

/** The part of `fetch` that this package needs. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** No answer of the doors comes near. */
const mostBytes = 64 * 1024
const longestWait = 24 * 3600

/** Seconds to wait by a `Retry-After` header, a number or a date; `undefined` when there is none that makes sense. */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined
  // What Date.parse takes besides the dates of RFC 9110 is anybody's guess.
  const date = value.endsWith(' GMT') ? Math.ceil(Date.parse(value) / 1000 - now) : Number.NaN
  const seconds = /^\d{1,9}$/.test(value) ? Number(value) : date
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), longestWait) : undefined
}

async function readText(response: Response): Promise<string | undefined> {
  if (!response.body) return ''
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.byteLength
    if (bytes > mostBytes) {
      // Let go of the connection; whether that works changes nothing here.
      await reader.cancel().catch(() => undefined)
      return undefined
    }
    text += decoder.decode(value, { stream: true })
  }
}

function parseObject(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    // A page of a proxy, most likely: the caller decides by the status.
    return undefined
  }
}

/**
 * Sends one request and reads its answer whole, within a time and a size. It follows no redirect: that would carry the
 * secret to wherever the answer points.
 */
export async function send(
  { url, headers, body }: WireRequest,
  {
    fetch,
    now,
    timeoutMs,
  }: { readonly fetch: Fetch; readonly now: () => number; readonly timeoutMs: number },
): Promise<Outcome> {
  try {
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { accept: 'application/json', ...headers },
      ...(body !== undefined && { body }),
      redirect: 'manual',
      // Tokens belong to no cache and cookies to no token endpoint.
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const { status, type } = response
    if (type === 'opaqueredirect' || (status >= 300 && status < 400)) {
      await response.body?.cancel()
      return { outcome: 'redirect', status: status === 0 ? undefined : status }
    }
    const requestId = response.headers.get('x-request-id') ?? ''
    return {
      outcome: 'answer',
      status,
      body: parseObject(await readText(response)),
      retryAfter: parseRetryAfter(response.headers.get('retry-after'), now()),
      requestId: /^[\w.-]{1,64}$/.test(requestId) ? requestId : undefined,
    }
  } catch (cause) {
    // No connection, a broken one, or too slow.
    return { outcome: 'lost', cause }
  }
}
