/** What a new password is judged by. */
export interface PasswordContext {
  readonly email: string
  /** In code points; 8 when left out. */
  readonly minLength?: number
}

const maxLength = 256

/** Why a new password is refused, as a sentence; `undefined` when it is fine. @see NIST SP 800-63B §5.1.1.2 */
export function checkNewPassword(
  password: string,
  { email, minLength = 8 }: PasswordContext,
): string | undefined {
  // Before counting: a megabyte should cost nothing. A code point is at most two units.
  if (password.length > 2 * maxLength)
    return `This password is too long. It must contain at most ${maxLength} characters.`
  // Lone surrogates all hash as U+FFFD, so that many passwords would be one.
  if (!password.isWellFormed() || password.includes('\0'))
    return 'This password contains characters that are not allowed.'
  const length = [...password].length
  if (length > maxLength) return `This password is too long. It must contain at most ${maxLength} characters.`
  if (length < minLength)
    return `This password is too short. It must contain at least ${minLength} characters.`
  const lower = password.toLowerCase()
  const name = email.toLowerCase()
  const local = name.slice(0, name.lastIndexOf('@'))
  if (lower === name || lower === local) return 'This password is the same as the email address.'
  return undefined
}
