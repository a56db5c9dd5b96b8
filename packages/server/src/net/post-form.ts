import { parseDocumentUrl } from '@sallyport/protocol'
import { requestPublic } from './request-public.ts'

/** A form for an address that somebody else wrote. */
export interface FormPost {
  readonly url: string
  readonly fields: Readonly<Record<string, string>>
  /** For everything: names, connection, TLS, answer. */
  readonly timeoutMs: number
  /** Networks that are not public and may be asked all the same, as CIDR. */
  readonly privateNetworks: readonly string[]
  /** Ends it early. */
  readonly signal: AbortSignal
}

/** The status that it was answered with, or why there is none; the reason names no content, so that it may be logged. */
export type PostAnswer =
  | { readonly outcome: 'answered'; readonly status: number }
  | { readonly outcome: 'refuse'; readonly reason: string }

/**
 * Sends a form as `requestPublic` does, and reads nothing of the answer but its status: whoever is there can't make the server hold
 * anything. Never throws for what is at the address.
 */
export async function postForm({
  url: text,
  fields,
  timeoutMs,
  privateNetworks,
  signal,
}: FormPost): Promise<PostAnswer> {
  const refuse = (reason: string): PostAnswer => ({ outcome: 'refuse', reason })
  const url = parseDocumentUrl(text)
  if (typeof url === 'string') return refuse(url)
  const ending = new AbortController()
  const timer = setTimeout(() => ending.abort(), timeoutMs)
  const until = AbortSignal.any([ending.signal, signal])
  try {
    const body = new URLSearchParams(fields).toString()
    const headers = { accept: '*/*', 'content-type': 'application/x-www-form-urlencoded' }
    const response = await requestPublic({ url, method: 'POST', headers, body, privateNetworks }, until)
    if (typeof response === 'string') return refuse(response)
    // Closed by us, whatever else is sent: an error on it now is nobody's concern.
    response.once('error', () => undefined).destroy()
    return { outcome: 'answered', status: response.statusCode ?? 0 }
  } catch (error) {
    // Names that don't resolve, connections that break, certificates for another name: all are answers here.
    if (ending.signal.aborted) return refuse('took too long')
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    return refuse(`failed: ${code}`)
  } finally {
    clearTimeout(timer)
    ending.abort()
  }
}
