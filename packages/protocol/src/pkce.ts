import { createHash } from 'node:crypto'

const challengeShape = /^[A-Za-z0-9_-]{43}$/
const verifierShape = /^[A-Za-z0-9\-._~]{43,128}$/

/** Whether a string can be an S256 code challenge. @see RFC 7636 §4.2 */
export function isCodeChallenge(text: string): boolean {
  return challengeShape.test(text)
}

/** Whether a string can be a code verifier. @see RFC 7636 §4.1 */
export function isCodeVerifier(text: string): boolean {
  return verifierShape.test(text)
}

/** Whether a code verifier matches an S256 code challenge. @see RFC 7636 §4.6 */
export function pkceMatches(verifier: string | undefined, challenge: string): boolean {
  if (verifier === undefined || !isCodeVerifier(verifier)) return false
  return createHash('sha256').update(verifier).digest('base64url') === challenge
}
