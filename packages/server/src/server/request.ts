import type { IncomingMessage } from 'node:http'
import { ProtocolError } from '@sallyport/protocol'
import { newSecret } from '../crypto/secret.ts'
import type { Request } from '../doors/door.ts'

const given = /^[0-9A-Za-z._-]{8,64}$/
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The caller's own request id where it is harmless, or a fresh one. */
export function requestIdOf(raw: IncomingMessage): string {
  const value = raw.headers['x-request-id']
  return typeof value === 'string' && given.test(value) ? value : `req_${newSecret().slice(0, 22)}`
}

/**
 * The address a request came from: the connection's, or what the last `trustedProxies` hops say. Anything further left in
 * X-Forwarded-For was written by somebody we don't know.
 */
export function callerIp(raw: IncomingMessage, trustedProxies: number): string {
  const socket = raw.socket.remoteAddress ?? ''
  if (trustedProxies === 0) return socket
  const header = raw.headers['x-forwarded-for']
  const told = (typeof header === 'string' ? header.split(',') : [])
    .map((entry) => entry.trim())
    .filter(Boolean)
  const hops = [...told, socket]
  return hops[Math.max(0, hops.length - 1 - trustedProxies)] ?? socket
}

/** The host a request was sent to, lower-case, without the port. */
export function hostOf(raw: IncomingMessage): string {
  return (raw.headers.host ?? '').toLowerCase().replace(/:\d+$/, '')
}

function headersOf(raw: IncomingMessage): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>()
  // `raw.headers` drops or joins repetitions; a repeated Origin or Authorization must be seen.
  for (let index = 0; index + 1 < raw.rawHeaders.length; index += 2) {
    const name = (raw.rawHeaders[index] ?? '').toLowerCase()
    headers.set(name, [...(headers.get(name) ?? []), raw.rawHeaders[index + 1] ?? ''])
  }
  return headers
}

/** Path and query of a request target, as they came. */
export function targetOf(raw: IncomingMessage): { readonly path: string; readonly search: string } {
  const target = raw.url ?? '/'
  const at = target.indexOf('?')
  return at < 0 ? { path: target, search: '' } : { path: target.slice(0, at), search: target.slice(at + 1) }
}

function text(body: unknown): string {
  if (body === undefined || body === null) return ''
  if (!Buffer.isBuffer(body)) throw new ProtocolError('invalid_request', 'body could not be read')
  try {
    return utf8.decode(body)
  } catch (cause) {
    throw new ProtocolError('invalid_request', 'body is not UTF-8', { cause })
  }
}

/** The request record that endpoints read. */
export function requestRecord(
  raw: IncomingMessage,
  { body, ip, requestId }: { readonly body: unknown; readonly ip: string; readonly requestId: string },
): Request {
  const headers = headersOf(raw)
  return {
    method: raw.method ?? 'GET',
    ...targetOf(raw),
    header: (name) => headers.get(name) ?? [],
    body: text(body),
    ip,
    host: hostOf(raw),
    requestId,
    params: {},
  }
}
