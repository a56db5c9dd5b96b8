/** OSIR's own table: what a customer has, live and test apart. */
export const migrations: readonly string[] = [
  `CREATE TABLE osir_item (item_id TEXT PRIMARY KEY, team_id TEXT NOT NULL, environment TEXT NOT NULL, resource TEXT NOT NULL, name TEXT NOT NULL, created_at BIGINT NOT NULL);
   CREATE INDEX osir_item_by_team ON osir_item (team_id, environment, resource);`,
]
