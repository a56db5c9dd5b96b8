import { decodeBase64, decodeUtf8 } from './base64.ts'
import { parseAuthorization } from './bearer.ts'
import { decodeFormValue } from './form.ts'

/** Client credentials from HTTP Basic. */
export interface BasicCredentials {
  readonly clientId: string
  readonly secret: string
}

// RFC 7617 §2 forbids control characters in both.
const printable = /^\P{Cc}*$/u

/** The form-decoded client id and secret of a Basic header, or `undefined`. @see RFC 6749 §2.3.1, RFC 7617 §2 */
export function parseBasic(header: string): BasicCredentials | undefined {
  const authorization = parseAuthorization(header)
  if (authorization?.scheme !== 'basic') return undefined
  const bytes = decodeBase64(authorization.value, 'base64')
  const text = bytes && decodeUtf8(bytes)
  const cut = text?.indexOf(':') ?? -1
  if (text === undefined || cut === -1) return undefined
  const clientId = decodeFormValue(text.slice(0, cut))
  const secret = decodeFormValue(text.slice(cut + 1))
  if (!clientId || secret === undefined) return undefined
  return printable.test(clientId) && printable.test(secret) ? { clientId, secret } : undefined
}
