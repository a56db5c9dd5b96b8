import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { isIP } from 'node:net'
import { checkServerIdentity } from 'node:tls'
import { type Resolve, resolvePublic } from './resolve-public.ts'

/** A request to an address that somebody else wrote. */
export interface PublicRequest {
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Networks that are not public and may be asked all the same, as CIDR. */
  readonly privateNetworks: readonly string[]
  /** Looks its host up; by DNS when left out. */
  readonly resolve?: Resolve | undefined
}

/**
 * Sends one request over https with a certificate for its name, to addresses of the public internet that are looked up once and
 * kept to, and follows nothing. The answer's head, or in words why it was not sent. Throws where the connection fails.
 * @see RFC 7591 §5 (what a server is made to ask for)
 */
export async function requestPublic(
  { url, method, headers, body, privateNetworks, resolve: lookUp }: PublicRequest,
  signal: AbortSignal,
): Promise<IncomingMessage | string> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const pinned = await resolvePublic(host, privateNetworks, { signal, resolve: lookUp })
  if (typeof pinned === 'string') return pinned
  return new Promise((resolve, reject) => {
    request(
      {
        host,
        port: url.port === '' ? 443 : Number(url.port),
        path: `${url.pathname}${url.search}`,
        method,
        // No pool: a pooled connection would outlive the check of its address.
        agent: new Agent({ keepAlive: false, maxCachedSessions: 0 }),
        headers: {
          host: url.host,
          ...headers,
          'accept-encoding': 'identity',
          'user-agent': 'sallyport',
          ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
        },
        servername: isIP(host) === 0 ? host : '',
        checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
        maxHeaderSize: 16 * 1024,
        signal,
        // The name has been looked up: a second answer could be another address.
        lookup(_name, options, done) {
          const [first] = pinned
          if (options.all === true) done(null, [...pinned])
          else if (first) done(null, first.address, first.family)
        },
      },
      resolve,
    )
      .once('error', reject)
      .end(body)
  })
}
