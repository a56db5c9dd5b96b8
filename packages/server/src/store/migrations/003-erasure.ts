/** That replaced secrets are still in the files: a row for each time, until they are erased; `whole` where they were in the clear. */
export const erasure = `
CREATE TABLE erasure (erasure_id TEXT PRIMARY KEY, whole BIGINT NOT NULL);
`
