import { certificateThumbprint, type Jwk } from '@sallyport/protocol'
import { certificateSays } from '../crypto/certificate.ts'
import type { AuthMethod, AuthVerdict } from './auth-method.ts'

const refuse = (detail: string): AuthVerdict => ({ outcome: 'refuse', detail })

/** Whether a key of a set is that of a certificate: the first of its chain, or told by thumbprint. @see RFC 7517 §4.7, §4.9 */
function isOf({ x5c, 'x5t#S256': x5t }: Jwk, thumbprint: string): boolean {
  if (x5t === thumbprint) return true
  const first: unknown = Array.isArray(x5c) ? x5c[0] : undefined
  return typeof first === 'string' && certificateThumbprint(Buffer.from(first, 'base64')) === thumbprint
}

/** A certificate by an authority that the proxy trusts, for the registered subject. @see RFC 8705 §2.1 */
export const tlsClientAuth: AuthMethod = {
  name: 'tls_client_auth',
  by: 'none',
  algorithms: [],

  prove({ authentication }, _credentials, { certificate }) {
    if (!certificate) return refuse('no certificate')
    if (!certificate.verified) return refuse('the proxy has not verified the certificate')
    const subject = authentication?.tlsSubject
    if (!subject || !certificateSays(certificate.der, subject))
      return refuse('the certificate is for another subject')
    return { outcome: 'proven' }
  },
}

/** A certificate that is registered itself: nobody has to vouch for it. @see RFC 8705 §2.2 */
export const selfSignedTlsClientAuth: AuthMethod = {
  name: 'self_signed_tls_client_auth',
  by: 'none',
  algorithms: [],

  async prove({ authentication }, _credentials, { certificate, keys, now }) {
    if (!certificate || !authentication) return refuse('no certificate')
    const { thumbprint } = certificate
    const found = await keys.keysOf(authentication, (key) => isOf(key, thumbprint), now)
    if (typeof found === 'string') return refuse(found)
    return found.some((key) => isOf(key, thumbprint))
      ? { outcome: 'proven' }
      : refuse('the certificate is not registered')
  },
}
