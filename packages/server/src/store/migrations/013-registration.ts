/**
 * What software that registered itself said, and the tokens that let it. `swept_at` marks, within one step, what goes.
 * @see RFC 7591 §2, RFC 7592 §3
 */
export const registration = `
CREATE TABLE client_registration (
  client_id TEXT PRIMARY KEY, about TEXT NOT NULL, token_hash TEXT, fingerprint TEXT UNIQUE, initial_token_id TEXT,
  registered_at BIGINT NOT NULL, swept_at BIGINT);
CREATE INDEX client_registration_by_moment ON client_registration (registered_at);
CREATE INDEX client_registration_by_sweep ON client_registration (swept_at);
CREATE TABLE initial_token (
  token_id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, door_id TEXT NOT NULL, name TEXT NOT NULL, uses_left BIGINT NOT NULL,
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL);
CREATE INDEX initial_token_by_expiry ON initial_token (expires_at);
`
