/** Letters of a user code: without vowels no words come out, and none of them is mistaken for another. @see RFC 8628 §6.1 */
export const userCodeLetters = 'BCDFGHJKLMNPQRSTVWXZ'

/** How many letters a user code has: 20^8 codes are 34 bits. @see RFC 8628 §5.1, §6.1 */
export const userCodeLength = 8

const shape = new RegExp(`^[${userCodeLetters}]{${userCodeLength}}$`, 'i')
const group = 4
/** Longer than anybody types a code with all its dashes and spaces. */
const longestInput = 64

/** A user code as it is shown, such as `WDJB-MJHT`. @see RFC 8628 §6.1 */
export function formatUserCode(code: string): string {
  return `${code.slice(0, group)}-${code.slice(group)}`
}

/**
 * The code that a person typed, in capitals alone; `undefined` when it can't be one. Dashes, spaces and other punctuation
 * make no difference, nor do small letters.
 * @see RFC 8628 §6.1
 */
export function parseUserCode(text: string): string | undefined {
  if (text.length > longestInput) return undefined
  const letters = text.replaceAll(/[\s\p{P}\p{S}]/gu, '')
  return shape.test(letters) ? letters.toUpperCase() : undefined
}
