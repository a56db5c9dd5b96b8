import type { Sealer } from '../../crypto/seal.ts'

/** Where people enter the code that a device shows them. @see RFC 8628 §3.3 */
export const devicePath = '/device'

/** Where people decide about requests that name them. */
export const requestsPath = '/account/requests'

/** The page of one such request. */
export function requestPath(requestId: string): string {
  return `${requestsPath}/${requestId}`
}

/** The form in which a user code is stored: it is too short for a plain hash to hide. */
export function sealUserCode(code: string, sealer: Sealer): string {
  return sealer.seal('user-code', [code])
}
