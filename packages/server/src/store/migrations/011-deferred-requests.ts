/** Requests that a person decides on another device while their client polls. @see RFC 8628, OpenID CIBA Core */
export const deferredRequests = `
CREATE TABLE deferred_request (
  hash TEXT PRIMARY KEY, request_id TEXT NOT NULL UNIQUE, user_code TEXT UNIQUE, door_id TEXT NOT NULL, client_id TEXT NOT NULL,
  account_id TEXT, scope TEXT NOT NULL, binding_message TEXT, ip TEXT NOT NULL, status TEXT NOT NULL, family_id TEXT,
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, poll_interval BIGINT NOT NULL, polled_at BIGINT, too_soon BIGINT NOT NULL);
CREATE INDEX deferred_request_by_account ON deferred_request (account_id);
CREATE INDEX deferred_request_by_expiry ON deferred_request (expires_at);
`
