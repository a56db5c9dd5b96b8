import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  type DecipherGCM,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

/** Makes and checks what only this server can make, under one secret, a purpose at a time. */
export interface Sealer {
  /** The message authentication code of `parts` for `purpose`, base64url of 256 bits. */
  seal(purpose: string, parts: readonly (string | number)[]): string
  /** Whether `presented` is that code; takes the same time wherever it differs. */
  isSeal(presented: string, purpose: string, parts: readonly (string | number)[]): boolean
  /** `text` so that nobody else can read or change it, base64url; another one each time. `about` says what it belongs to. */
  hide(purpose: string, text: string, about?: string): string
  /** What was hidden for that purpose, about the same; `undefined` when it was not hidden here or has been changed. */
  reveal(purpose: string, hidden: string, about?: string): string | undefined
}

const algorithm = 'aes-256-gcm'
const saltBytes = 24
const tagBytes = 16
// A key of its own for each text, by a salt too long to come twice, so that one nonce is all a key ever needs. Random
// nonces under one key would have to end after 2^32 texts. @see RFC 5869 §2, NIST SP 800-38D §8.3
const nonce = Buffer.alloc(12)

/** A sealer under `secret`. Parts are length-prefixed, so that no two lists of parts give one message. */
export function createSealer(secret: string): Sealer {
  const key = Buffer.from(secret)
  function seal(purpose: string, parts: readonly (string | number)[]): string {
    const mac = createHmac('sha256', key)
    for (const part of [purpose, ...parts]) {
      const bytes = Buffer.from(String(part))
      mac.update(`${bytes.length}:`).update(bytes)
    }
    return mac.digest('base64url')
  }
  const keyOf = (purpose: string, salt: Buffer) => Buffer.from(hkdfSync('sha256', key, salt, purpose, 32))

  return {
    seal,
    isSeal(presented, purpose, parts) {
      const [given, wanted] = [Buffer.from(presented), Buffer.from(seal(purpose, parts))]
      return given.length === wanted.length && timingSafeEqual(given, wanted)
    },
    hide(purpose, text, about = '') {
      const salt = randomBytes(saltBytes)
      const cipher = createCipheriv(algorithm, keyOf(purpose, salt), nonce, { authTagLength: tagBytes })
      cipher.setAAD(Buffer.from(about))
      const sealed = [salt, cipher.update(text, 'utf8'), cipher.final()]
      return Buffer.concat([...sealed, cipher.getAuthTag()]).toString('base64url')
    },
    reveal(purpose, hidden, about = '') {
      const bytes = Buffer.from(hidden, 'base64url')
      // One spelling for one text: a second one would be a token that nobody revoked.
      if (bytes.length < saltBytes + tagBytes || bytes.toString('base64url') !== hidden) return undefined
      const salt = bytes.subarray(0, saltBytes)
      const decipher = createDecipheriv(algorithm, keyOf(purpose, salt), nonce, { authTagLength: tagBytes })
      decipher.setAAD(Buffer.from(about))
      decipher.setAuthTag(bytes.subarray(-tagBytes))
      return finish(decipher, bytes.subarray(saltBytes, -tagBytes))
    },
  }
}

function finish(decipher: DecipherGCM, sealed: Buffer): string | undefined {
  try {
    return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8')
  } catch {
    // The tag is not the text's: an answer here, not a fault.
    return undefined
  }
}
