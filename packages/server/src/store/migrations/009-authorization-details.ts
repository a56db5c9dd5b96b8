/** What a family may be used for in detail, as JSON; NULL for no such limit. @see RFC 9396 §7 */
export const authorizationDetails = `
ALTER TABLE token_family ADD COLUMN authorization_details TEXT;
`
