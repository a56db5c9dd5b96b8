const longest = 64
const shape = /^[\p{L}\p{N}\p{P}\p{S}][\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u

/**
 * Whether a text can be shown on two screens to be compared: short, plain, on one line, and without characters that turn the
 * order of others or can't be seen.
 * @see OpenID CIBA Core §7.1 (`binding_message`)
 */
export function isBindingMessage(text: string): boolean {
  return text.length <= longest && shape.test(text)
}

/** How long a request may wait, where its client asks for less than the usual; `undefined` when that is no number of seconds. @see OpenID CIBA Core §7.1 (`requested_expiry`) */
export function parseRequestedExpiry(text: string | undefined, usual: number): number | undefined {
  if (text === undefined) return usual
  return /^[1-9][0-9]{0,8}$/.test(text) ? Math.min(Number(text), usual) : undefined
}
