const maxLength = 4096
const unreserved = /[A-Za-z0-9\-._~]/
const shape = /^https?:\/\/[^\s\p{Cc}\\@/?#]+(?:[/?#][^\s\p{Cc}\\]*)?$/iu

/** One spelling for the escapes of a path: capitals, and none where a letter does. @see RFC 3986 §6.2.2 */
function normaliseEscapes(path: string): string {
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) => {
    const letter = String.fromCharCode(Number.parseInt(hex, 16))
    return unreserved.test(letter) ? letter : `%${hex.toUpperCase()}`
  })
}

/**
 * The address that a request goes to, in the one spelling in which two are compared: without query and fragment, host in
 * small letters, no default port, no dot segments. `undefined` when a text is no http or https address.
 * @see RFC 9449 §4.3 check 9, RFC 3986 §6.2.2, §6.2.3
 */
export function normaliseTarget(text: string): string | undefined {
  if (text.length > maxLength || !shape.test(text) || !URL.canParse(text)) return undefined
  const { origin, pathname } = new URL(text)
  return origin + normaliseEscapes(pathname)
}
