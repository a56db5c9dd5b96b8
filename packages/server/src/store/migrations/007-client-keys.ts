/** Public keys of clients, as JSON, and clients that have to sign their requests. @see RFC 7591 §2, RFC 9101 §10.5 */
export const clientKeys = `
ALTER TABLE client ADD COLUMN jwks TEXT;
ALTER TABLE client ADD COLUMN require_signed BIGINT;
`
