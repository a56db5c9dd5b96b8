/** Charp.ai's own tables; every row is a vendor's. */
export const migrations: readonly string[] = [
  `CREATE TABLE charp_brand (brand_id TEXT PRIMARY KEY, vendor_id TEXT NOT NULL, name TEXT NOT NULL, created_at BIGINT NOT NULL);
   CREATE INDEX charp_brand_by_vendor ON charp_brand (vendor_id);
   CREATE TABLE charp_campaign (campaign_id TEXT PRIMARY KEY, vendor_id TEXT NOT NULL, brand_id TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL, created_at BIGINT NOT NULL);
   CREATE INDEX charp_campaign_by_vendor ON charp_campaign (vendor_id);
   CREATE TABLE charp_tool (tool_id TEXT PRIMARY KEY, name TEXT NOT NULL);
   INSERT INTO charp_tool (tool_id, name) VALUES ('try-on', 'Virtual try-on'), ('voice', 'Voice'), ('personalise', 'Personalised video');`,
]
