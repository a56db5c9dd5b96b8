/** A request as the guard needs it. One that is checked again is the same object: what it proved need not be proved twice. */
export interface GuardRequest {
  readonly method: string
  /** Without the query: no credential is ever read from there. @see RFC 9700 §4.3.2 */
  readonly path: string
  /** Every value of a header, in order and unjoined; empty when it is absent. The name is lower-case. */
  header(name: string): readonly string[]
  /** The certificate that the caller proved on this guard's own TLS connection, as DER; left out where there is no such thing. */
  certificate?(): Uint8Array | undefined
  /** The caller's address, after the proxies that are trusted. */
  readonly ip: string
}
