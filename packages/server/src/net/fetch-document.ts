import type { IncomingMessage } from 'node:http'
import { parseDocumentUrl } from '@sallyport/protocol'
import { cacheLifetime } from './cache-lifetime.ts'
import { requestPublic } from './request-public.ts'
import type { Resolve } from './resolve-public.ts'

/** What a document may be, and cost. Sizes in bytes. */
export interface DocumentLimits {
  readonly maxBytes: number
  /** For everything: names, connection, TLS, answer. */
  readonly timeoutMs: number
  /** Networks that are not public and may be asked all the same, as CIDR. */
  readonly privateNetworks: readonly string[]
}

/** A document to fetch. */
export interface DocumentRequest extends DocumentLimits {
  readonly url: string
  /** Media types that will do, without parameters. */
  readonly accept: readonly string[]
  /** Looks its host up; by DNS when left out. */
  readonly resolve?: Resolve
}

/** What came of it. A refusal's `reason` names no content, so that it may be logged. */
export type DocumentAnswer =
  | {
      readonly outcome: 'ok'
      readonly body: string
      /** Seconds for which the answer is fresh by its own word; `undefined` when it does not say. @see RFC 9111 §4.2.1 */
      readonly lifetime: number | undefined
    }
  | { readonly outcome: 'refuse'; readonly reason: string }

const refuse = (reason: string): DocumentAnswer => ({ outcome: 'refuse', reason })
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Connections of this kind that are open at once; more wait for nothing and are refused. */
const maxOpen = 32
let open = 0

function typeOf({ headers }: IncomingMessage): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

function checkHead(response: IncomingMessage, { accept, maxBytes }: DocumentRequest): string | undefined {
  const { statusCode = 0, headers } = response
  // A redirect is an address that nobody registered and nobody checked.
  if (statusCode !== 200) return `answered ${statusCode}`
  if (!accept.includes(typeOf(response))) return 'another media type'
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity')
    return 'encoded, though asked not to be'
  return Number(headers['content-length'] ?? 0) > maxBytes ? 'too large' : undefined
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) return undefined
    size += chunk.length
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function fetchFrom(url: URL, wanted: DocumentRequest, signal: AbortSignal): Promise<DocumentAnswer> {
  const asking = {
    url,
    method: 'GET',
    headers: { accept: wanted.accept.join(', ') },
    privateNetworks: wanted.privateNetworks,
    resolve: wanted.resolve,
  } as const
  const response = await requestPublic(asking, signal)
  if (typeof response === 'string') return refuse(response)
  try {
    const wrong = checkHead(response, wanted)
    if (wrong !== undefined) return refuse(wrong)
    const body = await readBody(response, wanted.maxBytes)
    if (!body) return refuse('too large')
    return { outcome: 'ok', body: utf8.decode(body), lifetime: cacheLifetime(response.headers) }
  } finally {
    response.destroy()
  }
}

/**
 * Fetches a document whose address somebody else wrote, such as a client's keys: over https with a certificate for its name, from
 * addresses of the public internet that are looked up once and kept to, without following redirects, within a size and a time.
 * Never throws for what is at the address.
 * @see RFC 7591 §5 (what a server is made to ask for), RFC 9700 §4.11 for addresses that lead elsewhere
 */
export async function fetchDocument(wanted: DocumentRequest): Promise<DocumentAnswer> {
  const url = parseDocumentUrl(wanted.url)
  if (typeof url === 'string') return refuse(url)
  if (open >= maxOpen) return refuse('too many documents at once')
  const ending = new AbortController()
  const timer = setTimeout(() => ending.abort(), wanted.timeoutMs)
  open += 1
  try {
    return await fetchFrom(url, wanted, ending.signal)
  } catch (error) {
    // Names that don't resolve, connections that break, certificates for another name, bytes that are no text: all are answers here.
    if (ending.signal.aborted) return refuse('took too long')
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    return refuse(`failed: ${code}`)
  } finally {
    open -= 1
    clearTimeout(timer)
    ending.abort()
  }
}
