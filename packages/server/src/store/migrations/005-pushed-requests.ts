/** Authorization requests that clients pushed, and clients that have to push theirs. @see RFC 9126 §2, §6 */
export const pushedRequests = `
CREATE TABLE pushed_request (
  hash TEXT PRIMARY KEY, door_id TEXT NOT NULL, client_id TEXT NOT NULL, params TEXT NOT NULL, created_at BIGINT NOT NULL,
  opened_at BIGINT, expires_at BIGINT NOT NULL);
CREATE INDEX pushed_request_by_expiry ON pushed_request (expires_at);
CREATE INDEX pushed_request_by_client ON pushed_request (client_id);
ALTER TABLE client ADD COLUMN require_pushed BIGINT;
`
