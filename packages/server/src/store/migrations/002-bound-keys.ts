/** Keys that codes and families are bound to, by thumbprint; NULL for those that are bound to none. @see RFC 9449 §5, §10 */
export const boundKeys = `
ALTER TABLE token_family ADD COLUMN jkt TEXT;
ALTER TABLE authorization_code ADD COLUMN dpop_jkt TEXT;
`
