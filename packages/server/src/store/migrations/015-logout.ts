/**
 * How clients take part in logout; what stays the same while one person goes on in one browser, and what descends from that; clients
 * that still have to be told that it has ended.
 * @see OpenID RP-Initiated Logout §3.1, Back-Channel Logout §2.2, §2.7, Front-Channel Logout §2
 */
export const logout = `
ALTER TABLE client ADD COLUMN post_logout_redirect_uris TEXT;
ALTER TABLE client ADD COLUMN backchannel_logout_uri TEXT;
ALTER TABLE client ADD COLUMN backchannel_logout_session_required BIGINT;
ALTER TABLE client ADD COLUMN frontchannel_logout_uri TEXT;
ALTER TABLE client ADD COLUMN frontchannel_logout_session_required BIGINT;
ALTER TABLE browser_session ADD COLUMN presence_id TEXT;
UPDATE browser_session SET presence_id = session_id;
ALTER TABLE token_family ADD COLUMN presence_id TEXT;
ALTER TABLE token_family ADD COLUMN ends_with_presence BIGINT;
CREATE INDEX token_family_by_presence ON token_family (presence_id);
CREATE INDEX browser_session_by_presence ON browser_session (presence_id);
CREATE TABLE logout_notice (
  presence_id TEXT NOT NULL, client_id TEXT NOT NULL, door_id TEXT NOT NULL, account_id TEXT NOT NULL, tries BIGINT NOT NULL,
  created_at BIGINT NOT NULL, due_at BIGINT NOT NULL, PRIMARY KEY (presence_id, client_id, door_id));
CREATE INDEX logout_notice_by_moment ON logout_notice (due_at);
`
