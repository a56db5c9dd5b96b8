import type { CertificateFormat } from '@sallyport/protocol'

/**
 * How the proxy that speaks TLS tells the certificates of its clients. Believed only where trusted proxies are set; the proxy must
 * overwrite these headers in every request, also where there is no certificate.
 * @see RFC 8705 §6.5, RFC 9440 §4
 */
export interface ClientCertificateSettings {
  /** The header with the certificate. */
  readonly header: string
  readonly format: CertificateFormat
  /**
   * How the proxy tells that it has verified the chain: a header and the value that means so, or `always` for a proxy that ends
   * every handshake with a certificate that it can't verify. Left out: nothing is verified, and `tls_client_auth` can't be used.
   */
  readonly verified?: { readonly header: string; readonly value: string } | 'always'
  /** Where the proxy asks for certificates, when that is another address than the server's own. @see RFC 8705 §5 */
  readonly baseUrl?: string
}
