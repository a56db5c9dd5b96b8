/** That replaced secrets are still in the free space of the files: a row for each time, until they are rewritten. */
export const erasure = `
CREATE TABLE erasure (erasure_id TEXT PRIMARY KEY);
`
