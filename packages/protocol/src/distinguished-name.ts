/** Other names of an attribute type, in capitals, by the one that is compared. @see RFC 4514 §3, RFC 4519 §2 */
const aliases: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'TITLE',
  '2.5.4.42': 'GN',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'EMAILADDRESS',
  SURNAME: 'SN',
  GIVENNAME: 'GN',
  USERID: 'UID',
  E: 'EMAILADDRESS',
  EMAIL: 'EMAILADDRESS',
}

const typeShape = /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)$/
const escaped = /\\([0-9A-Fa-f]{2}|[ "#+,;<=>\\])/g
const maxLength = 2000

/** The parts of `text` between separators that are not escaped. */
function split(text: string, separator: ',' | '+'): readonly string[] {
  const parts: string[] = ['']
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (char === separator) parts.push('')
    else {
      const taken = char === '\\' ? text.slice(at, at + 2) : char
      parts.push((parts.pop() ?? '') + taken)
      at += taken.length - 1
    }
  }
  return parts
}

/** The value that a string stands for; `undefined` for a hex dump, which could be of anything, and for stray characters. */
function readValue(text: string): string | undefined {
  // What is left when every escape is gone must need none. @see RFC 4514 §2.4
  if (text === '' || text.startsWith('#') || /["+,;<>\\\0]/.test(text.replace(escaped, ''))) return undefined
  const bytes = text.replace(/[^\\]+|\\([0-9A-Fa-f]{2})|\\([^])/g, (whole, hex?: string, char?: string) => {
    if (hex !== undefined) return hex
    return Buffer.from(char ?? whole, 'utf8').toString('hex')
  })
  const value = Buffer.from(bytes, 'hex').toString('utf8')
  return value.includes('\uFFFD') || value.includes('\0') ? undefined : value
}

/** Spaces around an attribute that are not escaped: RFC 2253 had them, RFC 4514 hasn't. */
function trimmed(text: string): string {
  let end = text.length
  while (end > 0 && text[end - 1] === ' ' && text[end - 2] !== '\\') end -= 1
  return text.slice(0, end).replace(/^ +/, '')
}

function readAttribute(text: string): string | undefined {
  const at = text.indexOf('=')
  const type = at < 0 ? '' : trimmed(text.slice(0, at)).replace(/^OID\./i, '')
  const value = readValue(trimmed(text.slice(at + 1)))
  if (!typeShape.test(type) || value === undefined) return undefined
  const name = type.toUpperCase()
  return JSON.stringify([aliases[name] ?? name, value])
}

/**
 * A distinguished name in one form for all its spellings, to be compared as text; `undefined` where it is none, or has a value that
 * can only be written in hex. Values are compared letter by letter.
 * @see RFC 4514 §2, §3
 */
export function normaliseDn(text: string): string | undefined {
  if (text === '' || text.length > maxLength) return undefined
  const names = split(text, ',').map((rdn) => {
    const attributes = split(rdn, '+').map(readAttribute)
    return attributes.some((one) => one === undefined) ? undefined : [...attributes].sort().join('+')
  })
  return names.some((one) => one === undefined) ? undefined : names.join(',')
}
