import { verifyProof } from '@sallyport/guard'
import { ProtocolError } from '@sallyport/protocol'
import type { GrantContext } from '../../grants/context.ts'
import type { Client } from '../../store/contract/index.ts'
import { readCertificate } from '../client-certificate.ts'
import type { Request } from '../door.ts'
import type { AppsContext } from './context.ts'

/** The header with the nonce for the next proof, at a door that asks for one. @see RFC 9449 §8.2 */
export function nonceHeader({ nonces, services }: AppsContext): Readonly<Record<string, string>> {
  return nonces ? { 'dpop-nonce': nonces.current(services.now()) } : {}
}

/** What a token request proves that its tokens can be bound to. */
export type ProvenBinding = Pick<GrantContext, 'jkt' | 'x5t' | 'bindsCertificate'>

/**
 * What the tokens of a request are bound to: the key of its proof, and the certificate of a client that is registered for that. Such
 * a client gets nothing without one: an unbound token is what it has asked never to be given.
 * @see RFC 9449 §5, RFC 8705 §3, §3.4
 */
export async function readBinding(
  request: Request,
  { authentication, choices }: Client,
  apps: AppsContext,
): Promise<ProvenBinding> {
  const x5t = readCertificate(request, apps.services)?.thumbprint
  const bindsCertificate = authentication?.boundTokens === true
  if (bindsCertificate && x5t === undefined)
    throw new ProtocolError('invalid_request', 'this client needs a certificate on its connection')
  const { requireBoundTokens = false, dpop = 'off' } = apps.door
  const unbound = requireBoundTokens && !bindsCertificate
  if (unbound && dpop === 'off')
    throw new ProtocolError(
      'invalid_request',
      'tokens are bound to a certificate here: register the client for that',
    )
  const jkt = await readProof(request, apps, unbound || choices?.dpopBound)
  return { jkt, x5t, bindsCertificate }
}

/**
 * The thumbprint of the key that a token request proves; `undefined` for a request without a proof, or at a door that has
 * nothing to do with them. A client can be registered to need one, and a door that gives out bound tokens alone needs one from whoever is
 * not bound by other means. Checked before the grant looks at anything, so that a bad proof costs no code.
 * @see RFC 9449 §5, §5.2, §8
 */
export async function readProof(
  request: Request,
  apps: AppsContext,
  isNeeded = false,
): Promise<string | undefined> {
  const { door, services, nonces } = apps
  const { dpop = 'off', signatureAlgorithms: algorithms } = door
  if (dpop === 'off') {
    if (!isNeeded) return undefined
    // The door's setting has changed since it registered; an unbound token is what it has asked never to be given.
    throw new ProtocolError('invalid_request', 'this client needs bound tokens, which the door does not have')
  }
  const values = request.header('dpop')
  if (values.length === 0 && dpop === 'optional' && !isNeeded) return undefined
  const now = services.now()
  // The path as it came: with and without a trailing slash it is the same endpoint, and each client has the one it knows.
  const expected = {
    method: request.method,
    url: services.baseUrl + request.path,
    nonces: nonces?.good(now),
    algorithms,
    clockCounts: door.strictClock ?? false,
  }
  const verdict = await verifyProof(values, expected, { replay: services.replay, now })
  if (verdict.outcome === 'proven') return verdict.jkt
  const { detail } = verdict
  const headers = nonceHeader(apps)
  throw verdict.outcome === 'use-nonce'
    ? new ProtocolError('use_dpop_nonce', 'the DPoP proof needs the nonce of the DPoP-Nonce header', {
        detail,
        headers,
      })
    : new ProtocolError('invalid_dpop_proof', 'DPoP proof is not valid', { detail, headers })
}
