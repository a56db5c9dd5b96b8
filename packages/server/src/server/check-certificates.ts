import type { ClientCertificateSettings } from '../settings/client-certificate.ts'
import type { DoorSettings } from '../settings/door.ts'

/** What the setting is checked against. */
export interface CertificateSurroundings {
  readonly trustedProxies: number
  readonly doors: readonly DoorSettings[]
}

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

function checkSettings(
  { header, format, verified, baseUrl }: ClientCertificateSettings,
  trustedProxies: number,
): readonly string[] {
  const names = typeof verified === 'object' ? [header, verified.header] : [header]
  const formats: readonly string[] = ['escaped-pem', 'xfcc', 'rfc9440']
  const isOrigin = baseUrl === undefined || (URL.canParse(baseUrl) && new URL(baseUrl).origin === baseUrl)
  return [
    // Without a proxy the header is whatever the caller writes.
    ...(trustedProxies > 0 ? [] : ['clientCertificate needs SALLYPORT_TRUSTED_PROXIES to be at least 1']),
    ...(formats.includes(format) ? [] : [`clientCertificate.format must be one of ${formats.join(', ')}`]),
    ...(names.every((name) => headerName.test(name)) ? [] : ['clientCertificate names what is no header']),
    ...(verified === 'always' || typeof verified !== 'object' || verified.value !== ''
      ? []
      : ['clientCertificate.verified.value must not be empty']),
    ...(isOrigin ? [] : ['clientCertificate.baseUrl must be an address without a path']),
  ]
}

/** What is wrong with how certificates of clients are told, and with doors that need them. */
export function checkCertificates(
  settings: ClientCertificateSettings | undefined,
  { trustedProxies, doors }: CertificateSurroundings,
): readonly string[] {
  const apps = doors.filter((door) => door.kind === 'apps')
  const problems = apps.flatMap(({ id, clientAuth = [], certificateBoundTokens = false }) => {
    const needs = [
      ...clientAuth.filter((method) => method.endsWith('tls_client_auth')),
      ...(certificateBoundTokens ? ['certificateBoundTokens'] : []),
    ]
    const unmet = settings
      ? []
      : needs.map((need) => `door ${id}: ${need} needs the setting clientCertificate`)
    const unverified = settings && settings.verified === undefined && clientAuth.includes('tls_client_auth')
    return [...unmet, ...(unverified ? [`door ${id}: tls_client_auth needs clientCertificate.verified`] : [])]
  })
  return [...(settings ? checkSettings(settings, trustedProxies) : []), ...problems]
}
