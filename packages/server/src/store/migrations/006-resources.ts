/** Resources that a consent and a family are for; NULL where none was named. @see RFC 8707 §2 */
export const resources = `
ALTER TABLE consent ADD COLUMN resources TEXT;
ALTER TABLE token_family ADD COLUMN resources TEXT;
`
