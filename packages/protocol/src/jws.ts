import { decodeBase64, decodeUtf8 } from './base64.ts'
import { parseJsonObject } from './json.ts'

/** A compact JWS, taken apart and not yet verified. `jku`, `jwk`, `x5u` and `x5c` may be in its header: never follow them. */
export interface CompactJws {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
  /** What the signature is over. */
  readonly signingInput: string
  readonly signature: Uint8Array
}

const maxLength = 8192

function parsePart(part: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = decodeBase64(part, 'base64url')
  const text = bytes && decodeUtf8(bytes)
  const result = text === undefined ? undefined : parseJsonObject(text)
  return result?.outcome === 'ok' ? result.value : undefined
}

/**
 * The parts of a compact JWS whose header and payload are JSON objects, or `undefined`.
 *
 * An empty signature is refused here, and so are extensions: `crit` names what we don't understand, `b64` changes
 * what is signed.
 *
 * @see RFC 7515 §5.2, RFC 7797 §6
 */
export function parseCompactJws(text: string): CompactJws | undefined {
  if (text.length > maxLength) return undefined
  const [head, body, mac, ...rest] = text.split('.')
  if (!head || !body || !mac || rest.length > 0) return undefined
  const signature = decodeBase64(mac, 'base64url')
  const header = signature && parsePart(head)
  if (!signature || !header || 'crit' in header || 'b64' in header) return undefined
  const payload = parsePart(body)
  return payload && { header, payload, signingInput: `${head}.${body}`, signature }
}
