/**
 * What clients chose of how they are asked and told, as JSON by the names of the wire, NULL for nothing; the origins of public
 * clients' pages, `origins_listed` where that was done; the way of signing in, by the name that guards know it by.
 * @see OpenID Connect Registration §2, Fetch Standard §3.2, RFC 9470 §6
 */
export const clientChoices = `
ALTER TABLE client ADD COLUMN choices TEXT;
ALTER TABLE client ADD COLUMN origins_listed BIGINT;
CREATE INDEX client_without_origins ON client (client_id) WHERE origins_listed IS NULL;
CREATE TABLE client_origin (
  client_id TEXT NOT NULL, origin TEXT NOT NULL, door_id TEXT NOT NULL, PRIMARY KEY (client_id, origin));
CREATE INDEX client_origin_by_origin ON client_origin (origin, door_id);
ALTER TABLE browser_session ADD COLUMN sign_in TEXT;
ALTER TABLE token_family ADD COLUMN sign_in TEXT;
`
