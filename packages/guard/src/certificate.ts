import { type CertificateFormat, certificateThumbprint, parseClientCertificate } from '@sallyport/protocol'
import type { GuardRequest } from './request.ts'

/**
 * The header in which a proxy tells its client's certificate. Only for a guard that nobody can reach past that proxy, which must
 * overwrite the header in every request, also where there is no certificate: who can write it can be anybody.
 */
export interface CertificateHeader {
  readonly header: string
  readonly format: CertificateFormat
}

/** A TLS connection, as Node has it. */
interface CertifiedSocket {
  getPeerCertificate(): { readonly raw?: Uint8Array }
}

const isCertified = (socket: object): socket is CertifiedSocket =>
  'getPeerCertificate' in socket && typeof socket.getPeerCertificate === 'function'

/**
 * The certificate at the other end of a connection of our own, as DER: that its key is there the handshake has proven, whoever
 * vouches for it. `undefined` where there is none, or no TLS.
 */
export function peerCertificate(socket: object): Uint8Array | undefined {
  return isCertified(socket) ? socket.getPeerCertificate().raw : undefined
}

/** The thumbprint of the certificate that a request came with; `undefined` without one. @see RFC 8705 §3 */
export function thumbprintOf(
  request: GuardRequest,
  header: CertificateHeader | undefined,
): string | undefined {
  // Where a proxy tells it, the connection is the proxy's own.
  const der = header
    ? parseClientCertificate(request.header(header.header.toLowerCase()), header.format)
    : request.certificate?.()
  return der && certificateThumbprint(der)
}
