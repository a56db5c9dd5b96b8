/** Assertions that bought a token, until they are over. @see RFC 7523 §3 rule 7 */
export const usedGrants = `
CREATE TABLE used_grant (hash TEXT PRIMARY KEY, expires_at BIGINT NOT NULL);
CREATE INDEX used_grant_by_expiry ON used_grant (expires_at);
`
