/** Which signing key each one follows, `''` for the first: of servers that add one at the same moment one wins. NULL for those of before. */
export const signingOrder = `
ALTER TABLE signing_key ADD COLUMN follows TEXT;
CREATE UNIQUE INDEX signing_key_by_predecessor ON signing_key (follows);
`
