/** Oshara's own table: what a character says and how it looks, beside the engine's widget. */
export const migrations: readonly string[] = [
  `CREATE TABLE oshara_character (widget_id TEXT PRIMARY KEY, name TEXT NOT NULL, system_prompt TEXT NOT NULL, greeting TEXT NOT NULL);`,
]
