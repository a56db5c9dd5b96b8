import { certificateThumbprint, parseClientCertificate } from '@sallyport/protocol'
import type { PresentedCertificate } from '../grants/auth-method.ts'
import { oneHeader, type Request } from './door.ts'
import type { Services } from './services.ts'

/**
 * The certificate of a request, as the proxy tells it; `undefined` without one, and wherever no proxy is trusted to tell.
 * @see RFC 8705 §6.5
 */
export function readCertificate(
  request: Request,
  { clientCertificate: settings }: Pick<Services, 'clientCertificate'>,
): PresentedCertificate | undefined {
  if (!settings) return undefined
  const der = parseClientCertificate(request.header(settings.header.toLowerCase()), settings.format)
  if (!der) return undefined
  const { verified } = settings
  return {
    der,
    thumbprint: certificateThumbprint(der),
    verified:
      verified === 'always' ||
      (verified !== undefined && oneHeader(request, verified.header.toLowerCase()) === verified.value),
  }
}
