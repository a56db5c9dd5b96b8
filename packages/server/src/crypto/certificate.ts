import { X509Certificate } from 'node:crypto'
import { normaliseDn, type TlsSubject } from '@sallyport/protocol'

/** Whether a URI is among the alternative names. Node writes a comma within a name as an escape, so none looks like two. */
function hasUri({ subjectAltName = '' }: X509Certificate, value: string): boolean {
  return subjectAltName.split(', ').includes(`URI:${value}`)
}

/** One line a relative name, the outermost first: RFC 4514 has them the other way round. */
function subjectOf({ subject }: X509Certificate): string | undefined {
  return normaliseDn(subject.split('\n').reverse().join(','))
}

function says(certificate: X509Certificate, { kind, value }: TlsSubject): boolean {
  switch (kind) {
    case 'subject_dn': {
      const wanted = normaliseDn(value)
      return wanted !== undefined && subjectOf(certificate) === wanted
    }
    case 'san_dns':
      return certificate.checkHost(value, { subject: 'never', wildcards: false }) !== undefined
    case 'san_ip':
      return certificate.checkIP(value) !== undefined
    case 'san_email':
      return certificate.checkEmail(value, { subject: 'never' }) !== undefined
    case 'san_uri':
      return hasUri(certificate, value)
  }
}

/**
 * Whether a certificate says that it is for the registered subject; `false` for bytes that are no certificate. Who vouches for it is
 * for the proxy to have checked.
 * @see RFC 8705 §2.1.2
 */
export function certificateSays(der: Uint8Array, subject: TlsSubject): boolean {
  try {
    return says(new X509Certificate(der), subject)
  } catch {
    // Bytes that OpenSSL can't read: an answer here, not a fault.
    return false
  }
}
