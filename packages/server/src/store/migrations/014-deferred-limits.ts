/** What a deferred request is limited to; NULL where nothing was named. @see RFC 8707 §2, RFC 9396 §2 */
export const deferredLimits = `
ALTER TABLE deferred_request ADD COLUMN resources TEXT;
ALTER TABLE deferred_request ADD COLUMN authorization_details TEXT;
`
