const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The bytes of canonical base64 (padded) or base64url (unpadded), or `undefined`.
 *
 * Two spellings of one value would let a revoked or cached credential come back as another string.
 *
 * @see RFC 4648 §3.5, §4, §5
 */
export function decodeBase64(text: string, alphabet: 'base64' | 'base64url'): Uint8Array | undefined {
  const bytes = Buffer.from(text, alphabet)
  return bytes.toString(alphabet) === text ? bytes : undefined
}

/** The text of UTF-8 bytes, or `undefined` when they are not UTF-8. @see RFC 3629 §3 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    // Turns the decoder's exception into the answer of a parser.
    return undefined
  }
}
