/** An `Authorization` header of a scheme and one token. */
export interface Authorization {
  /** Lower-case. */
  readonly scheme: string
  readonly value: string
}

const shape = /^([A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~-]*) ([A-Za-z0-9\-._~+/]+=*)$/

/** The scheme and the single b64token of a header, or `undefined`. @see RFC 6750 §2.1, RFC 9110 §11.4 */
export function parseAuthorization(header: string): Authorization | undefined {
  const found = shape.exec(header)
  if (found?.[1] === undefined || found[2] === undefined) return undefined
  return { scheme: found[1].toLowerCase(), value: found[2] }
}
