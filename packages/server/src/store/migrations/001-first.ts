/** The first schema. `IDENTITY` stands for the engine's own numbering of rows. */
export const first = `
CREATE TABLE account (
  account_id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, email_verified_at BIGINT, password_hash TEXT,
  admin BIGINT NOT NULL, home_team_id TEXT NOT NULL, created_at BIGINT NOT NULL, disabled_at BIGINT);
CREATE TABLE upstream_account (
  issuer TEXT NOT NULL, subject TEXT NOT NULL, account_id TEXT NOT NULL, created_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject));
CREATE INDEX upstream_account_by_account ON upstream_account (account_id);
CREATE TABLE browser_session (
  hash TEXT PRIMARY KEY, session_id TEXT NOT NULL, account_id TEXT NOT NULL, authenticated_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL);
CREATE INDEX browser_session_by_account ON browser_session (account_id);
CREATE INDEX browser_session_by_expiry ON browser_session (expires_at);
CREATE TABLE upstream_login (
  state_hash TEXT PRIMARY KEY, browser_hash TEXT NOT NULL, door_id TEXT NOT NULL, nonce TEXT NOT NULL,
  code_verifier TEXT NOT NULL, return_to TEXT, expires_at BIGINT NOT NULL);
CREATE INDEX upstream_login_by_expiry ON upstream_login (expires_at);
CREATE TABLE team (
  team_id TEXT PRIMARY KEY, slug TEXT NOT NULL UNIQUE, name TEXT NOT NULL, personal BIGINT NOT NULL, plan TEXT NOT NULL,
  status TEXT NOT NULL, profile TEXT NOT NULL, created_at BIGINT NOT NULL);
CREATE TABLE membership (
  account_id TEXT NOT NULL, team_id TEXT NOT NULL, role TEXT NOT NULL, created_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, team_id));
CREATE INDEX membership_by_team ON membership (team_id);
CREATE TABLE client (
  client_id TEXT PRIMARY KEY, door_id TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, team_id TEXT,
  grant_types TEXT NOT NULL, scope TEXT NOT NULL, redirect_uris TEXT NOT NULL, resources TEXT, created_at BIGINT NOT NULL);
CREATE INDEX client_by_team ON client (team_id);
CREATE TABLE client_secret (
  secret_id TEXT PRIMARY KEY, client_id TEXT NOT NULL, hash TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT);
CREATE INDEX client_secret_by_client ON client_secret (client_id);
CREATE TABLE consent (
  account_id TEXT NOT NULL, client_id TEXT NOT NULL, team_id TEXT NOT NULL, scope TEXT NOT NULL, granted_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, client_id, team_id));
CREATE INDEX consent_by_client ON consent (client_id);
CREATE TABLE token_family (
  family_id TEXT PRIMARY KEY, door_id TEXT NOT NULL, kind TEXT NOT NULL, account_id TEXT, client_id TEXT, team_id TEXT,
  scope TEXT NOT NULL, gen BIGINT NOT NULL, issued_at BIGINT NOT NULL, previous_issued_at BIGINT,
  authenticated_at BIGINT NOT NULL, nonce TEXT, created_at BIGINT NOT NULL, expires_at BIGINT, ended_at BIGINT);
CREATE INDEX token_family_by_account ON token_family (account_id);
CREATE INDEX token_family_by_client ON token_family (client_id);
CREATE INDEX token_family_by_team ON token_family (team_id);
CREATE INDEX token_family_by_expiry ON token_family (expires_at);
CREATE INDEX token_family_by_end ON token_family (ended_at);
CREATE TABLE authorization_code (
  hash TEXT PRIMARY KEY, family_id TEXT NOT NULL, client_id TEXT NOT NULL, door_id TEXT NOT NULL, redirect_uri TEXT NOT NULL,
  asked_redirect_uri TEXT, code_challenge TEXT, expires_at BIGINT NOT NULL, uses BIGINT NOT NULL);
CREATE INDEX authorization_code_by_expiry ON authorization_code (expires_at);
CREATE INDEX authorization_code_by_client ON authorization_code (client_id);
CREATE TABLE api_key (
  key_id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, door_id TEXT NOT NULL, account_id TEXT NOT NULL, team_id TEXT NOT NULL,
  name TEXT NOT NULL, environment TEXT NOT NULL, scope TEXT NOT NULL, ip_list TEXT NOT NULL, preview TEXT NOT NULL,
  active BIGINT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT, revoked_at BIGINT, last_used_at BIGINT);
CREATE INDEX api_key_by_team ON api_key (team_id);
CREATE INDEX api_key_by_account ON api_key (account_id);
CREATE TABLE session_token (
  hash TEXT PRIMARY KEY, token_id TEXT NOT NULL, door_id TEXT NOT NULL, key_hash TEXT, family_id TEXT, account_id TEXT,
  team_id TEXT NOT NULL, environment TEXT NOT NULL, scope TEXT NOT NULL, created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL, last_used_at BIGINT NOT NULL, ended_at BIGINT);
CREATE INDEX session_token_by_account ON session_token (account_id);
CREATE INDEX session_token_by_team ON session_token (team_id);
CREATE INDEX session_token_by_expiry ON session_token (expires_at);
CREATE TABLE widget (
  widget_id TEXT PRIMARY KEY, slug TEXT NOT NULL UNIQUE, door_id TEXT NOT NULL, account_id TEXT NOT NULL, team_id TEXT NOT NULL,
  allowed_origins TEXT NOT NULL, active BIGINT NOT NULL, allow_overrides BIGINT NOT NULL, session_limit BIGINT NOT NULL,
  profile TEXT NOT NULL, created_at BIGINT NOT NULL);
CREATE INDEX widget_by_team ON widget (team_id);
CREATE TABLE widget_session (
  session_id TEXT PRIMARY KEY, widget_id TEXT NOT NULL, origin TEXT NOT NULL, created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL, ended_at BIGINT);
CREATE INDEX widget_session_by_widget ON widget_session (widget_id, expires_at);
CREATE INDEX widget_session_by_expiry ON widget_session (expires_at);
CREATE TABLE signing_key (
  kid TEXT PRIMARY KEY, alg TEXT NOT NULL, private_key TEXT NOT NULL, public_jwk TEXT NOT NULL, created_at BIGINT NOT NULL,
  active_at BIGINT NOT NULL, replaced_at BIGINT, remove_at BIGINT);
CREATE TABLE server_secret (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE audit_event (
  event_id TEXT PRIMARY KEY, at BIGINT NOT NULL, type TEXT NOT NULL, door_id TEXT, account_id TEXT, client_id TEXT,
  team_id TEXT, target_id TEXT, ip TEXT, request_id TEXT, detail TEXT);
CREATE INDEX audit_event_by_type ON audit_event (type, event_id);
CREATE TABLE change_log (change_id IDENTITY, kind TEXT NOT NULL, id TEXT NOT NULL, at BIGINT NOT NULL);
CREATE INDEX change_log_by_moment ON change_log (at);
`
