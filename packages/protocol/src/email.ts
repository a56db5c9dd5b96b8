const maxLength = 254
const maxLocal = 64
const local = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** The canonical form of an e-mail address (trimmed, lower-case), or `undefined`; two spellings never make two accounts. @see RFC 5321 §4.5.3.1 */
export function parseEmail(text: string): string | undefined {
  // An address of KELVIN SIGN lower-cases into ASCII: only ASCII may reach toLowerCase.
  const trimmed = text.trim()
  if (trimmed.length > maxLength || !/^[\x21-\x7E]+$/.test(trimmed)) return undefined
  const email = trimmed.toLowerCase()
  const cut = email.lastIndexOf('@')
  const labels = email.slice(cut + 1).split('.')
  if (cut < 1 || cut > maxLocal || !local.test(email.slice(0, cut))) return undefined
  if (labels.length < 2 || !labels.every((part) => label.test(part)) || /^\d+$/.test(labels.at(-1) ?? ''))
    return undefined
  return email
}
