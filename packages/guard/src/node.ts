import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Principal } from '@sallyport/protocol'
import { peerCertificate } from './certificate.ts'
import type { Guard, GuardRule } from './guard.ts'
import { answerNode, targetOf } from './node-answer.ts'
import { rawValues } from './raw-headers.ts'
import { sameRequest } from './same-request.ts'

/** Settings of the adapter. */
export interface NodeOptions {
  /** The caller's address; left out, the other end of the connection: which proxy to believe is the application's to say. */
  readonly ipOf?: (request: IncomingMessage) => string
  /** The caller's certificate, as DER; left out, that of the TLS connection. The guard's `clientCertificate` goes before it. */
  readonly certificateOf?: (request: IncomingMessage) => Uint8Array | undefined
}

/**
 * A guard for bare `node:http`: `await protect(rule, request, response)` is who is calling, or `undefined` when the request
 * has been refused and answered.
 */
export function nodeGuard(
  guard: Guard,
  {
    ipOf = ({ socket }) => socket.remoteAddress ?? '',
    certificateOf = ({ socket }) => peerCertificate(socket),
  }: NodeOptions = {},
): (rule: GuardRule, request: IncomingMessage, response: ServerResponse) => Promise<Principal | undefined> {
  return async (rule, request, response) => {
    const asked = sameRequest(request, {
      ...targetOf(request),
      header: (name: string) => rawValues(request.rawHeaders, name),
      ip: ipOf(request),
      certificate: () => certificateOf(request),
    })
    const check = await guard.check(asked, rule)
    for (const [name, value] of Object.entries(check.headers)) response.setHeader(name, value)
    if (check.outcome === 'allow') return check.principal
    response.statusCode = check.status
    response.setHeader('Content-Type', 'application/json; charset=utf-8')
    response.end(JSON.stringify(check.body))
    return undefined
  }
}

/** Answers a request for the metadata of the guard's resource; `false`, and nothing done, for every other. @see RFC 9728 §3 */
export function nodeMetadata(guard: Guard): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => answerNode(guard.metadata(targetOf(request)), request, response)
}
