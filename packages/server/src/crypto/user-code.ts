import { randomInt } from 'node:crypto'
import { userCodeLength, userCodeLetters } from '@sallyport/protocol'

/** A fresh user code, without its dash; each letter is as likely as any other. @see RFC 8628 §6.1 */
export function newUserCode(): string {
  const letter = () => userCodeLetters.charAt(randomInt(userCodeLetters.length))
  return Array.from({ length: userCodeLength }, letter).join('')
}
