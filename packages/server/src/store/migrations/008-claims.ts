/** Claims that a person allowed one by one, as `id_token:email`; NULL for none. @see OpenID Connect Core §5.5 */
export const claims = `
ALTER TABLE consent ADD COLUMN claims TEXT;
ALTER TABLE token_family ADD COLUMN claims TEXT;
`
