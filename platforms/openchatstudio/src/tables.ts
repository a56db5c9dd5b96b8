/** OpenChatStudio's own tables; every row is a team's. */
export const migrations: readonly string[] = [
  `CREATE TABLE ocs_chatbot (chatbot_id TEXT PRIMARY KEY, team_id TEXT NOT NULL, name TEXT NOT NULL, created_at BIGINT NOT NULL);
   CREATE INDEX ocs_chatbot_by_team ON ocs_chatbot (team_id);
   CREATE TABLE ocs_session (session_id TEXT PRIMARY KEY, team_id TEXT NOT NULL, chatbot_id TEXT NOT NULL, created_at BIGINT NOT NULL);
   CREATE INDEX ocs_session_by_team ON ocs_session (team_id);`,
]
