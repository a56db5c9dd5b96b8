/** A public key, as a JSON object. @see RFC 7517 §4 */
export type Jwk = Readonly<Record<string, unknown>>
