/**
 * How a client proves itself, NULL where nothing was registered; when a secret was last used, and the secret itself, sealed, where
 * the client signs with it; assertions that were used; certificates that families are bound to.
 * @see RFC 7591 §2, RFC 7523 §3, RFC 8705 §2.1.2, §3.4
 */
export const clientAuthentication = `
ALTER TABLE client ADD COLUMN token_endpoint_auth_method TEXT;
ALTER TABLE client ADD COLUMN token_endpoint_auth_signing_alg TEXT;
ALTER TABLE client ADD COLUMN jwks_uri TEXT;
ALTER TABLE client ADD COLUMN tls_client_auth_kind TEXT;
ALTER TABLE client ADD COLUMN tls_client_auth_value TEXT;
ALTER TABLE client ADD COLUMN tls_client_certificate_bound_access_tokens BIGINT;
ALTER TABLE client_secret ADD COLUMN last_used_at BIGINT;
ALTER TABLE client_secret ADD COLUMN sealed TEXT;
ALTER TABLE token_family ADD COLUMN x5t TEXT;
CREATE TABLE used_assertion (hash TEXT PRIMARY KEY, expires_at BIGINT NOT NULL);
CREATE INDEX used_assertion_by_expiry ON used_assertion (expires_at);
`
