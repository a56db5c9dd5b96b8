/** What opaque access tokens start with. */
export const opaqueTokenPrefix = 'oat_'

const shape = /^oat_[A-Za-z0-9_-]{64,8000}$/

/** Whether a text has the shape of an opaque access token; it says nothing about who made it. @see RFC 6749 §1.4 */
export function isOpaqueToken(text: string): boolean {
  return shape.test(text)
}
